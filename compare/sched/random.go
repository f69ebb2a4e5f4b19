package sched

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// randoms gives the programs of a run random bytes that are the same in every run, and on both
// sides. Each strand has its own, and so has each open of a device that has some: what one gets
// depends neither on the order in which they ask, nor on how much a library has read ahead, as
// stdio does. (One sequence for the whole run would be another one for each process as
// soon as one side has a process more than the other.)
//
// The kernel answers each call as ever, with an error too, and the bytes take the place of its own
// before the program sees them.
type randoms struct {
	on        bool
	sequences map[string]*rand.ChaCha8
}

// of is the sequence of this name.
func (r *randoms) of(name string) *rand.ChaCha8 {
	if r.sequences[name] == nil {
		if r.sequences == nil {
			r.sequences = map[string]*rand.ChaCha8{}
		}
		r.sequences[name] = rand.NewChaCha8(sha256.Sum256([]byte(name)))
	}
	return r.sequences[name]
}

// Random fixes what the programs of the run get for random bytes. What it returns is for
// trace.Config: it gives a program those that the kernel leaves on its stack.
func (p *Policy) Random() trace.Random {
	p.random.on = true
	return func(t *trace.Trace, proc *trace.Process, b []byte) {
		n := 0 // of its role: helper processes of other programs must not count
		for _, other := range t.Processes[:proc.Index] {
			if other.Role == proc.Role {
				n++
			}
		}
		p.random.of(fmt.Sprintf("start %d of process %d of %s", proc.Execs, n, proc.Role)).Read(b)
	}
}

// saw looks at a call: if it brings random bytes, they are ours.
func (r *randoms) saw(t *trace.Thread, call canon.Call, n *strands) {
	if !r.on {
		return
	}
	name := call.Random()
	if name == "" {
		return
	}
	if s := strandOf(call); s.number != 0 {
		n.number(s)
		name += " " + n.name(call)
	}
	t.Returns(func(result int64) int64 {
		if result > 0 {
			r.fill(t, call, name, int(result))
		}
		return result
	})
}

// fill puts the next n bytes of a sequence where a call has put its own.
func (r *randoms) fill(t *trace.Thread, call canon.Call, name string, n int) {
	e, args := call.Event, call.Sig().Args
	for i := range args {
		if args[i].When != abi.Out {
			continue
		}
		switch args[i].Kind {
		case abi.Bytes:
			r.write(t, name, e.Args[i], n)
		case abi.Iovec:
			var vec [unix.SizeofIovec]byte
			for at := e.Args[i]; n > 0 && t.Read(vec[:], at); at += uint64(len(vec)) {
				size := min(uint64(n), binary.LittleEndian.Uint64(vec[8:]))
				r.write(t, name, binary.LittleEndian.Uint64(vec[:]), int(size))
				n -= int(size)
			}
		}
	}
}

// write puts the next n bytes of a sequence at an address.
func (r *randoms) write(t *trace.Thread, name string, addr uint64, n int) {
	var b [4096]byte
	for n > 0 {
		part := b[:min(n, len(b))]
		r.of(name).Read(part)
		if !t.Write(part, addr) {
			return
		}
		addr, n = addr+uint64(len(part)), n-len(part)
	}
}
