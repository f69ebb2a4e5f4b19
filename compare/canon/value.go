package canon

import (
	"bytes"
	"crypto/sha256"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// Kind says what a Value is.
type Kind uint8

const (
	Nothing    Kind = iota // nothing came back, or there is nothing to say
	Number                 // a number that means itself: a count, an offset, a user
	Flags                  // bits that have names
	Enum                   // one of several values that have names
	Signal                 // a signal
	Signals                // a set of signals
	Word                   // what has one name everywhere: AT_FDCWD, SIG_DFL, a handler
	Object                 // an open file description, or one of the two ends of a pipe
	Closed                 // a descriptor that stands for nothing, whatever its number
	ProcessID              // a process of the run
	GroupID                // the process group that a process of the run leads
	ThreadID               // some thread of a process of the run
	IPC                    // an object of System V IPC
	Port                   // a port of the Internet protocols
	Text                   // bytes, as much of them as is kept
	Path                   // a file name
	Octets                 // bytes that are no text: an address of IPv6
	Variables              // an environment: how many variables, and a hash of them
	Null                   // a null pointer
	Place                  // memory that the program has mapped itself, and where in it
	Address                // any other pointer of which only that matters
	BadAddress             // memory that is not there
	Span                   // a length of time
	Status                 // what wait(2) tells of a child
	Errno                  // the error with which a call failed
	Unanswered             // the result of a call that has not returned
	Dropped                // what is not compared, because nothing that a program does decides it
	Unseen                 // what is not looked into
	List                   // several values
	Set                    // several values whose order means nothing
	Struct                 // several values, most of which have names
	Tuple                  // several values that are one, in a row
	// a cookie whose low half is a descriptor, and its high half, which is not 0
	Halves
	Partial  // a value of which not all is kept, or could be read
	Answered // what a program asked for, and what the kernel left in its place
)

// kindNames are their names, for documents.
var kindNames = [...]string{"nothing", "number", "flags", "enum", "signal", "signals", "word",
	"object", "closed", "process", "group",
	"thread", "ipc", "port", "text", "path", "octets", "variables", "null", "place", "address",
	"bad address", "span", "status", "errno",
	"unanswered", "dropped", "not looked into", "list", "set", "struct", "tuple", "halves", "partial",
	"answered"}

func (k Kind) String() string { return kindNames[k] }

// Value is one fact about a call: an argument, a field of a structure, a result. Two values are
// compared by what they are; how they are written is the printer's affair (print.go), and no one
// reads that.
//
// There are millions of them, so a value is small and shares what it refers to.
type Value struct {
	kind Kind
	form abi.Kind // of a Number: how it is written; of an Unseen that is a count: Hidden
	num  uint64   // a number, bits, a signal, an error, an end
	data any      // by kind, see the constructors
}

// text is the bytes that a program reads, writes or names.
type text struct {
	raw []byte
	// With names in place of numbers that are chance, and with names that no text can have;
	// nil if there are none. See Run.Text and Run.Marked.
	named, marked []byte
}

// partial is a value that is not all there.
type partial struct {
	Value
	bad  bool // the rest could not be read
	more int  // bytes that are not kept …
	sum  [32]byte
}

// span is a length of time. Its seconds may be more than a time.Duration has room for.
type span struct{ sec, nsec int64 }

// variables are an environment.
type variables struct {
	n      int
	sorted *text
	sums   [2][32]byte // of all of it as it stands, and with names for what is chance
}

func newVariables(n int, sorted []byte) *variables {
	v := &variables{n: n, sorted: &text{raw: sorted}}
	v.sum()
	return v
}

func (v *variables) sum() {
	v.sums[0] = sha256.Sum256(v.sorted.raw)
	if v.sums[1] = v.sums[0]; v.sorted.marked != nil {
		v.sums[1] = sha256.Sum256(v.sorted.marked)
	}
}

// as is the hash of the variables as they stand, or with names.
func (v *variables) as(named bool) *[32]byte {
	if named {
		return &v.sums[1]
	}
	return &v.sums[0]
}

// Int is a Number.
func Int(n int64) Value { return Value{kind: Number, form: abi.Long, num: uint64(n)} }

// Bits is a Flags whose bits have these names, or none.
func Bits(v uint64, names *abi.Names) Value { return Value{kind: Flags, num: v, data: names} }

// OneOf is an Enum.
func OneOf(v uint64, names *abi.Names) Value { return Value{kind: Enum, num: v, data: names} }

// SignalOf is a Signal.
func SignalOf(n unix.Signal) Value { return Value{kind: Signal, num: uint64(n)} }

// SignalSet is a Signals, whose bit n-1 stands for signal n.
func SignalSet(set uint64) Value { return Value{kind: Signals, num: set} }

// Failed is an Errno.
func Failed(e unix.Errno) Value { return Value{kind: Errno, num: uint64(e)} }

// WordOf is a Word.
func WordOf(word string) Value { return Value{kind: Word, data: &word} }

// ProcessOf is a ProcessID.
func ProcessOf(name string) Value { return Value{kind: ProcessID, data: &name} }

// GroupOf is a GroupID.
func GroupOf(leader string) Value { return Value{kind: GroupID, data: &leader} }

// ThreadOf is a Thread.
func ThreadOf(process string) Value { return Value{kind: ThreadID, data: &process} }

// ObjectOf is an Object of a kind ("pipe", "file", "sock" …), with its name and one of its ends
// ("", ".r", ".w", ".a", ".b").
func ObjectOf(kind, name, end string) Value {
	return fd{object: &object{kind: kind, name: name}, end: end}.value()
}

// TextOf is a Text.
func TextOf(b string) Value { return Value{kind: Text, data: &text{raw: []byte(b)}} }

// Then is a Text with another one behind it.
func (v Value) Then(w Value) Value {
	a, b := v.data.(*text), w.data.(*text)
	t := &text{raw: slices.Concat(a.raw, b.raw)}
	if a.marked != nil || b.marked != nil {
		t.named = slices.Concat(a.as(false), b.as(false))
		t.marked = slices.Concat(a.compared(), b.compared())
	}
	return Value{kind: v.kind, data: t}
}

// compared is what a text is compared as, with names for what is chance.
func (t *text) compared() []byte {
	if t.marked == nil {
		return bytes.ReplaceAll(t.raw, []byte(mark), []byte(mark+mark))
	}
	return t.marked
}

// Named is a Text in which a number is the name of a process.
func (v Value) Named(number, process string) Value {
	r := &Run{names: map[string]string{number: process}}
	t := &text{raw: v.data.(*text).raw}
	r.nameText(t, false)
	return Value{kind: v.kind, data: t}
}

// PathOf is a Path.
func PathOf(path string) Value { return Value{kind: Path, data: &text{raw: []byte(path)}} }

// SpanOf is a Span.
func SpanOf(d time.Duration) Value {
	return Value{kind: Span, data: &span{int64(d / time.Second), int64(d % time.Second)}}
}

// StatusOf is a Status, as wait(2) has it.
func StatusOf(v unix.WaitStatus) Value { return Value{kind: Status, num: uint64(v)} }

// Only is a value that has nothing but its kind: Null, Address, Closed, Unanswered …
func Only(k Kind) Value { return Value{kind: k} }

// ListOf is a List.
func ListOf(elements ...Value) Value { return group(List, elements) }

// SetOf is a Set.
func SetOf(elements ...Value) Value { return group(Set, elements) }

// StructOf is a Struct.
func StructOf(fields ...Arg) Value {
	for i := range fields {
		fields[i].Label = fields[i].Name != ""
	}
	return Value{kind: Struct, data: &fields}
}

func group(k Kind, elements []Value) Value {
	parts := make([]Arg, len(elements))
	for i, e := range elements {
		parts[i].Value = e
	}
	return Value{kind: k, data: &parts}
}

// answered is what was asked with what came in its place.
func answered(asked, answer Value) Value { return group(Answered, []Value{asked, answer}) }

// ends are the ends that an object can have. Value.num is a place here.
var ends = [...]string{"", ".r", ".w", ".a", ".b"}

// value is a descriptor as a value.
func (f fd) value() Value {
	v := Value{kind: Object, data: f.object}
	for i, end := range ends {
		if f.end == end {
			v.num = uint64(i)
		}
	}
	return v
}

// Kind is what the value is.
func (v Value) Kind() Kind { return v.kind }

// Is reports whether the value is of one of these kinds.
func (v Value) Is(kinds ...Kind) bool {
	for _, k := range kinds {
		if v.kind == k {
			return true
		}
	}
	return false
}

// Number is the number of a Number, Flags, Enum or Signal.
func (v Value) Number() (n uint64, ok bool) {
	return v.num, v.Is(Number, Flags, Enum, Signal)
}

// Equals reports whether the value is a number, of whatever kind, and this one.
func (v Value) Equals(n uint64) bool {
	own, ok := v.Number()
	return ok && own == n
}

// Has reports whether a Flags has one of these bits.
func (v Value) Has(bits uint64) bool { return v.kind == Flags && v.num&bits != 0 }

// FlagsApart are the names of the flags that one of two Flags alone has, sorted; none of what is no
// Flags.
func (v Value) FlagsApart(w Value) (names []string) {
	if v.kind != Flags || w.kind != Flags {
		return nil
	}
	own, _ := v.data.(*abi.Names)
	other, _ := w.data.(*abi.Names)
	a, b := own.Parts(v.num), other.Parts(w.num)
	for _, name := range slices.Concat(a, b) {
		if slices.Contains(a, name) != slices.Contains(b, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Without is a Flags without these bits.
func (v Value) Without(bits uint64) Value {
	v.num &^= bits
	return v
}

// With is the same kind of number with another value.
func (v Value) With(n uint64) Value {
	v.num = n
	return v
}

// Errno is the error of a result, 0 if it is none.
func (v Value) Errno() unix.Errno {
	if v.kind != Errno {
		return 0
	}
	return unix.Errno(v.num)
}

// Why is the reason for which a value is not compared or not looked into; "" of any other.
func (v Value) Why() string {
	if why, ok := v.data.(*string); ok && v.Is(Dropped, Unseen) {
		return *why
	}
	return ""
}

// Name is the name of a ProcessID; "" of anything else.
func (v Value) Name() string {
	if v.kind != ProcessID {
		return ""
	}
	return *v.data.(*string)
}

// Bytes are those of a Text or a Path. whole reports whether the value is one of which all is kept.
func (v Value) Bytes() (b []byte, whole bool) {
	switch v.kind {
	case Text, Path:
		return v.data.(*text).raw, true
	case Partial:
		b, _ = v.data.(*partial).Bytes()
	}
	return b, false
}

// Bad reports whether not all of the memory could be read in which the value stood.
func (v Value) Bad() bool {
	p, ok := v.data.(*partial)
	return v.kind == BadAddress || ok && p.bad
}

// Duration is that of a Span, or the longest one that there is if it is longer.
func (v Value) Duration() (d time.Duration, ok bool) {
	if v.kind != Span {
		return 0, false
	}
	s := v.data.(*span)
	if most := int64(math.MaxInt64/time.Second) - 1; s.sec > most || s.sec < -most {
		return time.Duration(math.MaxInt64), s.sec > 0
	}
	return time.Duration(s.sec)*time.Second + time.Duration(s.nsec), true
}

// Field is a field of a Struct, Nothing if it has none of this name.
func (v Value) Field(name string) Value {
	if v.kind == Struct {
		for _, f := range *v.data.(*[]Arg) {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return Value{}
}

// SetField is a Struct with another value of one of its fields.
func (v Value) SetField(name string, to Value) Value {
	if v.kind != Struct {
		return v
	}
	fields := slices.Clone(*v.data.(*[]Arg))
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Value = to
		}
	}
	v.data = &fields
	return v
}

// Elements are the values that this one has: of a list or a structure, or what was asked and what
// came.
func (v Value) Elements() []Arg {
	if list, ok := v.data.(*[]Arg); ok {
		return *list
	}
	return nil
}

// All calls yield with the value and all those that it is made of, until that returns false.
func (v Value) All(yield func(Value) bool) { v.all(yield) }

func (v Value) all(yield func(Value) bool) bool {
	if !yield(v) {
		return false
	}
	switch d := v.data.(type) {
	case *partial:
		return d.Value.all(yield)
	case *[]Arg:
		for i := range *d {
			if !(*d)[i].Value.all(yield) {
				return false
			}
		}
	}
	return true
}

// Contains reports whether the value, or one that it is made of, is of a kind.
func (v Value) Contains(k Kind) bool {
	for part := range v.All {
		if part.kind == k {
			return true
		}
	}
	return false
}

// IsOutput reports whether the value is an object on which people see what a program writes: its
// terminal or its standard error.
func (v Value) IsOutput() bool {
	o, ok := v.data.(*object)
	return ok && (o.kind == "tty" || o.kind == "stderr")
}

// Process is the name of the process that an Object stands for; "" of any that stands for none.
func (v Value) Process() string {
	if o, ok := v.data.(*object); ok && v.kind == Object && o.kind == abi.Pidfd {
		return o.path
	}
	return ""
}

// PidfdOf is an Object that stands for a process.
func PidfdOf(name, process string) Value {
	return fd{object: &object{kind: abi.Pidfd, name: name, path: process}}.value()
}

// HasPeer reports whether the value is an object of the kind that has another end: a pipe, a pair
// of sockets, a socket that may be connected.
func (v Value) HasPeer() bool {
	o, ok := v.data.(*object)
	return ok && v.kind == Object && (v.num > 0 || o.link != nil || o.kind == "sock")
}

// Meets reports whether two objects of one run are the two ends of a pipe or of a connection.
func (v Value) Meets(w Value) bool {
	a, isObject := v.data.(*object)
	b, areObjects := w.data.(*object)
	switch {
	case !isObject || !areObjects || v.kind != Object || w.kind != Object:
		return false
	case v.num > 0 || w.num > 0:
		return a == b && v.num != w.num
	}
	return a.accepted(b) || b.accepted(a)
}

// accepted reports whether o is what accept(2) made of a connection that a socket has begun.
func (o *object) accepted(socket *object) bool {
	return o.link != nil && o.link.peer == o && o.link.socket == socket
}

// Same reports whether two values are: as they stand, or with the names of what is chance in each
// run.
func (v Value) Same(w Value) bool { return v.equal(w, false) || v.equal(w, true) }

// Equal reports whether two values are the same as they stand.
func (v Value) Equal(w Value) bool { return v.equal(w, false) }

// equal reports whether two values are the same: as they stand, or named, with the names of what is
// chance. It is the one place that says so, and hash follows it.
func (v Value) equal(w Value, named bool) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Number, Flags, Enum, Signal, Signals, Status, Errno:
		return v.num == w.num
	case Unseen:
		return v.num == w.num && v.form == w.form
	case Word, ProcessID, GroupID, ThreadID, IPC:
		return *v.data.(*string) == *w.data.(*string)
	case Port:
		return v.data.(*port).key() == w.data.(*port).key()
	case Object:
		a, b := v.data.(*object), w.data.(*object)
		return v.num == w.num && (a == b || a.text().equal(b.text(), named))
	case Place:
		return v.num == w.num && v.data.(*object).name == w.data.(*object).name
	case Text, Path, Octets:
		return v.data.(*text).equal(w.data.(*text), named)
	case Variables:
		return *v.data.(*variables).as(named) == *w.data.(*variables).as(named)
	case Span:
		return *v.data.(*span) == *w.data.(*span)
	case Partial:
		a, b := v.data.(*partial), w.data.(*partial)
		return a.bad == b.bad && a.more == b.more && a.sum == b.sum && a.Value.equal(b.Value, named)
	case List, Set, Struct, Tuple, Halves, Answered:
		a, b := *v.data.(*[]Arg), *w.data.(*[]Arg)
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i].Name != b[i].Name || !a[i].Value.equal(b[i].Value, named) {
				return false
			}
		}
	}
	return true // those that have nothing but their kind
}

func (t *text) equal(u *text, named bool) bool {
	if !named || t.marked == nil && u.marked == nil {
		return bytes.Equal(t.raw, u.raw)
	}
	// A name is no literal that is written as it is: of two texts of which one alone has names
	// they are not the same.
	return t.marked != nil && u.marked != nil && bytes.Equal(t.marked, u.marked)
}

// hasNames reports whether the value has a name for something that is chance, so that it is two
// things: what it is as it stands, and what it is with the name.
func (v Value) hasNames() bool {
	switch d := v.data.(type) {
	case *text:
		return d.marked != nil
	case *object:
		return v.kind == Object && d.text().marked != nil
	case *variables:
		return d.sums[0] != d.sums[1]
	case *partial:
		return d.hasNames()
	case *[]Arg:
		for i := range *d {
			if (*d)[i].Value.hasNames() {
				return true
			}
		}
	}
	return false
}

// hash mixes a value into h, such that two values that are equal give the same.
func (v Value) hash(seed maphash.Seed, h uint64, named bool) uint64 {
	h = mix(h, uint64(v.kind))
	switch v.kind {
	case Number, Flags, Enum, Signal, Signals, Status, Errno, Unseen:
		return mix(h, v.num)
	case Word, ProcessID, GroupID, ThreadID, IPC:
		return mix(h, maphash.String(seed, *v.data.(*string)))
	case Port:
		return mix(h, maphash.String(seed, v.data.(*port).key()))
	case Object:
		return mix(mix(h, v.num), v.data.(*object).text().hash(seed, named))
	case Place:
		return mix(mix(h, v.num), maphash.String(seed, v.data.(*object).name))
	case Text, Path, Octets:
		return mix(h, v.data.(*text).hash(seed, named))
	case Variables:
		return mix(h, maphash.Comparable(seed, *v.data.(*variables).as(named)))
	case Span:
		s := v.data.(*span)
		return mix(mix(h, uint64(s.sec)), uint64(s.nsec))
	case Partial:
		p := v.data.(*partial)
		return p.Value.hash(seed, mix(h, maphash.Comparable(seed, p.sum)), named)
	case List, Set, Struct, Tuple, Halves, Answered:
		parts := *v.data.(*[]Arg)
		for i := range parts {
			h = parts[i].Value.hash(seed, h, named)
		}
		return mix(h, uint64(len(parts)))
	}
	return h
}

func (t *text) hash(seed maphash.Seed, named bool) uint64 {
	if named && t.marked != nil {
		return ^maphash.Bytes(seed, t.marked)
	}
	return maphash.Bytes(seed, t.raw)
}

func mix(h, x uint64) uint64 { return bits.RotateLeft64((h^x)*0x9e3779b97f4a7c15, 29) }
