package sched

import (
	"cmp"
	"slices"

	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// turns lets one process move at a time, from one call of its program's to the next, with all its
// consequences: who is woken by the call runs on as well, up to its own next call. So what a call
// finds (how much is in a pipe, who is there to be waited for) is the same in every run.
//
// A process is one actor, however many threads it has. If several of them have come to a call (Go's
// do), they make them in the order in which they came; and of those that came at the same moment
// the main one is the last, because a signal handler, which C runs on top of it, runs before it
// goes on.
type turns struct {
	calls   []turn                       // held
	granted map[*trace.Thread]canon.Call // the call that each thread was last let make
	moment  int                          // how often somebody was let go
	last    *trace.Process               // the one that moved last, or goes on in its stead
	row     int                          // how many calls it has made in a row
}

// turn is a call that waits to be made.
type turn struct {
	thread *trace.Thread
	call   canon.Call
	moment int
}

// many calls in a row are enough: a process that asks again and again for what another one is to do
// (waitpid with WNOHANG) would wait for ever.
const many = 100

// wait keeps a thread until it's its turn.
func (t *turns) wait(thread *trace.Thread, call canon.Call) {
	t.calls = append(t.calls, turn{thread, call, t.moment})
}

// again notes that the kernel makes a call again which was let go already, because a signal
// interrupted it which the program does not see. It has had its turn.
func (t *turns) again(thread *trace.Thread, call canon.Call) {
	if _, granted := t.granted[thread]; granted {
		t.granted[thread] = call
	}
}

// held are the calls that wait for their turn, by process and then in the order in which they came.
func (t *turns) held() []turn {
	t.calls = slices.DeleteFunc(t.calls, func(c turn) bool { return !c.thread.Held() }) // killed meanwhile
	slices.SortStableFunc(t.calls, func(a, b turn) int {
		return cmp.Or(a.thread.Proc.Index-b.thread.Proc.Index, a.moment-b.moment,
			trace.CompareBools(a.call.Main(), b.call.Main()))
	})
	return t.calls
}

// ready are the calls of which one can be made next: one of each process, in the order of the
// processes' creation, beginning with the one that moved last.
func (t *turns) ready(s *trace.Supervisor) []turn {
	all, last := len(s.Trace().Processes), 0
	if t.last != nil {
		last = t.last.Index
	}
	distance := func(c turn) int { return (c.thread.Proc.Index - last + all) % all }
	first := slices.CompactFunc(slices.Clone(t.held()), func(a, b turn) bool { return a.thread.Proc == b.thread.Proc })
	slices.SortFunc(first, func(a, b turn) int { return distance(a) - distance(b) })
	return first
}

// byDefault chooses among the ready: the process that has moved goes on as long as it can; when it
// blocks, or has made many calls in a row, the next one in the order of creation has its turn.
func (t *turns) byDefault(ready []turn) turn {
	if len(ready) > 1 && t.row >= many && ready[0].thread.Proc == t.last {
		t.row = 0
		return ready[1]
	}
	return ready[0]
}

// take lets a call be made that waited for it.
func (t *turns) take(c turn) {
	t.calls = slices.DeleteFunc(t.calls, func(o turn) bool { return o.call.Event == c.call.Event })
	t.moved(c.thread, c.call)
}

// moved notes that a call is made now. It must be told of those of a process that is alone, too,
// and did not wait: whether one is, is a matter of chance as long as another one is on its way out.
func (t *turns) moved(thread *trace.Thread, call canon.Call) {
	t.moment++
	if thread.Proc != t.last {
		t.last, t.row = thread.Proc, 0
	}
	t.row++
	if t.granted == nil {
		t.granted = map[*trace.Thread]canon.Call{}
	}
	t.granted[thread] = call
}

// executed notes that a program is about to be executed. If the parent waits for that in vfork(2)
// it has the turn then, as it has after fork(2), and not its child.
func (t *turns) executed(s *trace.Supervisor, p *trace.Process) {
	if parent := s.Trace().Process(p.Parent); parent != nil && p.Made != nil && p.Made.Left == 0 {
		t.last, t.row = parent, 0
	}
}
