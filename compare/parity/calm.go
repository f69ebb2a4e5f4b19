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
	woken  int // times that we have woken it since anything else happened
}

// enough times: by the first look it notes which call a thread is in, at the second it finds that it's still in it, and the third shows
// that nothing came of that.
const enough = 3

// saw notes a call.
func (c *calm) saw(live *canon.Live, t *trace.Thread, e *trace.Event) {
	w := (*c)[t.Proc]
	switch {
	case !live.Background(e):
		if w != nil {
			w.woken = 0
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
	}
}

// stir is called before something happens: a signal that comes of it can make a goroutine ready without any call.
func (c calm) stir() {
	for _, w := range c {
		w.woken = 0
	}
}

// wait wakes those who have not looked often enough. It says no if there are none.
func (c calm) wait(s *trace.Supervisor) (moved bool) {
	for _, w := range c {
		if e := w.thread.Call(); w.woken < enough && e != nil && abi.Lookup(e.Nr).Name == "nanosleep" && s.Answer(w.thread, 0) {
			w.woken++
			moved = true
		}
	}
	return moved
}

// watches says whether a thread is its process's sysmon.
func (c calm) watches(t *trace.Thread) bool {
	w := c[t.Proc]
	return w != nil && w.thread == t
}
