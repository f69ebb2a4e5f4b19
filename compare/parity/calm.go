package parity

import (
	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// calm says whether a Go process does nothing more by itself, although all of its threads wait. A thread that waits in a call keeps
// the right to run Go code (its P) until the runtime's sysmon takes it away, and until then a goroutine that has become ready, such as
// the one that handles a signal, does not run: so what a process does next would depend on when sysmon looks. It looks each time that it
// wakes, and takes the P at the second look at the latest (runtime.retake). So whenever nothing moves we wake sysmon ourselves, as if
// its time had passed, until it has looked often enough since anybody else did anything, or has gone to sleep for good because there is
// nothing to watch.
//
// To keep sysmon from running at all would do as little: programs that compute need it to let their other goroutines run.
type calm map[*trace.Process]*watcher

// watcher is the sysmon of a process.
type watcher struct {
	thread *trace.Thread
	looks  int // times that it has gone to sleep since another thread of the process made a call
}

// enough looks: the first may have begun before the last thing happened, the second notes which call a thread is in, and the third
// finds that it's still in it.
const enough = 3

// saw notes a call.
func (c *calm) saw(live *canon.Live, t *trace.Thread, e *trace.Event) {
	w := (*c)[t.Proc]
	switch {
	case !live.Background(e):
		if w != nil {
			w.looks = 0
		}
	case abi.Lookup(e.Nr).Name == "nanosleep":
		if w == nil {
			if *c == nil {
				*c = calm{}
			}
			w = &watcher{}
			(*c)[t.Proc] = w
		}
		w.thread = t
		w.looks++
	}
}

// wait wakes those who have not looked often enough. It says no if there are none.
func (c calm) wait(s *trace.Supervisor) (moved bool) {
	for _, w := range c {
		if e := w.thread.Call(); w.looks < enough && e != nil && abi.Lookup(e.Nr).Name == "nanosleep" {
			moved = s.Answer(w.thread, 0) || moved
		}
	}
	return moved
}
