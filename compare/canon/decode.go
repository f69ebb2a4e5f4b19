package canon

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// arguments writes down what can be told of a call's arguments at its entry.
func (c *maker) arguments(p *Process, call *pending) []Arg {
	args := c.args.take(len(call.sig.Args))
	for i := range call.sig.Args {
		a := &call.sig.Args[i]
		args[i].Name, args[i].Out = a.Name, a.When == abi.Out || c.room(call.sig, i)
		switch {
		case !call.sig.Known && !c.options.Raw:
			if i == 0 { // of how many arguments, nobody knows: once is enough
				args[i].Value = c.because(Unseen, "nothing is known of this call")
			}
		case a.When == abi.Value:
			args[i].Value = c.number(p, a.Kind, a.Names, a.Kind.Value(call.event.Args[i]))
		case call.event.Args[i] == 0:
			args[i].Value = Only(Null)
		case a.When&abi.In != 0 && !args[i].Out:
			args[i].Value = c.pointed(p, call, i, abi.In)
		}
	}
	if i, ok := call.first(abi.FdSet, abi.InOut); ok && !c.options.Raw {
		n := call.sig.Args[i].Len.N
		if fd := highest(call); fd >= 0 && call.event.Args[n] == uint64(fd)+1 {
			// which number that is, is as much chance as the descriptors'
			args[n].Value = c.word("highest+1")
		}
	}
	return args
}

// because is a Dropped or an Unseen, with the reason.
func (c *maker) because(k Kind, why string) Value { return Value{kind: k, data: c.shared(why)} }

// word is a Word. Those that are equal share their text.
func (c *maker) word(word string) Value { return Value{kind: Word, data: c.shared(word)} }

// shared is a text in memory that all have who need one like it.
func (c *maker) shared(s string) *string {
	p := c.words[s]
	if p == nil {
		p = &s
		if c.words == nil {
			c.words = map[string]*string{}
		}
		c.words[s] = p
	}
	return p
}

// text is a value of a kind that is bytes.
func (c *maker) text(kind Kind, b []byte) Value {
	t := &c.texts.take(1)[0]
	t.raw = b
	return Value{kind: kind, data: t}
}

// highest is the highest descriptor in the sets of a select(2), -1 if they are empty.
func highest(call *pending) (fd int) {
	fd = -1
	for i := range call.sig.Args {
		if m := call.event.Find(i, abi.In); m != nil && call.sig.Args[i].Kind == abi.FdSet {
			for n := range 8 * len(m.Bytes) {
				if m.Bytes[n/8]>>(n%8)&1 != 0 {
					fd = max(fd, n)
				}
			}
		}
	}
	return fd
}

// Decode writes one call down as the kernel left it: its arguments with the names that package abi
// has for them, and its result. It knows nothing of other calls, so numbers of descriptors and of
// processes stay numbers.
func Decode(e *trace.Event) *Op {
	c := &maker{trace: &trace.Trace{}, options: Options{Raw: true}, after: true}
	call := &pending{event: e, sig: abi.Lookup(e.Nr).For(&e.Args), done: e.Result != trace.NotReturned}
	call.args = c.arguments(nil, call)
	c.results(nil, call)
	return &Op{Call: call.sig.Name, Args: call.args, Result: call.result, Event: e,
		Origin: &attrib.Origin{}}
}

// room reports whether an argument points at the room that the caller offers for an address, or for
// another answer, of which only the answer's own length comes back: how much larger a buffer
// somebody has makes no difference.
func (c *maker) room(sig *abi.Call, i int) bool {
	return !c.options.Raw &&
		sig.Index(func(a *abi.Arg) bool { return a.Len.From == abi.ByPointer && a.Len.N == i }) >= 0
}

// results adds what only the exit tells: memory that the kernel filled, and the result.
func (c *maker) results(p *Process, call *pending) {
	e := call.event
	failed := !call.done || e.Result < 0 && e.Result >= -4095
	for i := range call.args {
		a := &call.sig.Args[i]
		if a.When&abi.Out == 0 || e.Args[i] == 0 {
			continue
		}
		switch {
		case !failed:
			call.args[i].Value = c.answered(p, call, i)
		case call.args[i].Out:
			call.args[i].Value = Value{} // nothing came
		}
		if rooms := c.rooms(call, i); rooms.kind != Nothing {
			call.args[i].Value = withRoom(call.args[i].Value, c.word("room"), rooms)
		}
	}
	switch {
	case !call.done:
		call.result = Only(Unanswered)
		if call.sig.Result == abi.None {
			call.result = Value{}
		}
	case failed:
		call.result = Failed(unix.Errno(-e.Result))
	default:
		call.result = c.success(p, call)
		c.lengthy(call)
	}
}

// lengthy drops how much came, if that is as much chance as what came, and how much was asked for:
// who reads a file to its end asks for what there is still room for.
func (c *maker) lengthy(call *pending) {
	why := c.chance(call)
	if !abi.Lengthy(why) {
		return
	}
	if call.event.Result > 0 && call.sig.Result == abi.Size {
		call.result = c.because(Dropped, why)
	}
	for i := range call.sig.Args {
		if a := &call.sig.Args[i]; a.When == abi.Out && a.Len.From == abi.ByResult {
			call.args[a.Len.N].Value = c.because(Dropped, why)
		}
	}
}

// rooms says how large the buffers are that argument i offers the kernel, Nothing if it offers
// none.
func (c *maker) rooms(call *pending, i int) Value {
	if c.options.Raw {
		return Value{}
	}
	for k := range call.event.Memory {
		if m := &call.event.Memory[k]; int(m.Arg) == i && m.Part == trace.Rooms {
			return list(m.Bytes, 8, func(b []byte) Value { return Int(int64(word(b))) }, true)
		}
	}
	return Value{}
}

// withRoom is what came, with the room that there was for it.
func withRoom(came, room, rooms Value) Value {
	if came.kind == Nothing {
		return group(Tuple, []Value{room, rooms})
	}
	return group(Tuple, []Value{came, room, rooms})
}

// answered is argument i as it has come back. Where the kernel has overwritten what was asked, as
// select(2) does with its sets, it is both: two programs that watch different descriptors, of which
// none is ready, are not the same. (Of a structure with room for the answer beside the question,
// poll(2)'s, the answer shows both.)
func (c *maker) answered(p *Process, call *pending, i int) Value {
	a, asked, answer := &call.sig.Args[i], call.args[i].Value, c.pointed(p, call, i, abi.Out)
	m := call.event.Find(i, abi.Out)
	if a.When != abi.InOut || call.args[i].Out || c.after || m == nil ||
		asked.Equal(c.written(p, a, m, m.Bytes, abi.In)) {
		return answer
	}
	return answered(asked, answer)
}

// success is the result of a call that succeeded; Nothing when it says no more than that.
func (c *maker) success(p *Process, call *pending) Value {
	v := uint64(call.event.Result)
	switch call.sig.Result {
	case abi.None, abi.Addr, abi.Time:
		if c.options.Raw {
			return Value{kind: Number, form: abi.Hex, num: v}
		}
		return Value{}
	case abi.Int, abi.Long:
		if v == 0 {
			return Value{}
		}
	}
	return c.number(p, call.sig.Result, call.sig.ResultNames, v)
}

// number is one number of a kind. It is one switch, longer than functions here are: it is the table
// of abi's kinds and their values.
func (c *maker) number(p *Process, kind abi.Kind, names *abi.Names, v uint64) Value {
	plain := Value{kind: Number, form: kind, num: v}
	hex := Value{kind: Number, form: abi.Hex, num: v}
	switch kind {
	case abi.Int, abi.Long, abi.Offset, abi.Time, abi.Uid, abi.Gid, abi.Uint, abi.Ulong, abi.Ushort,
		abi.Size, abi.Octal, abi.IPv4, abi.Hex:
		return plain
	case abi.Signal:
		return SignalOf(unix.Signal(v))
	case abi.Flags:
		return Bits(v, names)
	case abi.Enum:
		return OneOf(v, names)
	case abi.Status:
		return StatusOf(unix.WaitStatus(v))
	case abi.Fd, abi.AtFd, abi.NewFd:
		return c.descriptor(p, kind, int(int32(v)))
	case abi.Pid:
		return c.processID(int(int64(v)))
	case abi.Port:
		return Value{kind: Port, data: c.portOf(uint16(v))}
	case abi.Handler:
		return c.handler(v)
	}
	if c.options.Raw {
		return raw(kind, names, v)
	}
	switch kind {
	case abi.None:
		return Value{}
	case abi.Dev:
		return plain
	case abi.Inode:
		return c.because(Dropped, kind.Why(abi.Out))
	case abi.Key:
		if int64(v) <= 0 {
			return OneOf(uint64(uint32(v)), names)
		}
		return c.word("key")
	case abi.IPCKey:
		return c.ipcKey(uint32(v))
	case abi.SemID, abi.ShmID, abi.MsgID:
		if name := c.ipc[ipc{kind, int(v)}]; name != "" {
			return Value{kind: IPC, data: c.shared(name)}
		}
		return Int(int64(v))
	case abi.Cookie:
		return c.cookie(p, v)
	case abi.Unseen:
		if v == 0 {
			return Only(Null)
		}
		return c.because(Unseen, "what stands at this address is not known")
	case abi.Hidden:
		if v == 0 {
			return Int(0)
		}
		return Value{kind: Unseen, form: kind, num: v}
	case abi.MapAddr:
		return c.address(p, v)
	case abi.Addr:
		return nullOr(v, Address)
	}
	return hex
}

// raw is a number as the kernel saw it, of a kind that is otherwise compared by what it stands for.
func raw(kind abi.Kind, names *abi.Names, v uint64) Value {
	switch kind {
	case abi.Key:
		return OneOf(uint64(uint32(v)), names)
	case abi.SemID, abi.ShmID, abi.MsgID, abi.Hidden:
		return Int(int64(v))
	}
	return Value{kind: Number, form: abi.Hex, num: v}
}

// processID is a process, a group of them (kill(2), wait4(2)), or a number that is neither.
func (c *maker) processID(n int) Value {
	switch {
	case c.options.Raw || n == 0 || n == -1:
	case n < 0:
		if name := c.tree.names[-n]; name != "" {
			return Value{kind: GroupID, data: c.shared(name)}
		}
	default:
		return c.tree.value(c, n)
	}
	return Int(int64(n))
}

// value is the id of a process or a thread: of one of this run, or a number. Threads have no names
// of their own: of some runtimes it is chance which of them does what.
func (t *tree) value(c *maker, pid int) Value {
	if name := t.names[pid]; name != "" {
		return Value{kind: ProcessID, data: c.shared(name)}
	}
	if name := t.names[t.threads[pid]]; name != "" {
		return Value{kind: ThreadID, data: c.shared(name)}
	}
	return Int(int64(pid))
}

// cookie writes what a program wants to get back. It is often a descriptor or the address of
// something, and which number that is, is chance. A program that stores a descriptor in four of
// epoll_data's eight bytes leaves what was in the others: that is mostly half of an address.
func (c *maker) cookie(p *Process, v uint64) Value {
	const standard = 2 // no chance, and such a number is often something else
	low, high := v&(1<<32-1), v>>32
	f, open := p.fds.fds[int(low)]
	if open && isAddress(high<<32) {
		v, high = low, 0
	}
	is := Value{kind: Number, form: abi.Ulong, num: low}
	if open && low > standard {
		is = f.value()
	}
	switch {
	case open && high == 0:
		return is
	case isAddress(v):
		return Only(Address)
	case open:
		return group(Halves, []Value{is, {kind: Number, form: abi.Hex, num: high}})
	}
	return Value{kind: Number, form: abi.Ulong, num: v}
}

// isAddress reports whether a number is likely to be an address in a process: of a program that
// stands at a fixed place, of Go's heap, or of what the kernel maps.
func isAddress(v uint64) bool {
	const low, goHeap, mapped, end = 1 << 16, 0xc0 << 32, 0x5500 << 32, 1 << 48
	return low <= v && v < 1<<32 || goHeap <= v && v < goHeap+1<<32 || mapped <= v && v < end
}

func nullOr(v uint64, other Kind) Value {
	if v == 0 {
		return Only(Null)
	}
	return Only(other)
}

func (c *maker) handler(v uint64) Value {
	switch {
	case v == 0:
		return c.word(Default)
	case v == 1:
		return c.word(Ignored)
	case c.options.Raw:
		return Value{kind: Number, form: abi.Hex, num: v}
	}
	return c.word(Handler)
}

// What a signal may be given to (sigaction(2)), as Words.
const Default, Ignored, Handler = "SIG_DFL", "SIG_IGN", "handler"

func (c *maker) descriptor(p *Process, kind abi.Kind, n int) Value {
	if kind == abi.AtFd && n == unix.AT_FDCWD {
		return c.word("AT_FDCWD")
	}
	f, open := p.descriptorAt(n)
	switch {
	case c.options.Raw || !open && (n < 0 || kind == abi.NewFd):
		return Int(int64(n))
	case !open:
		return Only(Closed)
	}
	return f.value()
}

// descriptorAt finds what a descriptor stands for.
func (p *Process) descriptorAt(n int) (f fd, open bool) {
	if p == nil {
		return fd{}, false
	}
	f, open = p.fds.fds[n]
	return f, open
}

// pointed is what stands at the address that is argument i.
func (c *maker) pointed(p *Process, call *pending, i int, when abi.When) Value {
	a := &call.sig.Args[i]
	m := call.event.Find(i, when)
	if m == nil && a.Len.From == abi.Packed {
		return Only(Null)
	}
	if m == nil {
		return c.nothing(a)
	}
	if m.Bad && len(m.Bytes) == 0 {
		return Only(BadAddress)
	}
	if why := c.chance(call); why != "" && when == abi.Out {
		return c.because(Dropped, why)
	}
	if a.Kind == abi.Path && when == abi.In && !c.options.Raw {
		path := c.path(c.base(p, call, i), string(bytes.TrimSuffix(m.Bytes, []byte{0})))
		return partly(c.text(Path, []byte(path)), m)
	}
	if s := c.records(call); s != nil && when == abi.Out {
		each := func(b []byte) Value { return c.structure(p, s, b, when) }
		return partly(list(m.Bytes, s.Size, each, true), m)
	}
	c.leadTo(call, i, when)
	v := c.written(p, a, m, m.Bytes, when)
	if c.elsewhere(call, i, &v); when == abi.Out && c.tellsProgram(call) {
		v = v.fromKernel()
	}
	if a.Kind == abi.Msghdr && !c.options.Raw {
		return c.message(p, call.event, i, when, v)
	}
	return v
}

// leadTo says where the structure leads that is written next, argument i.
func (c *maker) leadTo(call *pending, i int, when abi.When) {
	c.pointees = c.pointees[:0]
	for k := range call.event.Memory {
		if o := &call.event.Memory[k]; int(o.Arg) == i && o.When == when && o.Part == trace.Pointee {
			c.pointees = append(c.pointees, o)
		}
	}
}

// partly is a value that stands in a memory which may not be all there.
func partly(v Value, m *trace.Memory) Value {
	if !m.Bad && m.Rest == nil {
		return v
	}
	part := &partial{Value: v, bad: m.Bad}
	if m.Rest != nil {
		part.more, part.sum = m.Rest.Size, [32]byte(m.Rest.Sum())
	}
	return Value{kind: Partial, data: part}
}

// chance says why what a call brought is not compared: it is random, or a measurement, because that
// is what the program asked for. What it makes of it counts, and shows where it shows it; the bytes
// themselves are no two times the same. It is "" if they are compared.
func (c *maker) chance(call *pending) string {
	if c.options.Raw {
		return ""
	}
	switch {
	case call.sig.Role == abi.Random:
		return abi.RandomBytes
	case len(call.args) > 0 && call.sig.Args[0].Use == abi.Takes:
		if o, ok := call.args[0].Value.data.(*object); ok && o.kind == "file" {
			return abi.Uncompared(o.path)
		}
	}
	return ""
}

// tellsProgram reports whether the kernel tells by a call what a program is called: by prctl(2), or
// in proc_pid(5).
func (c *maker) tellsProgram(call *pending) bool {
	if call.sig.Role == abi.TellsProgram {
		return true
	}
	for i := range call.args {
		switch d := call.args[i].Value.data.(type) {
		case *object:
			if call.sig.Args[i].Use == abi.Takes && ofProcess(d.path) {
				return true
			}
		case *text:
			if call.args[i].Value.kind == Path && call.sig.Args[i].When == abi.In && ofProcess(string(d.raw)) {
				return true
			}
		}
	}
	return false
}

// ofProcess reports whether a file is one of those that tell of a process.
func ofProcess(path string) bool {
	rest, is := strings.CutPrefix(path, "/proc/")
	return is && (strings.HasPrefix(rest, "self/") || strings.HasPrefix(rest, "thread-self/") || rest != "" && '0' <= rest[0] && rest[0] <= '9')
}

// fromKernel is a Text of the kernel's.
func (v Value) fromKernel() Value {
	switch d := v.data.(type) {
	case *text:
		v.num = fromKernel
	case *partial:
		d.Value = d.Value.fromKernel()
	}
	return v
}

// elsewhere adds to the buffers of another process in which mapping of its own they are or, failing
// that, what stands there.
func (c *maker) elsewhere(call *pending, i int, v *Value) {
	list := call.event.Memory
	if len(list) == 0 || list[len(list)-1].Part != trace.Before || c.options.Raw { // of nearly all calls
		return
	}
	other, k := c.procs[int(int32(call.event.Args[0]))], 0
	buffers := slices.Clone(v.Elements())
	for j := range list {
		m := &list[j]
		if int(m.Arg) != i || m.Part != trace.Before || k >= len(buffers) {
			continue
		}
		base := buffers[k].Value.Field("iov_base")
		at := word(call.event.Find(i, abi.In).Bytes[16*k:][:8])
		if place := c.address(other, at); place.Is(Place) {
			base = place
		} else if !m.Bad {
			base = group(Tuple, []Value{base, c.word("where"), partly(c.text(Text, m.Bytes), m)})
		}
		buffers[k].Value = buffers[k].Value.SetField("iov_base", base)
		v.data = &buffers
		k++
	}
}

// records is the structure of which a call reads some, nil if it reads bytes.
func (c *maker) records(call *pending) *abi.Layout {
	if c.options.Raw || len(call.args) == 0 || call.sig.Args[0].Use != abi.Takes {
		return nil
	}
	if o, ok := call.args[0].Value.data.(*object); ok {
		return abi.Records[o.kind]
	}
	return nil
}

// written is what stands in a memory, as the bytes b.
func (c *maker) written(p *Process, a *abi.Arg, m *trace.Memory, b []byte, when abi.When) Value {
	return partly(c.memory(p, a, b, when), m)
}

// nothing is an empty buffer.
func (c *maker) nothing(a *abi.Arg) Value {
	switch a.Kind {
	case abi.Bytes, abi.Path, abi.String, abi.Iovec:
		return c.text(Text, nil)
	}
	return Value{}
}

func (c *maker) memory(p *Process, a *abi.Arg, b []byte, when abi.When) Value {
	switch a.Kind {
	case abi.CPUs:
		if when == abi.Out && !c.options.Raw {
			return c.because(Dropped, a.Kind.Why(when))
		}
		return numbers(b)
	case abi.Bits:
		return numbers(b)
	case abi.Path:
		return c.text(Path, []byte(c.path("", string(bytes.TrimSuffix(b, []byte{0})))))
	case abi.String, abi.Bytes, abi.Iovec, abi.Msghdr:
		return c.text(Text, b)
	case abi.Strings:
		if a.Name == "envp" {
			return c.environment(b)
		}
		return c.vector(b)
	case abi.Sockaddr:
		return c.sockaddr(p, b, when)
	case abi.Sigset:
		return SignalSet(word(b))
	case abi.FdSet:
		return c.fdSet(p, b)
	case abi.Dirents:
		return c.direntNames(b)
	case abi.Struct, abi.Pointers:
		return list(b, a.Struct.Size, func(b []byte) Value { return c.structure(p, a.Struct, b, when) },
			many(a))
	}
	if a.Kind == abi.Time && when == abi.Out && !c.options.Raw {
		return c.because(Dropped, a.Kind.Why(when))
	}
	size := a.Kind.Width()
	each := func(b []byte) Value { return c.number(p, a.Kind, a.Names, a.Kind.Value(word(b))) }
	if a.Len.From == abi.Fixed && a.Kind == abi.Fd && len(b) == 2*size && !c.options.Raw {
		if f, ok := p.fds.fds[int(int32(word(b[:size])))]; ok {
			return fd{object: f.object}.value() // both ends of what pipe(2) or socketpair(2) made
		}
	}
	return list(b, size, each, many(a))
}

// many reports whether there can be several of what an argument points at.
func many(a *abi.Arg) bool {
	switch a.Len.From {
	case abi.One, abi.IfResult, abi.CutAt:
		return false
	}
	return true
}

// environment is an environment by its size and a hash: its variables are many and long, and differ
// between machines. Shells hand on the working directory in one of them.
func (c *maker) environment(b []byte) Value {
	if c.options.Dir != "" && !c.options.Raw {
		b = bytes.ReplaceAll(b, []byte("="+c.options.Dir), []byte("=."))
	}
	list := bytes.SplitAfter(b, []byte{0})
	name := func(v []byte) []byte { before, _, _ := bytes.Cut(v, []byte{'='}); return before }
	// Of two of one name the first counts, so their order does.
	slices.SortStableFunc(list, func(a, b []byte) int { return bytes.Compare(name(a), name(b)) })
	return Value{kind: Variables, data: newVariables(len(list)-1, bytes.Join(list, nil))}
}

// word is the little-endian number in up to 8 bytes.
func word(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint64(w[:])
}

// list is elements of a size: a List if there can be several.
func list(b []byte, size int, each func([]byte) Value, many bool) Value {
	var parts []Value
	for ; len(b) >= size && size > 0; b = b[size:] {
		parts = append(parts, each(b[:size]))
	}
	if len(b) > 0 && size > 0 { // a structure from a program that knows fewer fields
		parts = append(parts, each(b))
	}
	switch {
	case many:
		return ListOf(parts...)
	case len(parts) == 0:
		return Value{}
	case len(parts) == 1:
		return parts[0]
	}
	return ListOf(parts...)
}

// spanOf is seconds and a fraction as one length of time.
func spanOf(sec, fraction, unit int64) Value {
	if fraction < 0 || fraction >= unit {
		return StructOf(Arg{Value: Int(sec)}, Arg{Value: Int(fraction)}) // the kernel will refuse it
	}
	return Value{kind: Span, data: &span{sec, fraction * (1e9 / unit)}}
}

func (c *maker) structure(p *Process, s *abi.Layout, b []byte, when abi.When) Value {
	if s.Why != "" && !c.options.Raw {
		return c.because(Dropped, s.Why)
	}
	if unit := s.Unit; unit != 0 && len(b) >= s.Size && !c.options.Raw {
		if when == abi.Out {
			return c.because(Dropped, abi.Time.Why(when))
		}
		return spanOf(int64(s.Fields[0].Value(b)), int64(s.Fields[1].Value(b)), unit)
	}
	directory := !c.options.Raw && s.Directory(b)
	parts := make([]Arg, 0, len(s.Fields))
	for i := range s.Fields {
		if directory && s.Fields[i].OfDir != "" {
			continue
		}
		if s.Fields[i].When == abi.Out && when == abi.In {
			continue // what stands there at the entry is a leftover
		}
		if !s.Counts(&s.Fields[i], b) {
			continue
		}
		if v := c.field(p, s, &s.Fields[i], b, when); !v.Is(Nothing, Dropped) {
			parts = append(parts, Arg{Name: s.Fields[i].Name, Value: v})
		}
	}
	return StructOf(parts...)
}

// field is one field of a structure, Nothing if it is dropped or was left out.
func (c *maker) field(p *Process, s *abi.Layout, f *abi.Field, b []byte, when abi.When) Value {
	part := b[min(f.Off, len(b)):min(f.Off+f.Size, len(b))]
	if len(part) < f.Size && (len(part) == 0 || f.Kind != abi.Path && f.Kind != abi.Bytes) {
		return Value{} // only text may be shorter than there is room for
	}
	if _, _, ok := s.Leads(f, b, when, 0); ok && !c.options.Raw {
		return c.pointee(p, f.To, when)
	}
	switch f.Kind {
	case abi.Struct:
		return c.structure(p, f.Struct, part, when)
	case abi.Path:
		if part[0] == 0 {
			return c.text(Path, part) // an abstract name, in which NULs count, unix(7)
		}
		text, _, _ := bytes.Cut(part, []byte{0})
		return c.text(Path, text)
	case abi.String:
		text, _, _ := bytes.Cut(part, []byte{0})
		return c.text(Text, text)
	case abi.Bytes:
		return c.text(Text, part)
	case abi.IPv6:
		return c.text(Octets, part)
	case abi.Sigset:
		return SignalSet(word(part))
	case abi.Time:
		// What a program asks for counts (how long to sleep), what a clock says does not.
		if when == abi.Out && !c.options.Raw {
			return Value{}
		}
	case abi.Dev:
		if when == abi.Out && !c.options.Raw {
			return Value{}
		}
	case abi.Inode:
		if !c.options.Raw {
			return Value{}
		}
	}
	if f.Why != "" && f.Bits == 0 && !c.options.Raw {
		return Value{}
	}
	v := f.Value(b)
	if !c.options.Raw {
		v &^= f.Bits
	}
	return c.number(p, f.Kind, f.Names, v)
}

// pointee is what the next field of a structure points at that leads anywhere.
func (c *maker) pointee(p *Process, a *abi.Arg, when abi.When) Value {
	if len(c.pointees) == 0 {
		return Only(Address) // the structure is one that could not be read whole
	}
	m := c.pointees[0]
	c.pointees = c.pointees[1:]
	if m.Bad && len(m.Bytes) == 0 {
		return Only(BadAddress)
	}
	return c.written(p, a, m, m.Bytes, when)
}

func (c *maker) sockaddr(p *Process, b []byte, when abi.When) Value {
	if len(b) < 2 {
		return c.text(Text, b)
	}
	if s := abi.SockaddrOf(binary.LittleEndian.Uint16(b)); s != nil {
		return c.structure(p, s, b, when)
	}
	return c.text(Text, b)
}

func (c *maker) fdSet(p *Process, b []byte) Value {
	var list []Value
	for n := range 8 * len(b) {
		if b[n/8]>>(n%8)&1 != 0 {
			list = append(list, c.descriptor(p, abi.Fd, n))
		}
	}
	return SetOf(list...)
}

// numbers is a set of numbers, of which each is a bit.
func numbers(b []byte) Value {
	var list []Value
	for n := range 8 * len(b) {
		if b[n/8]>>(n%8)&1 != 0 {
			list = append(list, Int(int64(n)))
		}
	}
	return SetOf(list...)
}

// direntNames lists a directory's names in their own order: the kernel's depends on the file
// system.
func (c *maker) direntNames(b []byte) Value {
	var names [][]byte
	for len(b) > 19 {
		size := int(binary.LittleEndian.Uint16(b[16:]))
		if size <= 19 || size > len(b) {
			break
		}
		name, _, _ := bytes.Cut(b[19:size], []byte{0})
		names = append(names, name)
		b = b[size:]
	}
	slices.SortFunc(names, bytes.Compare)
	return c.list(names)
}

// vector is a vector of strings.
func (c *maker) vector(b []byte) Value {
	var parts [][]byte
	for s := range bytes.SplitAfterSeq(b, []byte{0}) {
		if len(s) > 0 {
			parts = append(parts, bytes.TrimSuffix(s, []byte{0}))
		}
	}
	return c.list(parts)
}

// list is a List of texts.
func (c *maker) list(texts [][]byte) Value {
	parts := make([]Value, len(texts))
	for i, t := range texts {
		parts[i] = c.text(Text, t)
	}
	return ListOf(parts...)
}

// op puts a call together as the program meant it.
func (c *maker) op(p *Process, call *pending) *Op {
	if call.args == nil && call.event.Kind == trace.Call {
		call.args = c.arguments(p, call)
	}
	o := &c.ops.take(1)[0]
	*o = Op{Call: call.sig.Name, Result: call.result, Event: call.event, Origin: call.origin, strand: call.strand}
	if call.caught != 0 {
		return notify(call, o)
	}
	if c.options.Raw || call.event.Kind != trace.Call {
		o.Args = call.args
		return o
	}
	process, _ := isFork(call)
	switch {
	case process:
		return c.fork(call, o)
	case call.sig.Ends == abi.EndsProcess:
		status := call.args[0]
		status.Value = Int(int64(uint8(call.event.Args[0]))) // all that wait(2) gets of it
		o.Call, o.Args = abi.Exit, []Arg{status}
		return o
	case call.sig.Ends == abi.EndsThread:
		o.Call = "thread_exit"
	case call.sig.Makes == abi.Task:
		o.Call, o.Args = "thread", threadFlags(call)
		if call.event.Result >= 0 { // which thread's, is chance
			o.Result = Value{}
		}
		return o
	}
	for i := range call.args {
		switch {
		case redundant(call, i):
			// the next one, if there is one, begins a copy: call.args stays as it is
			o.Args = o.Args[:len(o.Args):len(o.Args)]
			continue
		case len(o.Args) == i: // mostly what is redundant comes last, and the others need no copy
			o.Args = call.args[:i+1]
		default:
			o.Args = append(o.Args, call.args[i])
		}
		c.run.nameIn(call.args[i].Value)
	}
	c.run.nameIn(o.Result)
	if call.sig.Executes() {
		o.Args = append(o.Args[:len(o.Args):len(o.Args)], call.starts...)
	}
	if call.done && call.event.Result >= 0 && transferred(call) == call.event.Result &&
		call.sig.Result == abi.Size && c.chance(call) == "" {
		o.Result = Value{} // all of it: the data say so
	}
	return o
}

// redundant reports whether an argument is only the length of data that another argument shows
// whole, or one of those that nothing came back in.
func redundant(call *pending, i int) bool {
	for k := range call.sig.Args {
		a := &call.sig.Args[k]
		if a.Len.From != abi.ByArg || a.Len.N != i {
			continue
		}
		m := call.event.Find(k, abi.In)
		// (select's nfds counts bits, and says more than its sets do.)
		if m != nil && !m.Bad && a.Kind != abi.Msghdr && a.Kind != abi.Iovec && a.Kind != abi.FdSet &&
			uint64(len(m.Bytes)/a.Stride()) == call.event.Args[i] {
			const kernelSet = 8 // the only size of a set of signals that the kernel takes
			return a.Kind == abi.Sigset && len(m.Bytes) == kernelSet || a.Kind == abi.Sockaddr &&
				ordinary(m.Bytes) ||
				a.Kind != abi.Sigset && a.Kind != abi.Sockaddr
		}
	}
	return call.args[i].Value.kind == Nothing
}

// ordinary reports whether an address is as long as its family says. The kernel takes a longer one
// of the internet's, too, and does not look at the rest: so that is not seen in the fields.
func ordinary(b []byte) bool {
	s := abi.SockaddrOf(uint16(word(b[:min(len(b), 2)])))
	return s == nil || s.Name != "sockaddr_in" && s.Name != "sockaddr_in6" || len(b) == s.Size
}

// transferred is how many bytes a call moved, as its buffers show; -1 if it has none.
func transferred(call *pending) int64 {
	for k := range call.sig.Args {
		switch a := &call.sig.Args[k]; a.Kind {
		case abi.Bytes, abi.Iovec, abi.Msghdr, abi.Path:
			if a.Kind == abi.Path && a.When != abi.Out {
				continue
			}
			if m := call.event.Find(k, a.When); m != nil && m.Rest != nil {
				return int64(len(m.Bytes) + m.Rest.Size)
			} else if m != nil {
				return int64(len(m.Bytes))
			}
			return 0
		}
	}
	return -1
}

// starts is what a program that is about to be executed finds: what its descriptors 0, 1 and 2
// stand for, unless each is what the run's own programs find there, what else it finds open, and
// which signals it finds blocked or ignored. Whoever starts a program decides that, by whatever
// calls.
func (p *Process) starts(tid int) (args []Arg) {
	usual := [3]string{"stdin", "tty", "stderr"}
	var found, others []Arg
	all := true
	for n, name := range usual {
		is := Only(Closed)
		f, open := p.descriptorAt(n)
		if open = open && !f.cloexec; open {
			is = f.value()
		}
		all = all && open && f.name() == name
		found = append(found, Arg{Name: strconv.Itoa(n), Value: is})
	}
	for n, f := range p.fds.fds { // their numbers are chance
		if n > 2 && !f.cloexec {
			others = append(others, Arg{Value: f.value()})
		}
	}
	if !all || len(others) > 0 {
		slices.SortFunc(others, func(a,
			b Arg) int {
			return strings.Compare(a.Value.Text(), b.Value.Text())
		})
		args = append(args, Arg{Name: "descriptors", Value: StructOf(append(found, others...)...)})
	}
	if set := p.blocked[tid] &^ libraryOwn; set != 0 {
		args = append(args, Arg{Name: "blocked", Value: SignalSet(set), Label: true})
	}
	if set := p.ignored &^ libraryOwn; set != 0 {
		args = append(args, Arg{Name: "ignored", Value: SignalSet(set), Label: true})
	}
	return args
}

// fork is one idea whatever the system call: fork(2), clone(2) without shared memory, vfork(2) and
// an execve in the child. What the child shares with its parent, or has apart from it, is part of
// that idea; what only serves to make it is not.
func (c *maker) fork(call *pending, o *Op) *Op {
	o.Call = abi.Fork
	const serves = unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_SETTID | unix.CLONE_CHILD_CLEARTID |
		unix.CLONE_SETTLS | unix.CLONE_PIDFD | unix.CLONE_CLEAR_SIGHAND
	if flags := cloneFlags(call); flags&^serves != 0 {
		o.Args = []Arg{{Name: "flags", Value: Bits(flags&^serves, abi.CloneFlags)}}
	}
	o.Args = append(o.Args, c.cloned(call)...)
	if _, shared := isFork(call); shared {
		o.Call = abi.VFork
		pid := int(call.event.Result)
		// A fork that failed made no child that could show what it does first.
		if call.done && (pid > 0 && c.reexecutes(call.event) || pid < 0 &&
			call.origin.Idiom == attrib.Starting) {
			o.Call = abi.Fork
			o.Args = append(o.Args, Arg{Name: "by", Value: c.word(Reexec)})
		}
	}
	return o
}

// Reexec is the value of fork's argument "by" when the child executes the program again instead of
// being a copy.
const Reexec = "executing itself"

// stream notes what a call wrote to the terminal or to standard error.
func (p *Process) stream(call *pending) {
	e := call.event
	if !call.done || e.Result <= 0 {
		return
	}
	for i := range call.args {
		if name := call.sig.Args[i].Name; name == "fd_out" || name == "out_fd" {
			if to := p.output(call.args[i].Value); to != nil {
				to.Moved = true
			}
			return
		}
	}
	if len(call.args) == 0 || call.sig.Args[0].Kind != abi.Fd {
		return
	}
	for k := range call.sig.Args {
		a := &call.sig.Args[k]
		if a.When != abi.In || a.Kind != abi.Bytes && a.Kind != abi.Iovec && a.Kind != abi.Msghdr {
			continue
		}
		to, m := p.output(call.args[0].Value), e.Find(k, abi.In)
		if to != nil && m != nil {
			to.Data = append(to.Data, m.Bytes[:min(int64(len(m.Bytes)), e.Result)]...)
		}
	}
}

// output is what the process wrote to an object, nil unless it's the terminal or standard error.
func (p *Process) output(to Value) *Stream {
	if !to.IsOutput() {
		return nil
	}
	object := to.data.(*object).kind
	for i := range p.Output {
		if p.Output[i].Object == object {
			return &p.Output[i]
		}
	}
	p.Output = append(p.Output, Stream{Object: object})
	return &p.Output[len(p.Output)-1]
}
