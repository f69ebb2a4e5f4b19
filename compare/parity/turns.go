package parity

import (
	"slices"

	"paritykit/compare/trace"
)

// turns lets one process move at a time, from one call of its program's to the next, with all its consequences: who is woken by
// the call runs on as well, up to its own next call. So what a call finds (how much is in a pipe, who is there to be waited for)
// is the same in every run.
//
// The process that has moved goes on as long as it can; when it blocks, or has made many calls in a row, the next one in the order
// of creation has its turn. A process whose threads have several calls at once (Go's) is one actor, and makes them in the order
// in which they came.
type turns struct {
	ready []*trace.Thread // each held before a call, in the order in which they came
	last  int             // the process that moved last, by its place in the run
	row   int             // how many calls it has made in a row
}

// many calls in a row are enough: a process that asks again and again for what another one is to do (waitpid with WNOHANG) would
// wait for ever.
const many = 100

// waits says whether a thread has to wait before its call, and if so notes it. A process that is alone need not: nobody else could
// have the turn.
func (t *turns) waits(s *trace.Supervisor, thread *trace.Thread) bool {
	if s.Live() < 2 {
		return false
	}
	t.ready = append(t.ready, thread)
	return true
}

// next lets one call be made. It says no if nobody waits to make one.
func (t *turns) next(s *trace.Supervisor) bool {
	t.ready = slices.DeleteFunc(t.ready, func(th *trace.Thread) bool { return !th.Held() }) // killed meanwhile
	if len(t.ready) == 0 {
		return false
	}
	all := s.Trace().Processes
	distance := func(th *trace.Thread) int { // how far down the line its process stands
		d := slices.Index(all, th.Proc) - t.last
		if d < 0 || d == 0 && t.row >= many {
			d += len(all)
		}
		return d
	}
	first := 0
	for i, th := range t.ready {
		if distance(th) < distance(t.ready[first]) {
			first = i
		}
	}
	thread := t.ready[first]
	t.ready = slices.Delete(t.ready, first, first+1)
	if at := slices.Index(all, thread.Proc); at != t.last {
		t.last, t.row = at, 0
	}
	if t.row++; t.row > many {
		t.row = 1
	}
	s.Release(thread, trace.Proceed())
	return true
}
