package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// capturer copies the memory that a call's arguments point at, while the caller is stopped: at the
// next call it may be gone. What is where, package abi says. A pointer that leads nowhere is a fact
// about the program and no error.
type capturer struct {
	arena []byte // captured bytes lie side by side in large blocks, not in an allocation each
	large []byte // what may not fit there is read here first
	rest  *Rest  // of the argument at hand
	bytes int    // captured so far, shared or not
	list  []Memory
	block []Memory

	lately [4]block // large pieces that were kept, the last one first
}

const (
	maxPath    = 4096    // PATH_MAX, with its NUL
	maxVector  = 1 << 20 // of argv and envp, in bytes; of what is longer a sum is kept
	maxString  = 1 << 17 // MAX_ARG_STRLEN, of one of these
	maxStrings = 1 << 20 // of these: the kernel takes fewer
	maxCapture = 1 << 24 // of one buffer; of what is longer a sum is kept
	maxBuffers = 1024    // IOV_MAX
	sizeArena  = 256 << 10
)

// enter captures what the kernel will read.
func (c *capturer) enter(e *Event, mem memory) {
	call := abi.Lookup(e.Nr).For(&e.Args)
	c.list = c.list[:0]
	for i := range call.Args {
		a := &call.Args[i]
		if a.When&abi.In != 0 {
			c.argument(e, i, a, mem, abi.In, 0)
		}
		if a.When == abi.Out && e.Args[i] != 0 && (a.Kind == abi.Iovec || a.Kind == abi.Msghdr) {
			c.rooms(e, i, a, mem)
		}
	}
	e.Memory = c.keep(e.Memory)
}

// rooms notes how large the buffers are that the kernel is to fill: of read(2) that is an argument,
// of readv(2) it stands in memory.
func (c *capturer) rooms(e *Event, i int, a *abi.Arg, mem memory) {
	vec, n := e.Args[i], uint64(a.Extent(&e.Args, 0, 0)/16)
	if a.Kind == abi.Msghdr { // of several messages the first one's
		var hdr [32]byte
		if mem.Read(hdr[:], vec) < len(hdr) {
			return
		}
		vec, n = binary.LittleEndian.Uint64(hdr[16:]), binary.LittleEndian.Uint64(hdr[24:])
	}
	if n == 0 || n > maxBuffers {
		return
	}
	b, bad := c.read(mem, vec, int(n)*16)
	if bad {
		return
	}
	for k := range int(n) { // without the addresses
		copy(b[8*k:8*k+8], b[16*k+8:])
	}
	c.list = append(c.list, Memory{Arg: uint8(i), Part: Rooms, When: abi.In, Bytes: b[:8*n]})
}

// exit captures what the kernel has written.
func (c *capturer) exit(e *Event, mem memory) {
	if e.Result < 0 && e.Result >= -4095 {
		return
	}
	call := abi.Lookup(e.Nr).For(&e.Args)
	c.list = c.list[:0]
	for i := range call.Args {
		if a := &call.Args[i]; a.When&abi.Out != 0 {
			c.argument(e, i, a, mem, abi.Out, e.Result)
		}
	}
	if len(c.list) > 0 {
		e.Memory = c.keep(e.Memory)
	}
}

// keep moves the list to an event.
func (c *capturer) keep(old []Memory) []Memory {
	n := len(old) + len(c.list)
	if n == 0 {
		return nil
	}
	if len(c.block) < n {
		c.block = make([]Memory, max(n, 4096))
	}
	kept := c.block[:0:n]
	c.block = c.block[n:]
	return append(append(kept, old...), c.list...)
}

func (c *capturer) argument(e *Event, i int, a *abi.Arg, mem memory, when abi.When, result int64) {
	addr := e.Args[i]
	if addr == 0 {
		return // null: nothing stands there, and the argument itself says so
	}
	m := Memory{Arg: uint8(i), When: when}
	c.rest = nil
	stored := uint32(0)
	if a.Len.From == abi.Packed {
		if addr, stored, m.Bad = c.unpack(mem, addr); addr == 0 && !m.Bad {
			return
		}
	}
	switch {
	case a.Kind == abi.Iovec:
		m.Bytes, m.Bad = c.iovec(mem, addr, a.Extent(&e.Args, result, 0)/16, room(when, result))
	case a.Kind == abi.Msghdr:
		c.messages(e, i, a, mem, when, result)
		return
	case a.Kind == abi.Pointers:
		m.Bytes, m.Bad = c.structures(mem, addr, a.Extent(&e.Args, result, 0)/8, a.Struct.Size)
	case a.Kind == abi.Strings:
		m.Bytes, m.Bad = c.strings(mem, addr)
	case !a.Counted():
		m.Bytes, m.Bad = c.text(mem, addr)
	default:
		switch a.Len.From {
		case abi.ByPointer:
			stored = c.stored(e, a, mem)
		case abi.Inside:
			stored, m.Bad = c.inside(mem, addr+uint64(a.Len.N))
		case abi.Semaphores:
			stored, m.Bad = semaphores(e.Args[a.Len.N])
		}
		n := a.Extent(&e.Args, result, stored)
		if n == 0 && !m.Bad {
			return
		}
		if !m.Bad {
			m.Bytes, m.Bad = c.read(mem, addr, n)
		}
	}
	m.Rest = c.rest
	c.list = append(c.list, m)
	if a.Kind == abi.Struct || a.Kind == abi.Pointers {
		c.follow(m, a.Struct, mem, when, result)
	}
}

// structures copies n structures whose addresses stand side by side.
func (c *capturer) structures(mem memory, addr uint64, n, size int) (b []byte, bad bool) {
	n, bad = min(n, maxBuffers), n > maxBuffers
	vec := make([]byte, n*8)
	got := mem.Read(vec, addr)
	bad = bad || got < len(vec)
	for vec = vec[:got/8*8]; len(vec) > 0; vec = vec[8:] {
		part, cut := c.read(mem, binary.LittleEndian.Uint64(vec), size)
		if cut {
			return b, true
		}
		b = append(b, part...)
	}
	return b, bad
}

// follow copies what the fields of captured structures point at.
func (c *capturer) follow(m Memory, s *abi.Layout, mem memory, when abi.When, result int64) {
	for b := m.Bytes; len(b) >= s.Size && s.Size > 0; b = b[s.Size:] {
		for k := range s.Fields {
			f := &s.Fields[k]
			addr, n, ok := s.Leads(f, b[:s.Size], when, result)
			if !ok {
				continue
			}
			part := Memory{Arg: m.Arg, Part: Pointee, When: when}
			c.rest = nil
			switch {
			case f.To.Kind == abi.Iovec:
				part.Bytes, part.Bad = c.iovec(mem, addr, n, math.MaxInt)
			case !f.To.Counted():
				part.Bytes, part.Bad = c.text(mem, addr)
			default:
				part.Bytes, part.Bad = c.read(mem, addr, n*f.To.Stride())
			}
			part.Rest = c.rest
			c.list = append(c.list, part)
		}
	}
}

// inside is the size of a structure that begins with it, or has it at another place.
func (c *capturer) inside(mem memory, at uint64) (n uint32, bad bool) {
	var word [4]byte
	if mem.Read(word[:], at) < len(word) {
		return 0, true
	}
	return binary.LittleEndian.Uint32(word[:]), false
}

// semaphores asks how many there are in a set: the program knows it from the call that made the
// set, which may have been another's.
func semaphores(id uint64) (n uint32, bad bool) {
	var set [256]byte // more than a semid_ds
	_, _, errno := unix.Syscall6(unix.SYS_SEMCTL, uintptr(id), 0, unix.IPC_STAT,
		uintptr(unsafe.Pointer(&set)), 0, 0)
	return uint32(abi.SetSize(set[:])), errno != 0
}

// room is how many bytes of an iovec count: all that the caller handed over, or as many as came
// back.
func room(when abi.When, result int64) int {
	if when == abi.Out {
		return int(result)
	}
	return math.MaxInt
}

// stored is the length for an argument whose length stands in memory, at another argument's
// address: the smaller of the room, which stood there at the entry, and of what came, which stands
// there now.
func (c *capturer) stored(e *Event, a *abi.Arg, mem memory) uint32 {
	var now [4]byte
	if mem.Read(now[:], e.Args[a.Len.N]) < 4 {
		return 0
	}
	n := binary.LittleEndian.Uint32(now[:])
	if before := e.Find(a.Len.N, abi.In); before != nil && len(before.Bytes) == 4 {
		n = min(n, binary.LittleEndian.Uint32(before.Bytes))
	}
	return n
}

// unpack reads the address and the number that stand at an address.
func (c *capturer) unpack(mem memory, at uint64) (addr uint64, n uint32, bad bool) {
	var pair [16]byte
	if mem.Read(pair[:], at) < len(pair) {
		return 0, 0, true
	}
	return binary.LittleEndian.Uint64(pair[:]), uint32(min(binary.LittleEndian.Uint64(pair[8:]), maxPath)), false
}

// read copies n bytes.
func (c *capturer) read(mem memory, addr uint64, n int) (b []byte, bad bool) {
	if n > maxCapture {
		defer func(beyond int) {
			if !bad {
				bad = !c.beyond(mem, addr+maxCapture, beyond)
			}
		}(n - maxCapture)
		n = maxCapture
	}
	if n > sizeArena {
		// A call that fails may claim far more than there is: only what there is gets room
		// of its own.
		if c.large == nil {
			c.large = make([]byte, maxCapture)
		}
		got := mem.Read(c.large[:n], addr)
		return c.share(c.large[:got], addr), bad || got < n
	}
	if len(c.arena) < n {
		c.arena = make([]byte, sizeArena)
	}
	got := mem.Read(c.arena[:n], addr)
	b = c.arena[:got:got]
	c.arena = c.arena[got:]
	c.bytes += got
	return b, bad || got < n
}

// text copies a string up to its NUL, which is left out.
func (c *capturer) text(mem memory, addr uint64) (b []byte, bad bool) {
	var buf [maxPath]byte
	n := 0
	for n < len(buf) {
		// Never across a page more than needed: the string may end just before a hole.
		step := min(len(buf)-n, 256-int((addr+uint64(n))%256))
		got := mem.Read(buf[n:n+step], addr+uint64(n))
		if i := bytes.IndexByte(buf[n:n+got], 0); i >= 0 {
			return c.copy(buf[:n+i]), false
		}
		n += got
		if got < step {
			break
		}
	}
	return c.copy(buf[:n]), true
}

// share copies what was read at an address, unless it is the end of what was read there lately:
// whoever writes a large buffer to a pipe or a socket hands over again and again what the kernel
// has not taken.
func (c *capturer) share(b []byte, addr uint64) []byte {
	for _, l := range c.lately {
		if off := addr - l.addr; addr >= l.addr && off+uint64(len(b)) <= uint64(len(l.bytes)) {
			if was := l.bytes[off : off+uint64(len(b))]; bytes.Equal(was, b) {
				c.bytes += len(b) // the limit is of what calls read and write, kept once or not
				return was
			}
		}
	}
	copy(c.lately[1:], c.lately[:])
	c.lately[0] = block{addr, c.copy(b)}
	return c.lately[0].bytes
}

// block is a large piece of memory, of one process or another.
type block struct {
	addr  uint64
	bytes []byte
}

func (c *capturer) copy(b []byte) []byte {
	if len(c.arena) < len(b) {
		c.arena = make([]byte, max(len(b), sizeArena))
	}
	n := copy(c.arena, b)
	b = c.arena[:n:n]
	c.arena = c.arena[n:]
	c.bytes += n
	return b
}

// beyond adds n bytes to the sum of what is not kept. It reports whether they could be read.
func (c *capturer) beyond(mem memory, addr uint64, n int) bool {
	if c.large == nil {
		c.large = make([]byte, maxCapture)
	}
	for n > 0 {
		want := min(n, maxCapture)
		got := mem.Read(c.large[:want], addr)
		c.sum(c.large[:got])
		if got < want {
			return false
		}
		addr, n = addr+uint64(got), n-got
	}
	return true
}

func (c *capturer) sum(b []byte) {
	if len(b) == 0 {
		return
	}
	if c.rest == nil {
		c.rest = &Rest{hash: sha256.New()}
	}
	c.rest.Size += len(b)
	c.rest.hash.Write(b)
}

// strings copies a vector of strings.
func (c *capturer) strings(mem memory, addr uint64) (b []byte, bad bool) {
	for range maxStrings {
		var word [8]byte
		if mem.Read(word[:], addr) < len(word) {
			return b, true
		}
		p := binary.LittleEndian.Uint64(word[:])
		if p == 0 {
			return b, false
		}
		s, bad := c.string(mem, p)
		if s = append(s, 0); len(b)+len(s) <= maxVector && c.rest == nil {
			b = append(b, s...)
		} else {
			c.sum(s)
		}
		if bad {
			return b, true
		}
		addr += 8
	}
	return b, true
}

// string reads one of a vector's strings, which may be longer than a path.
func (c *capturer) string(mem memory, addr uint64) (s []byte, bad bool) {
	for bad = true; bad && len(s) < maxString; {
		var part []byte
		part, bad = c.text(mem, addr+uint64(len(s)))
		s = append(s, part...)
		if len(part) == 0 {
			break
		}
	}
	return s, bad
}

// iovec copies the first bytes from n buffers, and sums up what is not kept of them.
func (c *capturer) iovec(mem memory, addr uint64, n, total int) (b []byte, bad bool) {
	if n > maxBuffers {
		return nil, true // the kernel refuses them too
	}
	vec := make([]byte, n*16)
	got := mem.Read(vec, addr)
	bad = got < len(vec)
	for vec = vec[:got/16*16]; len(vec) > 0 && total > 0; vec = vec[16:] {
		base, size := binary.LittleEndian.Uint64(vec), int(min(binary.LittleEndian.Uint64(vec[8:]), uint64(total)))
		total -= size
		kept := min(size, maxCapture-len(b))
		part, cut := c.read(mem, base, kept)
		b = append(b, part...)
		if cut || !c.beyond(mem, base+uint64(kept), size-kept) {
			return b, true
		}
	}
	return b, bad
}

// messages copies the parts of one msghdr, or of those of an mmsghdr vector that were handed over
// or came back.
func (c *capturer) messages(e *Event, i int, a *abi.Arg, mem memory, when abi.When, result int64) {
	const msghdrSize = 56
	n, stride := a.Extent(&e.Args, result, 0)/a.Stride(), a.Stride()
	c.rest = nil
	whole := Memory{Arg: uint8(i), When: when}
	var each []byte
	for k := range min(n, maxBuffers) {
		hdr := make([]byte, stride)
		if got := mem.Read(hdr, e.Args[i]+uint64(k*stride)); got < msghdrSize {
			whole.Bad = true
			break
		}
		word := func(off int) uint64 { return binary.LittleEndian.Uint64(hdr[off:]) }
		limit := room(when, result)
		if stride > msghdrSize && when == abi.Out { // mmsghdr: the bytes of each message stand behind it
			limit = int(binary.LittleEndian.Uint32(hdr[msghdrSize:]))
		}
		b, bad := c.iovec(mem, word(16), int(min(word(24), maxBuffers+1)), limit)
		whole.Bytes, whole.Bad = append(whole.Bytes, b...), whole.Bad || bad
		each = binary.LittleEndian.AppendUint32(each, uint32(len(b)))
		flags := uint32(word(48))
		if when == abi.In {
			flags = 0 // a leftover: only the kernel writes them
		}
		each = binary.LittleEndian.AppendUint32(each, flags)
		c.part(e, i, mem, Name, when, word(0), int(binary.LittleEndian.Uint32(hdr[8:])))
		c.part(e, i, mem, Control, when, word(32), int(min(word(40), maxPath+1)))
	}
	whole.Rest = c.rest
	c.list = append(c.list, whole, Memory{Arg: uint8(i), Part: Messages, When: when, Bytes: each})
}

func (c *capturer) part(e *Event, i int, mem memory, part Part, when abi.When, addr uint64, n int) {
	if addr != 0 && n > 0 {
		b, bad := c.read(mem, addr, min(n, maxPath))
		c.list = append(c.list, Memory{Arg: uint8(i), Part: part, When: when, Bad: bad || n > maxPath, Bytes: b})
	}
}
