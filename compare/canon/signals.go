package canon

import (
	"encoding/binary"
	"maps"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// dispositions are a process's signal handlers, as far as they matter here: for each signal that has one, whether it was
// installed with SA_RESTART. A signal without an entry is ignored, stops the process or ends it.
type dispositions map[int]bool

// sigaction follows a successful rt_sigaction(2).
func (d dispositions) sigaction(e *trace.Event) {
	const saRestart = 0x10000000
	m := e.Find(1, abi.In)
	if m == nil || len(m.Bytes) < 16 {
		return
	}
	delete(d, int(e.Args[0]))
	if handler := binary.LittleEndian.Uint64(m.Bytes); handler > 1 { // neither SIG_DFL nor SIG_IGN
		d[int(e.Args[0])] = binary.LittleEndian.Uint64(m.Bytes[8:])&saRestart != 0
	}
}

func (d dispositions) clone() dispositions { return maps.Clone(d) }

// The kernel's own results of a call that a signal interrupted (include/linux/errno.h). A tracer sees them, the program never
// does: the kernel enters the call again, or makes the result EINTR.
const (
	restartSys   = -512 // ERESTARTSYS: again, unless a handler without SA_RESTART ran
	restartNoInt = -513 // ERESTARTNOINTR: always again
	restartNoHnd = -514 // ERESTARTNOHAND: again, unless a handler ran
	restartBlock = -516 // ERESTART_RESTARTBLOCK: the same, but again as restart_syscall(2)
	eintr        = -4
)

func interrupted(e *trace.Event) bool {
	switch e.Result {
	case restartSys, restartNoInt, restartNoHnd, restartBlock:
		return true
	}
	return false
}

// delivered notes that a signal came, and what that means for the call that it interrupted, if it did: see signal(7).
func (c *maker) delivered(p *Process, e *trace.Event) {
	p.noise("signal", abi.SignalName(e.Signo))
	for i := len(p.calls) - 1; i >= 0; i-- {
		call := p.calls[i]
		if call.event.TID != e.TID {
			continue
		}
		if !call.done || !interrupted(call.event) {
			return
		}
		if restart, handled := p.signals[e.Signo]; handled {
			switch call.event.Result {
			case restartSys:
				call.failed = call.failed || !restart
			case restartNoHnd, restartBlock:
				call.failed = true
			}
		}
		return
	}
}

// rejoin makes one call of those that the kernel entered twice: the program made one, at the first entry, and saw one result, the
// last.
func rejoin(p *Process) {
	for i, call := range p.calls {
		for call.done && interrupted(call.event) {
			next := successor(p.calls[i+1:], call)
			if next == nil || call.failed {
				failed := *call.event
				failed.Result = eintr
				call.event, call.result = &failed, abi.Errno(-eintr)
				break
			}
			next.again, call.last = true, next.event
			whole := *call.event
			whole.Result, whole.Left = next.event.Result, next.event.Left
			if next.sig.Name != "restart_syscall" { // which has no arguments of its own to capture
				whole.Memory, call.args = next.event.Memory, next.args
			}
			call.event, call.result, call.done, call.failed = &whole, next.result, next.done, next.failed
		}
	}
}

// successor is the call by which the kernel carried on an interrupted one: between the two there is at most a handler.
func successor(later []*pending, call *pending) *pending {
	for _, next := range later {
		same := next.event.Nr == call.event.Nr && next.event.Args == call.event.Args && next.event.Stack == call.event.Stack
		if next.event.TID == call.event.TID && !next.again && (same || next.sig.Name == "restart_syscall") {
			return next
		}
	}
	return nil
}
