package steer

import (
	"encoding/binary"
	"time"

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
// Where standstill is looked for all the time, which it is in a driven run, sysmon need not look every 20 µs besides, as it does for a
// while after whatever it found: that was more than half of all stops of a small program. It sleeps as long there as it does at most by
// itself. To keep it from running at all would not do: programs that compute need it to let their other goroutines run.
type calm map[*trace.Process]*watcher

// watcher is the sysmon of a process.
type watcher struct {
	thread *trace.Thread
	stops  int // the process's, without sysmon's, when we woke it
	woken  int // how often we have since then
	wakes  int // and since the last move
}

// enough times: by the first look it notes which call a thread is in, at the second it finds that it's still in it, and the third shows
// that nothing came of that.
const enough = 3

// mostWakes between two moves: should each look bring about something, the runtime's own affairs have no end.
const mostWakes = 50

// move is told of a move.
func (c calm) move() {
	for _, w := range c {
		w.wakes = 0
	}
}

// longestNap is how long sysmon sleeps at most (runtime.sysmon).
const longestNap = 10 * time.Millisecond

// saw notes a call, and lengthens sysmon's sleep in a driven run.
func (c *calm) saw(live *canon.Live, t *trace.Thread, e *trace.Event, driven bool) {
	if abi.Lookup(e.Nr).Name != "nanosleep" || !live.Background(e) {
		return
	}
	if driven {
		var ts [16]byte
		binary.LittleEndian.PutUint64(ts[8:], uint64(longestNap))
		t.Write(ts[:], e.Args[0])
	}
	if *c == nil {
		*c = calm{}
	}
	if w := (*c)[t.Proc]; w == nil || w.thread != t {
		(*c)[t.Proc] = &watcher{thread: t, stops: -1}
		t.Proc.Apart = t
	}
}

// wait wakes those who have not looked often enough. It says no if there are none.
func (c calm) wait(s *trace.Supervisor) (moved bool) {
	for p, w := range c {
		if w.stops != p.Stops {
			w.stops, w.woken = p.Stops, 0
		}
		if e := w.thread.Call(); w.woken < enough && w.wakes < mostWakes && e != nil && abi.Lookup(e.Nr).Name == "nanosleep" && s.Answer(w.thread, 0) {
			w.woken++
			w.wakes++
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
