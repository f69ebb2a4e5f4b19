package parity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

func op(call string, args ...canon.Arg) *canon.Op {
	return &canon.Op{Call: call, Args: args, Origin: &attrib.Origin{}}
}

// TestNames: ops are the same as they stand, or with names for what is chance; what is chance is no
// field in which they differ.
func TestNames(t *testing.T) {
	text := func(value, process string) canon.Arg {
		return canon.Arg{Name: "buf", Value: canon.TextOf(value).Named(value, process)}
	}
	fd := func(kind string) canon.Arg { return canon.Arg{Name: "fd", Value: canon.ObjectOf(kind, kind, "")} }
	for _, c := range []struct {
		name   string
		c, g   *canon.Op
		glyph  string
		fields []string
	}{
		{"the same process under two ids", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("tty"), text("815", "P.1")), "=", nil},
		{"a number that is an id on one side", op("write", fd("tty"), text("7", "P.1")), op("write", fd("tty"), text("7", "")), "=", nil},
		{"another process", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("tty"), text("815", "P.2")), "!", []string{"buf"}},
		{"another descriptor", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("stderr"), text("815", "P.1")), "!", []string{"fd"}},
	} {
		list := pairs(rules.All, rules.Apply(rules.All, []*canon.Op{c.c}), rules.Apply(rules.All, []*canon.Op{c.g}))
		if len(list) != 1 || list[0].Glyph != c.glyph || len(list[0].Rules) > 0 {
			t.Errorf("%s: %+v", c.name, list)
		}
		if got := fields(c.c, c.g); !slices.Equal(got, c.fields) {
			t.Errorf("%s: differ in %q, want %q", c.name, got, c.fields)
		}
	}
}

// TestOther: a rule that lets one op stand for another is named where it was needed, and only
// there.
func TestOther(t *testing.T) {
	arg := func(name string, value canon.Value) canon.Arg { return canon.Arg{Name: name, Value: value} }
	const restart = 0x10000000 // SA_RESTART
	sigaction := func(flags uint64) *canon.Op {
		act := canon.StructOf(arg("sa_handler", canon.WordOf(canon.Handler)), arg("sa_flags", canon.Bits(flags, nil)), arg("sa_mask", canon.SignalSet(0)))
		return op("rt_sigaction", arg("signum", canon.SignalOf(unix.SIGCHLD)), arg("act", act), arg("oldact", canon.Only(canon.Null)))
	}
	notify := op("notify", arg("signum", canon.SignalOf(unix.SIGCHLD)))
	for _, c := range []struct {
		name  string
		c, g  *canon.Op
		glyph string
		rules []string
	}{
		{"C and Go", sigaction(0), notify, "~", []string{"notify"}},
		{"Go and C", notify, sigaction(restart), "~", []string{"notify"}},
		{"C and C", sigaction(0), sigaction(0), "=", nil},
		{"C and another C", sigaction(0), sigaction(restart), "!", nil},
	} {
		list := pairs(rules.All, rules.Apply(rules.All, []*canon.Op{c.c}), rules.Apply(rules.All, []*canon.Op{c.g}))
		if len(list) != 1 || list[0].Glyph != c.glyph || !slices.Equal(list[0].Rules, c.rules) {
			t.Errorf("%s: %+v", c.name, list)
		}
	}
}

// TestShownAsItIs: a number that happens to be a process id is shown as a number where both sides
// have the same one.
func TestShownAsItIs(t *testing.T) {
	write := func(value, id string) *rules.Form {
		text := canon.Arg{Name: "buf", Value: canon.TextOf(value)}
		if id != "" {
			text.Value = text.Value.Named(id, "P.1")
		}
		op := op("write", canon.Arg{Name: "fd", Value: canon.ObjectOf("tty", "tty", "")}, text)
		return rules.NewForm(op)
	}
	for _, test := range []struct {
		c, g *rules.Form
		want [2]string
	}{
		{write("port 4711", "4711"), write("port 4711", ""), [2]string{`write(tty, "port 4711")`, `write(tty, "port 4711")`}},
		{write("pid 4711", "4711"), write("pid 4712", "4712"), [2]string{`write(tty, "pid P.1")`, `write(tty, "pid P.1")`}},
	} {
		pair := pairs(rules.All, []*rules.Form{test.c}, []*rules.Form{test.g})[0]
		if got := [2]string{pair.Sides[0].Text(), pair.Sides[1].Text()}; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// seq makes forms of words: "a" is a call, "a:x,y" one with arguments, "SIGCHLD" a signal,
// "a!SIGPIPE" the last call of a process that was killed.
func seq(text string) (list []*rules.Form) {
	for word := range strings.FieldsSeq(text) {
		word, fatal, _ := strings.Cut(word, "!")
		call, args, _ := strings.Cut(word, ":")
		var o []canon.Arg
		for i, value := range strings.Split(args, ",") {
			o = append(o, canon.Arg{Name: fmt.Sprint(i), Value: canon.WordOf(value)})
		}
		form := op(call, o...)
		if call == "exit" {
			form.Event = &trace.Event{Nr: unix.SYS_EXIT_GROUP}
		}
		form.Handler, form.Fatal = strings.HasPrefix(call, "SIG"), fatal
		list = append(list, rules.NewForm(form))
	}
	return list
}

// judged are the differences of two sequences, and all their pairs.
func judged(c, g string) (list []Difference, all []Pair) {
	p := Process{Name: "P", Pairs: pairs(rules.All, seq(c), seq(g))}
	for i := range p.Pairs {
		if d := (&Result{}).judge(&p, i, [2]order{}, map[string]int{}); d != nil {
			list = append(list, *d)
		}
	}
	return list, p.Pairs
}

// TestGoesOn: beside a call that one side alone makes stands what the other does there.
func TestGoesOn(t *testing.T) {
	for _, test := range []struct{ c, g, want string }{
		{"a b c", "a c", "missing b: c"},
		{"a c", "a b c", "extra b: c"},
		{"a b b c", "a c", "missing b: c, missing b: c"},
		{"a b c d e", "a c e", "missing b: c, missing d: e"},
		{"a b", "a", "missing b: nothing"},
		{"a b", "a!SIGPIPE", "missing b: a SIGPIPE"},
		{"a!SIGPIPE", "a b c", "extra b: a SIGPIPE, extra c: a SIGPIPE"},
		{"a b c!SIGTERM", "a c!SIGTERM", "missing b: c SIGTERM"},
		{"a b c", "", "missing a: nothing, missing b: nothing, missing c: nothing"},
		{"a x c", "a y c", "missing x: y, extra y: c"}, // until parted joins them
	} {
		list, all := judged(test.c, test.g)
		goesOn(list, all)
		var got []string
		for _, d := range list {
			only, next := cmp.Or(d.Sides[0], d.Sides[1]), "nothing"
			if d.Next != nil {
				next = strings.TrimSpace(d.Next.Call() + " " + d.Next.Killed)
			}
			got = append(got, d.Kind+" "+only.Call()+": "+next)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s against %s: %s, want %s", test.c, test.g, got, test.want)
		}
	}
}

// TestPending: signals that the other side has not are part of an earlier one of their kind, which
// says so; without an earlier one they are a difference.
func TestPending(t *testing.T) {
	for _, test := range []struct{ c, g, want string }{
		{"a SIGCHLD w p SIGCHLD w", "a SIGCHLD w SIGCHLD SIGCHLD p w", "=a ~SIGCHLD =w =p =w"},
		{"a SIGCHLD w SIGCHLD w", "a SIGCHLD w SIGCHLD w", "=a =SIGCHLD =w =SIGCHLD =w"},
		{"a SIGCHLD w", "a w", "=a -SIGCHLD =w"},
		{"a SIGCHLD w", "a SIGCHLD SIGUSR1 w", "=a =SIGCHLD +SIGUSR1 =w"},
		{"a SIGCHLD w SIGCHLD w", "a SIGCHLD w SIGCHLD", "=a =SIGCHLD =w =SIGCHLD -w"},
	} {
		var got []string
		for _, p := range pairs(rules.All, seq(test.c), seq(test.g)) {
			got = append(got, p.Glyph+strings.TrimSuffix(cmp.Or(p.Sides[0], p.Sides[1]).Text(), "()"))
			if (p.Glyph == "~") != slices.Equal(p.Rules, []string{"pending"}) {
				t.Errorf("%s against %s: %s by %q", test.c, test.g, p.Glyph, p.Rules)
			}
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s against %s: %s, want %s", test.c, test.g, got, test.want)
		}
	}
}

// TestParted: where the sides part, one difference names what each makes; a call that is only
// missing has nothing beside it.
func TestParted(t *testing.T) {
	for _, test := range []struct{ c, g, want string }{
		{"a b c", "a c", "missing b"},
		{"a c", "a b c", "extra b"},
		{"a b c", "a x c", "instead b x"},
		{"a b1 b2 c", "a x y c", "instead b1 x, missing b2, extra y"},
		{"a b c", "b a c", "missing a, extra a"}, // each stands alone: b is between them
		{"a fork read exit:0", "a exit:1", "instead fork exit, missing read, call exit exit"},
		{"a exit:1", "a fork exit:0", "instead exit fork, call exit exit"},
		{"a fork exit:0", "a exit:0", "missing fork"}, // the same end
		{"a write:f,x", "a write:f,y", "call write write"},
		{"a write:f,x", "a write:g,y", "instead write write"}, // another text to another file
		{"a close:f", "a close:g", "call close close"},
		{"a fork write:f,x", "a write:f,y", "missing fork, call write write"},
	} {
		list, _ := judged(test.c, test.g)
		var got []string
		for _, d := range parted(list) {
			text := d.Kind
			for _, ref := range d.Sides {
				if ref != nil {
					text += " " + ref.Call()
				}
			}
			got = append(got, text)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s against %s: %s, want %s", test.c, test.g, got, test.want)
		}
	}
}
