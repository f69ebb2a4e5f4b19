package trace

import (
	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/unwind"
)

// wanted finds which signals a Go program has asked for, with signal.Notify and its like. These
// make no system call: they only tell the runtime, which has had handlers for all signals from the
// start, so nothing else that can be seen from outside reports whether a signal means anything to
// the program. It's looked at when a signal is delivered, and when a thread changes its mask, as
// one thread of the runtime does each time the program asks for another signal
// (runtime.ensureSigM).
type wanted struct {
	places map[*unwind.Space]place
}

// place is where the runtime's list is: size 0 if there is none.
type place struct {
	addr uint64
	size int
}

// note adds the list to an event.
func (w *wanted) note(t *Thread, e *Event) {
	space := t.Proc.space
	if space == nil || e.Kind == Call && e.Nr != unix.SYS_RT_SIGPROCMASK {
		return
	}
	p, known := w.places[space]
	if !known {
		p = placeOf(space)
		if w.places == nil {
			w.places = map[*unwind.Space]place{}
		}
		w.places[space] = p
	}
	list := make([]byte, p.size)
	if p.size > 0 && t.mem().Read(list, p.addr) == p.size {
		e.Memory = append(e.Memory, Memory{Part: Wanted, When: abi.Out, Bytes: list})
	}
}

func placeOf(space *unwind.Space) (p place) {
	// A program without os/signal can't ask for any, and need not have its debug information
	// read.
	if _, linked := space.End("runtime.ensureSigM"); linked {
		if addr, size, ok := space.WantedSignals(); ok && 0 < size && size <= 64 {
			p = place{addr, size}
		}
	}
	return p
}
