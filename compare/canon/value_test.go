package canon

import (
	"hash/maphash"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// different are values of which no two are the same, however alike some of them are written.
func different() []Value {
	pipe, file := &object{kind: "pipe", name: "pipe1"}, &object{kind: "file", name: "file:P.1"}
	named := func(text string) Value { return TextOf(text).Named("4711", "P.1") }
	return []Value{
		{},
		Int(0), Int(1), Int(-1), {kind: Number, form: abi.Octal, num: 0o644},
		Bits(0, nil), Bits(1, nil), OneOf(1, nil), SignalOf(1), SignalSet(1), Failed(1),
		StatusOf(1), WordOf("P.1"), WordOf("handler"), ProcessOf("P.1"), ProcessOf("P.2"),
		GroupOf("P.1"), ThreadOf("P.1"), {kind: IPC, data: new(string)},
		{kind: Port, data: &port{number: 80}}, {kind: Port, data: &port{80, "port(sock1)"}},
		fd{object: pipe}.value(), fd{object: pipe, end: ".r"}.value(),
		fd{object: pipe, end: ".w"}.value(),
		fd{object: file}.value(), {kind: Place, data: pipe}, {kind: Place, data: pipe, num: 4096},
		TextOf(""), TextOf("P.1"), TextOf("4711 "), TextOf("NULL"), named("4711"), named("P.1 4711"),
		named("4711 P.1"), TextOf("\x01P.1\x01"), PathOf("P.1"),
		{kind: Octets, data: &text{raw: []byte("P.1")}},
		{kind: Variables, data: newVariables(1, []byte("A=1\x00"))},
		{kind: Variables, data: newVariables(1, []byte("A=2\x00"))},
		SpanOf(0), SpanOf(time.Second), SpanOf(time.Nanosecond),
		Only(Closed), Only(Null), Only(Address), Only(BadAddress), Only(Unanswered), Only(Dropped),
		Only(Unseen), {kind: Unseen, form: abi.Hidden, num: 2},
		ListOf(), SetOf(), StructOf(), ListOf(Int(1)), SetOf(Int(1)), ListOf(Int(1), Int(2)),
		ListOf(Int(2), Int(1)),
		ListOf(ListOf(Int(1)), Int(2)), StructOf(Arg{Name: "a", Value: Int(1)}),
		StructOf(Arg{Name: "b", Value: Int(1)}),
		group(Tuple, []Value{Int(1)}), group(Halves, []Value{Int(1), Int(2)}), answered(Int(1), Int(2)),
		answered(Int(2), Int(1)),
		{kind: Partial, data: &partial{Value: TextOf("x"), bad: true}},
		{kind: Partial, data: &partial{Value: TextOf("x"), more: 1}},
		{kind: Partial, data: &partial{Value: TextOf("x"), more: 1, sum: [32]byte{1}}},
	}
}

// TestDifferent: each value is the same as one made in the same way, and no other: in no kind, and
// a name is no text that is written like it. What is the same has the same hash.
func TestDifferent(t *testing.T) {
	seed := maphash.MakeSeed()
	list, again := different(), different()
	kinds := map[Kind]bool{}
	for i, v := range list {
		kinds[v.kind] = true
		for j, w := range again {
			if got := v.Same(w); got != (i == j) {
				t.Errorf("%s %q and %s %q: same is %t", v.kind, v, w.kind, w, got)
			}
		}
		for _, named := range []bool{false, true} {
			if v.hash(seed, 1, named) != again[i].hash(seed, 1, named) {
				t.Errorf("%s %q has two hashes", v.kind, v)
			}
		}
	}
	for k := range Kind(len(kindNames)) {
		if !kinds[k] {
			t.Errorf("no value is a %s", k)
		}
	}
}

// TestNamedValue: a text is the same as another one as it stands, or with names: in a list, cut
// short, and as an object's name.
func TestNamedValue(t *testing.T) {
	seed := maphash.MakeSeed()
	object := func(id string) Value {
		v := ObjectOf("file", "file:log."+id, "")
		(&Run{names: map[string]string{id: "P.1"}}).nameIn(v)
		return v
	}
	text := func(id string) Value { return TextOf("log "+id).Named(id, "P.1") }
	cut := func(v Value) Value { return Value{kind: Partial, data: &partial{Value: v, more: 3}} }
	for _, pair := range [][2]Value{
		{object("10"), object("11")},
		{text("10"), text("11")},
		{ListOf(Int(1), text("10")), ListOf(Int(1), text("11"))},
		{cut(text("10")), cut(text("11"))},
	} {
		a, b := pair[0], pair[1]
		if a.Equal(b) || !a.Same(b) || a.String() != b.String() || a.Text() == b.Text() {
			t.Errorf("%s and %s: equal is %t, same %t", a.Text(), b.Text(), a.Equal(b), a.Same(b))
		}
		if a.hash(seed, 1, true) != b.hash(seed, 1, true) {
			t.Errorf("%s and %s have two hashes", a, b)
		}
	}
}

// TestMeets: which objects are the two ends of one thing.
func TestMeets(t *testing.T) {
	pipe, other := &object{kind: "pipe", name: "pipe1"}, &object{kind: "pipe", name: "pipe1"}
	socket, conn, stranger := &object{kind: "sock"}, &object{kind: "conn"}, &object{kind: "conn"}
	socket.link = &link{socket: socket, peer: conn}
	conn.link = socket.link
	r, w := fd{object: pipe, end: ".r"}.value(), fd{object: pipe, end: ".w"}.value()
	s, c := fd{object: socket}.value(), fd{object: conn}.value()
	for _, test := range []struct {
		a, b Value
		want bool
	}{
		{r, w, true}, {r, r, false}, {r, fd{object: other, end: ".w"}.value(), false},
		{s, c, true}, {s, s, false}, {c, c, false}, {s, fd{object: stranger}.value(), false},
		{r, s, false}, {Int(1), r, false},
	} {
		if test.a.Meets(test.b) != test.want || test.b.Meets(test.a) != test.want {
			t.Errorf("%s%s and %s%s: want %t", test.a, ends[test.a.num], test.b, ends[test.b.num], test.want)
		}
	}
}

// TestNumbers: what a rule asks of a value.
func TestNumbers(t *testing.T) {
	flags := Bits(unix.O_RDWR|unix.O_CLOEXEC, nil)
	if !flags.Has(unix.O_CLOEXEC) || flags.Has(unix.O_APPEND) ||
		Int(unix.O_CLOEXEC).Has(unix.O_CLOEXEC) {
		t.Error("bits")
	}
	if got := flags.Without(unix.O_CLOEXEC); !got.Equals(unix.O_RDWR) || !flags.Has(unix.O_CLOEXEC) {
		t.Error("without", got)
	}
	if Only(Null).Equals(0) || !Int(0).Equals(0) || (Value{}).Equals(0) {
		t.Error("nothing is no number")
	}
	act := StructOf(Arg{Name: "a", Value: Int(1)}, Arg{Name: "b", Value: Int(2)})
	if got := act.SetField("a", Int(3)); !got.Field("a").Equals(3) || !act.Field("a").Equals(1) ||
		!got.Field("b").Equals(2) {
		t.Errorf("%s became %s", act, got)
	}
	for d, want := range map[Value]time.Duration{SpanOf(-time.Second): -time.Second,
		{kind: Span, data: &span{sec: 1 << 40}}: 1<<63 - 1} {
		if got, ok := d.Duration(); !ok || got != want {
			t.Errorf("%s is %v", d, got)
		}
	}
}
