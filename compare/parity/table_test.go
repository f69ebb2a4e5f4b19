package parity

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

// TestTable goes through all calls that package abi knows, and all their forms. For each argument,
// each field of a structure that it leads to, and the result, a program makes the call twice, so
// that the two differ in that alone. They must be different if abi does not say why that is not
// compared; and if it does they must be the same, or the list of what is not compared would be
// wrong.
//
// None of the calls reaches the kernel: a policy answers them. What the kernel would have written
// stands in the program's memory already.
func TestTable(t *testing.T) {
	trials, image := everyTrial(semaphoreSets(t))
	events := replay(t, trials, image)
	counts, calls, forms, parts := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range trials {
		x := &trials[i]
		a, b := alone(events[2*i]), alone(events[2*i+1])
		same := agree(a, b, nil)
		switch {
		case x.why == "" && same:
			t.Errorf("%s: two calls that differ in %s alone are the same: %v %v", x.form, x.part, a.Ops, b.Ops)
		case x.why != "" && !same:
			t.Errorf("%s: two calls that differ in %s alone are different, although it is not compared (%s): %v %v",
				x.form, x.part, x.why, a.Ops, b.Ops)
		}
		calls[x.call.Name], forms[x.form] = true, true
		if key := x.form + " " + x.of + x.kind(); !parts[key] {
			parts[key] = true
			counts[x.kind()]++
		}
		if !same && agree(a, b, rules.All) {
			counts["by a rule the same"]++
			t.Logf("%s: %s: by a rule the same", x.form, x.part)
		}
	}
	t.Logf("%d calls in %d forms, %d pairs: %v", len(calls), len(forms), len(trials), counts)
}

// A trial is a pair of calls that differ in one part.
type trial struct {
	call *abi.Call
	form string // "fcntl(fd, F_GETFD)"
	part string // "act.sa_flags (answer)"
	of   string // "act.sa_flags"
	why  string // it is not compared
	made [2]made
}

// made is a call that the program makes, and how it is answered.
type made struct {
	nr     int
	args   [6]uint64
	result int64
}

func (x *trial) kind() string {
	what := "arguments"
	switch {
	case x.part == "result" || strings.HasPrefix(x.part, "error"):
		what = "results"
	case strings.Contains(x.part, "."):
		what = "fields"
	}
	if x.why != "" {
		what += " not"
	}
	return what + " compared"
}

// everyTrial makes the trials, and the memory that their arguments point at.
func everyTrial(sets [2]int) (list []trial, m *memory) {
	m = &memory{b: make([]byte, room)}
	abi.Walk(func(c *abi.Call, args, masks [6]uint64) {
		form := c.Name + "("
		for i := range c.Args {
			if i > 0 {
				form += ", "
			}
			if a := &c.Args[i]; masks[i] != 0 && a.Names != nil {
				form += a.Names.Enum(a.Kind.Value(args[i]))
			} else {
				form += a.Name
			}
		}
		form += ")"
		family := uint16(unix.AF_INET)
		add := func(part, why string, p *abi.Part, what difference) {
			of, _, _ := strings.Cut(part, " ")
			x := trial{call: c, form: form, part: part, of: of, why: why}
			for side := range x.made {
				b := builder{memory: m, call: c, args: args, masks: masks, sets: sets, part: p, what: what,
					family: family, second: side == 1}
				x.made[side] = b.build()
			}
			list = append(list, x)
		}
		for _, p := range c.Parts() {
			name := p.Name(c)
			if p.When == abi.Out {
				name += " (answer)"
			}
			add(name, p.Why, &p, inValue)
			if p.Null {
				add(name+" (null)", "", &p, inNull)
			}
			if wide(c, &p) > 1 && (len(p.Fields) > 0 || masks[p.Arg] == 0) {
				add(name+" (its high part)", p.Why, &p, inHigh)
			}
			for _, family = range []uint16{unix.AF_INET, unix.AF_INET6, unix.AF_UNIX, unix.AF_NETLINK} {
				s := abi.SockaddrOf(family)
				for k := 1; k < len(s.Fields) && p.Kind == abi.Sockaddr; k++ {
					of := p
					of.Fields = append(slices.Clone(p.Fields), &s.Fields[k])
					why := ""
					if c.Role == abi.TellsName && s.Fields[k].Kind == abi.Port {
						why = "a port that the kernel chose is chance"
					}
					add(name+"."+s.Fields[k].Name, why, &of, inValue)
				}
			}
			family = unix.AF_INET
		}
		for i := range c.Args {
			if a := &c.Args[i]; a.When != abi.Value && a.Why == "" {
				add(a.Name+" (null)", "", &abi.Part{Arg: i}, inNull)
			}
		}
		add("result", c.ResultWhy(), nil, inResult)
		fails := func(part string) {
			if c.Ends == abi.EndsNothing && c.Role != abi.EndsHandler && c.Role != abi.Resumes {
				add(part, "", nil, inError)
			}
		}
		fails("error")
		if i, ok := c.Flags.Arg(); ok && c.Clones() && c.Args[i].When == abi.Value {
			args[i] |= unix.CLONE_THREAD
			masks[i] |= ^uint64(0) &^ unix.CLONE_FS
			fails("error of a thread")
			add(c.Args[i].Name+" of a thread", "", &abi.Part{Arg: i, Kind: abi.Flags}, inValue)
		}
	})
	return list, m
}

// memory is what the program finds at imageAt.
type memory struct{ b []byte }

const imageAt = 0x200000000

// take makes room for n bytes, with some zeros behind them.
func (m *memory) take(n int) uint64 {
	at := (len(m.b) + 15) &^ 15
	m.b = append(m.b, make([]byte, at+n+16-len(m.b))...)
	return imageAt + uint64(at)
}

func (m *memory) at(addr uint64) []byte { return m.b[addr-imageAt:] }

func (m *memory) put(addr uint64, size int, v uint64) {
	var w [8]byte
	binary.LittleEndian.PutUint64(w[:], v)
	copy(m.at(addr)[:min(size, 8)], w[:])
}

func (m *memory) text(addr uint64, s string) { copy(m.at(addr), s) }

// difference is in what the two calls of a trial differ.
type difference int

const (
	inValue difference = iota
	inHigh
	inNull
	inResult
	inError
)

// builder makes one call of a trial.
type builder struct {
	*memory
	call        *abi.Call
	args, masks [6]uint64
	sets        [2]int
	part        *abi.Part
	what        difference
	family      uint16 // of the socket addresses
	second      bool
}

// wide is how many bytes a number has that is compared; 1 if it is none, or says how much there is.
func wide(c *abi.Call, p *abi.Part) int {
	if p.Why != "" || c.Ends == abi.EndsProcess { // of whose status the kernel keeps one byte
		return 1
	}
	switch p.Kind {
	case abi.Fd, abi.AtFd, abi.NewFd, abi.Signal, abi.Status, abi.Handler, abi.Pid, abi.Key,
		abi.SemID, abi.ShmID, abi.MsgID, abi.Path, abi.String, abi.Strings, abi.Bytes, abi.Struct, abi.Sigset, abi.Bits, abi.CPUs,
		abi.Iovec, abi.Sockaddr, abi.Cmsgs:
		return 1
	}
	if n := len(p.Fields); n > 0 {
		if c.Args[p.Arg].Kind == abi.Msghdr {
			return 1
		}
		f := p.Fields[n-1]
		if f.To != nil || c.Args[p.Arg].Len.From == abi.Inside && f.Off == c.Args[p.Arg].Len.N {
			return 1
		}
		return min(f.Size, 8)
	}
	for i := range c.Args {
		if l := c.Args[i].Len; l.From != abi.One && l.From != abi.Fixed && l.N == p.Arg {
			return 1
		}
	}
	return p.Kind.Width()
}

// few is how many elements stand at an address, of those that an argument counts; bytes is how many
// bytes.
const few, many = 2, 8

func (b *builder) build() made {
	for i := range b.call.Args {
		if a := &b.call.Args[i]; a.When == abi.Value {
			is := b.is(i, nil) && b.second
			if is && b.what == inHigh && b.masks[i] == 0 {
				b.args[i] = b.number(a.Kind, false) | b.high(a.Kind.Width())
				continue
			}
			differs := is && b.what == inValue && b.masks[i] == 0
			b.args[i] = b.args[i]&b.masks[i] | b.number(a.Kind, differs)&^b.masks[i]
			switch {
			case is && b.what == inNull:
				b.args[i] = 0
			case is && b.what == inValue && b.masks[i] != 0:
				b.args[i] = b.other(i)
			}
		}
	}
	for i := range b.call.Args {
		b.length(&b.call.Args[i])
	}
	for i := range b.call.Args {
		if a := &b.call.Args[i]; a.When != abi.Value {
			b.args[i] = b.pointer(i, a)
		}
	}
	return made{b.call.Number, b.args, b.result()}
}

// other is another value of an argument that chooses the form: with another bit that does not
// choose it, or another command.
func (b *builder) other(i int) uint64 {
	free := ^b.masks[i] & 0xffffffff
	if free == 0 {
		return b.args[i] + 1
	}
	return b.args[i] ^ free&-free
}

// is reports whether the two calls differ in an argument, or in this field of what stands there.
func (b *builder) is(i int, fields []*abi.Field) bool {
	return b.part != nil && b.part.Arg == i && slices.Equal(b.part.Fields, fields)
}

// number is a number of a kind, another one in the second call if it is this one in which they
// differ.
func (b *builder) number(kind abi.Kind, differs bool) uint64 {
	pair := [2]uint64{1, 2}
	switch kind {
	case abi.Fd:
		pair = [2]uint64{0, 1}
	case abi.AtFd:
		pair = [2]uint64{0xffffff9c, 0}
	case abi.NewFd:
		pair = [2]uint64{10, 11}
	case abi.Pid:
		pair = [2]uint64{4001, 4002}
	case abi.Key:
		pair = [2]uint64{0xffffffff, 0xfffffffe}
	case abi.SemID, abi.ShmID, abi.MsgID:
		pair = [2]uint64{uint64(b.sets[0]), uint64(b.sets[1])}
	case abi.Handler:
		pair = [2]uint64{0, 1}
	case abi.Cookie:
		pair = [2]uint64{100, 101}
	case abi.Status:
		pair = [2]uint64{0x100, 0x200}
	case abi.Addr, abi.Unseen, abi.None:
		pair = [2]uint64{imageAt, imageAt + 8}
	}
	if differs && b.second {
		return pair[1]
	}
	return pair[0]
}

// high is a bit in the high part of a number of so many bytes.
func (b *builder) high(size int) uint64 { return 1 << (8*size - 4) }

// length sets the argument that counts what stands at another one's address.
func (b *builder) length(a *abi.Arg) {
	n := uint64(b.count(a))
	switch a.Len.From {
	case abi.ByArg, abi.ByResult, abi.CutAt:
	default:
		return
	}
	if b.is(a.Len.N, nil) && b.what == inValue && b.second {
		n /= 2
	}
	b.args[a.Len.N] = n
}

// count is how many elements stand at an argument's address.
func (b *builder) count(a *abi.Arg) int {
	switch a.Kind {
	case abi.Sockaddr:
		return abi.SockaddrOf(b.family).Size
	case abi.Dirents:
		return 24
	case abi.Bits:
		return 65
	case abi.Bytes, abi.Path, abi.String, abi.Sigset, abi.CPUs, abi.FdSet:
		return many
	}
	if a.Len.From == abi.CutAt {
		return a.Struct.Size
	}
	return few
}

// pointer puts down what stands at an argument's address.
func (b *builder) pointer(i int, a *abi.Arg) uint64 {
	if b.is(i, nil) && b.what == inNull && b.second {
		return 0
	}
	var fields []*abi.Field
	if b.part != nil && b.part.Arg == i {
		fields = b.part.Fields
	}
	differs := b.is(i, nil) && b.what == inValue
	for k := range b.call.Args {
		if o := &b.call.Args[k]; o.Len.From == abi.ByPointer && o.Len.N == i { // room for its answer
			at := b.take(8)
			n := uint64(b.count(o))
			if differs && b.second {
				n /= 2
			}
			b.put(at, 4, n)
			return at
		}
	}
	at := b.content(a, fields, differs)
	if a.Len.From == abi.Packed {
		pair := b.take(16)
		b.put(pair, 8, at)
		b.put(pair+8, 8, many)
		return pair
	}
	return at
}

// content puts down elements of what an argument, or a field, points at.
func (b *builder) content(a *abi.Arg, fields []*abi.Field, differs bool) uint64 {
	letter := "a"
	if differs && b.second {
		letter = "b"
	}
	n := b.count(a)
	switch a.Kind {
	case abi.Path, abi.String:
		if a.Counted() {
			return b.bytes(letter + strings.Repeat("x", many-1))
		}
		return b.bytes(letter)
	case abi.Bytes:
		n := many
		if a.Len.From == abi.Fixed {
			n = a.Len.N
		}
		return b.bytes(strings.Repeat("x", n-1) + letter + strings.Repeat("x", many))
	case abi.Strings:
		at := b.take(24)
		b.put(at, 8, b.bytes("x"))
		b.put(at+8, 8, b.bytes(letter))
		return at
	case abi.Sockaddr:
		return b.address(letter, fields)
	case abi.Dirents:
		at := b.take(24)
		b.put(at+16, 2, 24)
		b.text(at+19, letter)
		return at
	case abi.Sigset, abi.CPUs, abi.FdSet, abi.Bits:
		at := b.take(16)
		b.put(at, 1, b.number(abi.Hex, differs))
		return at
	case abi.Iovec:
		at, _ := b.vector(letter, false)
		return at
	case abi.Msghdr:
		at := b.take(2 * a.Struct.Size)
		for k := range 2 {
			if k > 0 {
				fields = nil
			}
			b.message(at+uint64(k*a.Struct.Size), a.Struct.Size, fields)
		}
		return at
	case abi.Pointers:
		at := b.take(16)
		b.put(at, 8, b.structure(a.Struct, fields))
		b.put(at+8, 8, b.structure(a.Struct, nil))
		return at
	case abi.Struct:
		at := b.take(few * a.Struct.Size)
		b.fill(at, a.Struct, fields)
		if a.Len.From == abi.Inside {
			size := uint64(a.Struct.Size - a.Len.Plus)
			if len(fields) == 1 && fields[0].Off == a.Len.N && b.second {
				size -= 8
			}
			b.put(at+uint64(a.Len.N), 4, size)
		}
		return at
	}
	size := a.Kind.Width()
	at := b.take(n * size)
	for k := range n {
		v := b.number(a.Kind, differs && k == 0)
		if k == 0 && b.isHigh(a) {
			v |= b.high(size)
		}
		b.put(at+uint64(k*size), size, v)
	}
	return at
}

func (b *builder) bytes(s string) uint64 {
	at := b.take(len(s) + 1)
	b.text(at, s)
	return at
}

// address is a socket address, of which the last of fields is in what the two calls differ.
func (b *builder) address(letter string, fields []*abi.Field) uint64 {
	s := abi.SockaddrOf(b.family)
	at := b.take(s.Size)
	b.put(at, 2, uint64(b.family))
	if len(fields) > 0 {
		b.fill(at, s, fields[len(fields)-1:])
	} else {
		b.text(at+2, "xxxxx"+letter)
	}
	return at
}

// vector is an iovec of two buffers, or of one that is as long.
func (b *builder) vector(letter string, one bool) (at, n uint64) {
	at = b.take(32)
	list := []string{"xxxx", "xxx" + letter}
	if one {
		list = []string{"xxxxxxx" + letter}
	}
	for k, s := range list {
		b.put(at+uint64(16*k), 8, b.bytes(s))
		b.put(at+uint64(16*k)+8, 8, uint64(len(s)))
	}
	return at, uint64(len(list))
}

// message is a msghdr, or with its length behind it a mmsghdr.
func (b *builder) message(at uint64, size int, fields []*abi.Field) {
	if len(fields) > 0 && fields[0].Kind == abi.Struct { // msg_hdr
		fields = fields[1:]
	}
	differs := func(name string) bool {
		return b.second && b.what == inValue && len(fields) > 0 && fields[0].Name == name
	}
	pick := func(name string, first, second uint64) uint64 {
		if differs(name) {
			return second
		}
		return first
	}
	letter := func(name string) string {
		if differs(name) {
			return "b"
		}
		return "a"
	}
	var of []*abi.Field
	if len(fields) > 1 {
		of = fields[1:]
	}
	name := b.address(letter("msg_name"), of)
	vector, n := b.vector(letter("msg_iov"), differs("msg_iovlen"))
	control := b.take(24)
	b.put(control, 8, 24)
	b.put(control+8, 4, unix.SOL_TCP)
	b.text(control+16, letter("msg_control"))
	length := uint64(abi.SockaddrOf(b.family).Size)
	for k, v := range []uint64{name, pick("msg_namelen", length, length/2), vector, n, control,
		pick("msg_controllen", 24, 8), pick("msg_flags", 0, 1)} {
		b.put(at+uint64(8*k), 8, v)
	}
	if size > 56 {
		b.put(at+56, 4, pick("msg_len", many, many-1))
	}
}

// isHigh reports whether the two calls differ in the high part of what stands there, and this is
// the second one.
func (b *builder) isHigh(a *abi.Arg) bool {
	return b.second && b.what == inHigh && len(b.part.Fields) == 0 && &b.call.Args[b.part.Arg] == a
}

func (b *builder) structure(s *abi.Layout, fields []*abi.Field) uint64 {
	at := b.take(s.Size)
	b.fill(at, s, fields)
	return at
}

// fill fills a structure, of which the first of fields is to count.
func (b *builder) fill(at uint64, s *abi.Layout, fields []*abi.Field) {
	if len(fields) == 0 {
		return
	}
	f, rest := fields[0], fields[1:]
	if only := f.Only; only.Field != "" {
		o := s.Field(only.Field)
		b.put(at+uint64(o.Off), o.Size, only.Is|only.Any)
	}
	to := at + uint64(f.Off)
	switch {
	case f.To != nil && f.To.When&b.part.When != 0:
		if f.Count != "" {
			o := s.Field(f.Count)
			n := b.count(f.To)
			b.put(at+uint64(o.Off), o.Size, uint64(n))
		}
		if b.what == inNull && b.second {
			return
		}
		p := b.content(f.To, rest, len(rest) == 0)
		b.put(to, 8, p)
	case len(rest) > 0:
		b.fill(to, f.Struct, rest)
	case b.what == inNull && b.second:
	case b.what == inHigh:
		v := b.number(f.Kind, false)
		if b.second {
			v |= b.high(min(f.Size, 8))
		}
		b.put(to, f.Size, v)
	case f.Kind == abi.Path || f.Kind == abi.String || f.Kind == abi.Bytes:
		letter := "a"
		if b.second {
			letter = "b"
		}
		b.text(to, letter)
	default:
		b.put(to, f.Size, b.number(f.Kind, true))
	}
}

// result is what the call is answered.
func (b *builder) result() int64 {
	c := b.call
	n := int64(0)
	switch c.Result {
	case abi.Fd:
		n = 9
	case abi.Pid, abi.Signal, abi.Flags, abi.Enum, abi.Key, abi.SemID, abi.ShmID, abi.MsgID:
		n = 5
	}
	if b.part != nil && len(b.part.Fields) > 0 {
		if to := b.part.Fields[len(b.part.Fields)-1].To; to != nil && to.Len.From == abi.ByResult {
			n = many
		}
	}
	for i := range c.Args {
		switch a := &c.Args[i]; {
		case a.Len.From == abi.ByResult:
			n = int64(b.args[a.Len.N])
		case a.When == abi.Out && (a.Kind == abi.Iovec || a.Kind == abi.Msghdr && a.Struct.Size == 56):
			n = many
		}
	}
	if b.what == inError && b.second {
		return -int64(unix.EPERM)
	}
	if b.what == inResult && b.second {
		if n > 0 {
			return n - 1
		}
		return 1
	}
	return n
}

// semaphoreSets makes two, for calls of which the length of an array is how many semaphores there
// are.
func semaphoreSets(t *testing.T) (ids [2]int) {
	for i := range ids {
		id, _, errno := unix.Syscall(unix.SYS_SEMGET, unix.IPC_PRIVATE, 2, 0o600)
		if errno != 0 {
			t.Fatal(errno)
		}
		t.Cleanup(func() { unix.Syscall(unix.SYS_SEMCTL, id, 0, unix.IPC_RMID) })
		ids[i] = int(id)
	}
	return ids
}

// replay lets a program make the calls of the trials.
func replay(t *testing.T, trials []trial, m *memory) []*trace.Event {
	dir := t.TempDir()
	program, file := filepath.Join(dir, "replay"), filepath.Join(dir, "image")
	compile(t, "testdata/replay.c", program, cflags...)
	var head bytes.Buffer
	word := func(v uint64) { binary.Write(&head, binary.LittleEndian, v) }
	word(uint64(2 * len(trials)))
	p := &answers{}
	for _, x := range trials {
		for _, call := range x.made {
			word(uint64(call.nr))
			for _, v := range call.args {
				word(v)
			}
			p.results = append(p.results, call.result)
		}
	}
	if head.Len() > room {
		t.Fatalf("no room for %d bytes of calls", head.Len())
	}
	copy(m.b, head.Bytes())
	if err := os.WriteFile(file, m.b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := trace.Run(context.Background(), trace.Config{Policy: p},
		trace.Command{Role: "P", Path: program, Args: []string{"replay", file}, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.events) != 2*len(trials) {
		t.Fatalf("the program made %d calls of %d", len(p.events), 2*len(trials))
	}
	for i, e := range p.events {
		if want := &trials[i/2].made[i%2]; e.Nr != uint64(want.nr) || e.Args != want.args || e.Result != want.result {
			t.Fatalf("call %d is %d%x = %d, want %+v", i, e.Nr, e.Args, e.Result, want)
		}
	}
	return p.events
}

// room is at the beginning of the image, for the list of calls.
const room = 4 << 20

// answers is a policy that answers calls in the kernel's place, from the moment when the program
// says so.
type answers struct {
	begun   bool
	results []int64
	events  []*trace.Event
}

func (p *answers) Enter(_ *trace.Supervisor, _ *trace.Thread, e *trace.Event) trace.Action {
	if !p.begun {
		p.begun = e.Nr == unix.SYS_GETPID && e.Args[0] == 0x7061726974790000
		return trace.Proceed()
	}
	if len(p.events) == len(p.results) {
		return trace.Proceed()
	}
	p.events = append(p.events, e)
	return trace.Skip(p.results[len(p.events)-1])
}

func (p *answers) Quiet(*trace.Supervisor) trace.Quiet { return trace.Waits }
func (p *answers) Busy(*trace.Supervisor)              {}

// alone is what a process did that made one call and no other.
func alone(e *trace.Event) *canon.Process { return together([]*trace.Event{e}) }

// agree reports whether two processes did the same.
func agree(a, b *canon.Process, list []*rules.Rule) bool {
	for _, p := range pairs(list, rules.Apply(list, a.Ops), rules.Apply(list, b.Ops)) {
		if p.Glyph != "=" && p.Glyph != "~" {
			return false
		}
	}
	return true
}
