package canon

import (
	"cmp"
	"math"
	"os"
	"slices"

	"paritykit/compare/abi"
)

// mapping is memory that the program itself has asked for: a part of what one call has mapped, or
// all of it. Which addresses that has is chance; which mapping a call acts on, and where in it, the
// program decides.
type mapping struct {
	at, size uint64
	of       *object
	offset   uint64 // of at, from the beginning of what was mapped
	began    int    // when, in the order of the run
}

// mappings are those of a process, in the order of their addresses.
type mappings []mapping

// beginning orders a mapping and an address.
func beginning(m mapping, addr uint64) int { return cmp.Compare(m.at, addr) }

// find is the mapping that an address is in.
func (m mappings) find(addr uint64) (mapping, bool) {
	i, exact := slices.BinarySearchFunc(m, addr, beginning)
	if exact {
		return m[i], true
	}
	if i > 0 && addr-m[i-1].at < m[i-1].size {
		return m[i-1], true
	}
	return mapping{}, false
}

// add maps memory. What was there before is gone.
func (m *mappings) add(n mapping) {
	m.remove(n.at, n.size, n.began)
	i, _ := slices.BinarySearchFunc(*m, n.at, beginning)
	*m = slices.Insert(*m, i, n)
}

// remove unmaps memory: of some mappings all, of others the beginning, the end or the middle. What
// has been mapped since a moment stays: another thread may have been given the addresses before the
// call returns that made them free.
func (m *mappings) remove(at, size uint64, since int) {
	end := at + size
	if end < at { // up to the end of memory
		end = math.MaxUint64
	}
	first, exact := slices.BinarySearchFunc(*m, at, beginning)
	if !exact && first > 0 {
		first-- // which may reach so far
	}
	last := first
	var left []mapping
	for ; last < len(*m) && (*m)[last].at < end; last++ {
		is := (*m)[last]
		if is.began > since || is.at+is.size <= at || size == 0 {
			left = append(left, is)
			continue
		}
		if is.at < at {
			left = append(left, mapping{is.at, at - is.at, is.of, is.offset, is.began})
		}
		if n := is.at + is.size; n > end {
			left = append(left, mapping{end, n - end, is.of, is.offset + end - is.at, is.began})
		}
	}
	*m = slices.Replace(*m, first, last, left...)
}

// address is an address of memory that a call acts on.
func (c *maker) address(p *Process, addr uint64) Value {
	if p != nil {
		if m, ok := p.maps.find(addr); ok {
			return Value{kind: Place, num: addr - m.at + m.offset, data: m.of}
		}
	}
	return nullOr(addr, Address)
}

// mapped follows a call that has mapped memory, or taken it away. What is mapped for a library or a
// runtime is nobody's here, but what stood at its place is gone, too.
func (c *maker) mapped(p *Process, call *pending) {
	e := call.event
	if e.Result < 0 && e.Result >= -4095 || c.options.Raw {
		return
	}
	if call.sig.Executes() {
		p.maps = nil
		return
	}
	var moved mapping // by mremap(2), which makes no other mapping of it
	if i, ok := call.sig.Unmaps.Addr.Arg(); ok {
		at := e.Args[i]
		moved, _ = p.maps.find(at)
		size := moved.at + moved.size - min(at, moved.at+moved.size) // as far as it goes
		if k, ok := call.sig.Unmaps.Size.Arg(); ok {
			size = pages(e.Args[k])
		}
		moved.offset += at - moved.at
		p.maps.remove(at, size, e.Entered)
	}
	size, says := call.sig.Size.Arg()
	switch {
	case call.sig.Makes == abi.IPC && says:
		c.sizes[int(e.Result)] = max(c.sizes[int(e.Result)], e.Args[size])
	case call.sig.Makes == abi.Mapping:
		c.maps(p, call, moved)
	}
}

// maps adds what a call has mapped: memory of its own or, if it has moved, the same as before.
func (c *maker) maps(p *Process, call *pending, moved mapping) {
	e := call.event
	m := mapping{at: uint64(e.Result), size: c.sizeOf(call), began: e.Left}
	switch {
	case moved.of != nil:
		m.of, m.offset = moved.of, moved.offset
	case call.noise == "":
		m.of = p.object("map", call)
	}
	if m.of != nil {
		p.maps.add(m)
	} else {
		p.maps.remove(m.at, m.size, m.began)
	}
}

// sizeOf is how much memory a call has mapped: what it says or, of System V shared memory, how
// large that is.
func (c *maker) sizeOf(call *pending) uint64 {
	if i, ok := call.sig.Size.Arg(); ok {
		return pages(call.event.Args[i])
	}
	for i := range call.sig.Args {
		if call.sig.Args[i].Kind == abi.ShmID {
			return pages(max(c.sizes[int(int32(call.event.Args[i]))], 1))
		}
	}
	return 0
}

// pages is a size in whole pages.
func pages(size uint64) uint64 {
	page := uint64(os.Getpagesize())
	return (size + page - 1) &^ (page - 1)
}
