package trace

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// With Config.Turns the threads of a process take turns on the CPU: one of them runs, and the
// others wait, until it blocks in a call, is held, or ends. So nothing that a program does depends
// on which of its threads is faster, neither the order of their calls nor what they find in the
// memory that they share.
//
// A thread waits for its turn where it would go back to its own code: at its first stop, at the
// return from a call, at a signal. Whoever is woken by another thread waits there until that one
// can go no further. So does a process that was made just now, and who is woken by another process,
// also if it has one thread only: what else comes of the same deed has come by then. A parent that
// finds the end of a pipe because its child ends has its SIGCHLD, too, when read(2) returns.
//
// When nothing in the run moves any more the next turn is given, always one at a time: to the
// processes in the order of their creation, and within a process to the thread that was created
// first; last to those that have called sched_yield(2), in the order in which they did.
//
// The threads of a Go program belong to its runtime, which spins, and wakes threads at will: there
// a thread only waits when it returns from a call, other than futex(2), in which another process
// has woken it, or another thread while that one made a call. Which thread makes a call is chance,
// so that the call decides about the order: who waits for the end of a child comes last, because
// the kernel sends SIGCHLD after it has closed the files.

// waitsForTurn reports whether a thread that is about to leave a stop must wait for its turn. If it
// need not it has the turn.
func (s *Supervisor) waitsForTurn(t *Thread) bool {
	if !s.cfg.Turns || t.call != nil || t.exiting {
		return false
	}
	switch p := t.Proc; {
	case p.runner == nil:
		p.runner = t
		return p.console == nil // a child that was made just now
	case s.another(t):
		return !s.isGo(t)
	}
	t.Proc.runner = t
	return false
}

// another reports whether another thread of its process has the turn.
func (s *Supervisor) another(t *Thread) bool {
	r := t.Proc.runner
	return r != nil && r != t && s.threads[r.TID] == r
}

// begins notes that a thread goes on with a call: it has the turn.
func (s *Supervisor) begins(t *Thread) {
	if !inRuntime(t.call) || !s.isGo(t) {
		t.Proc.runner = t
	}
}

// inRuntime reports whether a call is one by which the threads of Go's runtime wait for each other,
// or for nothing.
func inRuntime(e *Event) bool { return e.Nr == unix.SYS_FUTEX || e.Nr == unix.SYS_NANOSLEEP }

// woken reports whether a thread that returns from a call must wait for its turn because somebody
// else has acted since it began: another process, or nothing moved; or, in a Go program, another
// thread.
func (s *Supervisor) woken(t *Thread, e *Event) bool {
	switch {
	case !s.cfg.Turns || t.exiting || e.Skip || inRuntime(e) && s.isGo(t):
		return false
	case t.others == s.handled-t.Proc.handled && !s.another(t):
		return false
	}
	t.reaps = e.Nr == unix.SYS_WAIT4 || e.Nr == unix.SYS_WAITID
	return true
}

// queue makes a stopped thread wait for its turn. It is to be resumed with a signal, 0 if none.
func (s *Supervisor) queue(t *Thread, sig syscall.Signal) {
	s.to(t, queued)
	t.withheld = sig
}

// isGo reports whether a stopped thread belongs to a Go program.
func (s *Supervisor) isGo(t *Thread) bool {
	if t.Proc.space == nil {
		s.stacks.remap(t)
	}
	main := t.Proc.space.Main()
	return main != nil && main.Go
}

// ask gives the next turn, or asks the policy what to make of it that nothing moves. One that lets
// others go first (sched_yield(2)) has its turn when the policy has let somebody go on, or could
// not.
func (s *Supervisor) ask() Quiet {
	s.handled++
	t := s.next(nil)
	if t != nil && (t.yielded == 0 || t.let) {
		s.giveTurn(t)
		return Moved
	}
	q := s.cfg.Policy.Quiet(s)
	switch {
	case q == Stuck || q == Over:
		s.end = q
	case t != nil && q == Waits:
		s.giveTurn(t)
		return Moved
	case t != nil:
		t.let = true
	}
	return q
}

// next is the thread that has the next turn, of one process or of all; nil if none waits.
func (s *Supervisor) next(of *Process) *Thread {
	if s.queued == 0 {
		return nil
	}
	var waiting []*Thread
	for _, t := range s.threads {
		if t.state == queued && (of == nil || t.Proc == of) {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return slices.MinFunc(waiting, func(a, b *Thread) int {
		return cmp.Or(a.yielded-b.yielded, a.Proc.Index-b.Proc.Index, CompareBools(a.reaps, b.reaps),
			s.births[a.TID]-s.births[b.TID])
	})
}

// CompareBools orders false before true.
func CompareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (s *Supervisor) giveTurn(t *Thread) {
	t.yielded, t.reaps = 0, false
	t.Proc.runner = t
	s.resume(t, t.withheld)
}

// spins is how often sched_yield(2) is called before somebody is taken to wait by it.
const spins = 64

// yield handles the entry of sched_yield(2). Whoever else can move does so first. The call itself
// is not recorded: it asks for nothing that could be compared, and a loop of it has no end. By it
// threads of Go's runtime wait for each other, for a moment: they go on side by side.
func (s *Supervisor) yield(t *Thread) {
	s.yields++
	t.yields++
	beside := s.next(t.Proc)
	switch {
	case t.Proc.launching():
	case s.isGo(t):
		if beside != nil {
			s.giveTurn(beside)
		}
		if s.yields%spins == 0 && s.cfg.Policy != nil {
			s.cfg.Policy.Busy(s) // whoever it waits for may be kept from the CPU
		}
	case s.queued > 0 || s.held > 0 || s.cfg.Driven:
		t.yielded, t.let = s.yields, false
		s.queue(t, 0)
		return
	}
	s.resume(t, 0)
}

// spinning is for how long, in CPU time, a thread may compute without a call while others of its
// process wait for their turn. One that computes for longer may wait for what another one is to
// write into memory.
const spinning = 100 * time.Millisecond

// relieve lets the next thread run beside one that computes for long: it would never let the other
// one have its turn if it waits for it. It is called now and then while something moves.
func (s *Supervisor) relieve() {
	for _, p := range s.procs {
		r := p.runner
		if r == nil || s.threads[r.TID] != r || r.inStop() || r.call != nil {
			continue
		}
		t := s.next(p)
		if t == nil {
			continue
		}
		used := r.proc.cpuTime(r)
		if at := (computing{r, p.Stops}); p.computes != at {
			p.computes, p.computed = at, used
		} else if used-p.computed >= spinning {
			s.giveTurn(t)
		}
	}
}

// computing is a thread that computes, and how often its process had stopped when it began.
type computing struct {
	thread *Thread
	stops  int
}

// cpuTime is how long a thread has had the CPU.
func (f *procFiles) cpuTime(t *Thread) time.Duration {
	f.openFor(t)
	var buf [80]byte
	text, _, _ := bytes.Cut(reread(f.schedstat, buf[:]), []byte{' '})
	n, _ := strconv.ParseInt(string(text), 10, 64)
	return time.Duration(n)
}
