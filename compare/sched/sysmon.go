package sched

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// sysmons are the sysmon threads of the run's Go processes, which get the CPU when nothing moves,
// and only then.
//
// A thread that waits in a call keeps the right to run Go code (its P) until the runtime's sysmon
// takes it away. Until then a goroutine that has become ready, such as the one that handles a
// signal, does not run, so a process in which all threads wait may still do something by itself,
// and when it does would depend on when sysmon looks. It looks each time that it wakes, and takes
// the P at the second look at the latest (runtime.retake).
//
// So sysmon is let look when nothing moves until it has looked often enough since anybody else did
// anything, or sleeps until somebody wakes it. In between it stands still, wherever it is. Left to
// itself it would look every 20 µs for a while after whatever it found, which was more than half of
// all stops of a small program; and at which of its looks a goroutine has had the CPU for 10 ms,
// and must give way, would be up to the machine.
//
// A program that computes never stands still, and needs sysmon to let its other goroutines run. It
// looks there when the program has had the CPU for a while.
//
// Where processes do not take turns sysmon is left alone but for being woken when nothing moves.
type sysmons map[*trace.Process]*sysmon

// sysmon is that thread of a process.
type sysmon struct {
	thread *trace.Thread
	stops  int           // the process's, without sysmon's, when it looked
	looks  int           // how often it has since then
	bell   uint64        // address of the futex at which it was stopped, 0 if it was anywhere else
	used   time.Duration // CPU time of the process when it looked because of that
}

const (
	// enough looks: by the first one it notes which call a thread is in, at the second it finds
	// that it's still in it, and the third shows that nothing came of that.
	enough = 3
	// long is how long a goroutine may compute before others want the CPU (10 ms in
	// runtime.retake; more here, because /proc counts in tens).
	long = 30 * time.Millisecond
)

// saw notes a call. It reports whether it is one in which sysmon sleeps.
func (c *sysmons) saw(t *trace.Thread, call canon.Call) bool {
	if !call.Background() || call.Sig().Waits != abi.ForTime {
		return false
	}
	if *c == nil {
		*c = sysmons{}
	}
	if w := (*c)[t.Proc]; w == nil || w.thread != t {
		(*c)[t.Proc] = &sysmon{thread: t, stops: -1}
		t.Proc.Apart = t
	}
	return true
}

// wait lets those look who have not looked often enough and, if they are kept, stops those who are
// not stopped, in all processes but those for which busy is true. It reports whether there was
// anything to do.
func (c sysmons) wait(s *trace.Supervisor, live *canon.Live, kept bool, busy func(*trace.Process) bool) (
	moved bool) {
	for p, w := range c {
		switch {
		case p.Ended:
			delete(c, p)
			continue
		case busy(p):
			continue
		}
		if w.stops != p.Stops {
			w.stops, w.looks = p.Stops, 0
		}
		switch {
		case stopping(s, p):
			moved = w.join(s) || moved
		case w.looks < enough && w.look(s, live, kept):
			w.looks++
			moved = true
		case kept && !w.thread.Held() && !w.thread.Frozen():
			w.bell = w.futex()
			moved = s.Freeze(w.thread) || moved
		}
	}
	return moved
}

func nobody(*trace.Process) bool { return false }

// look lets sysmon look. It reports whether that was possible and of any use.
func (w *sysmon) look(s *trace.Supervisor, live *canon.Live, kept bool) bool {
	switch t := w.thread; {
	case !kept:
		e := t.Call()
		return e != nil && abi.Lookup(e.Nr).Waits == abi.ForTime && s.Answer(t, 0)
	case t.Held() && !holds(s, live, t.Proc):
		s.Release(t, trace.Skip(0))
		return true
	case t.Frozen() && w.rung():
		s.Thaw(t)
		return true
	}
	return false
}

// stopping reports whether a process has been stopped by a signal. That is done, and its parent
// hears of it, when all of its threads have stopped by themselves.
func stopping(s *trace.Supervisor, p *trace.Process) bool {
	for _, t := range s.Threads() {
		if t.Proc == p && t.Parked() {
			return true
		}
	}
	return false
}

// join lets sysmon stop with its process. It reports whether anything kept it from that.
func (w *sysmon) join(s *trace.Supervisor) bool {
	if !w.thread.Held() && !w.thread.Frozen() {
		return false
	}
	s.Release(w.thread, trace.Skip(0))
	s.Thaw(w.thread)
	return true
}

// holds reports whether a thread keeps its P in a call, whatever sysmon does. All that a look could
// do then is to make it give way after the call: if the call takes long enough.
func holds(s *trace.Supervisor, live *canon.Live, p *trace.Process) bool {
	for _, t := range s.Threads() {
		if e := t.Call(); t.Proc == p && e != nil {
			if call := live.Call(e); call.Wanted() && call.HoldsP() {
				return true
			}
		}
	}
	return false
}

// futex is the address of the futex at which sysmon waits, 0 if it doesn't.
func (w *sysmon) futex() uint64 {
	nr, args, ok := w.thread.Unseen()
	if e := w.thread.Call(); e != nil {
		nr, args, ok = e.Nr, e.Args, true
	}
	if ok && abi.Lookup(nr).Waits == abi.ForMemory {
		return args[0]
	}
	return 0
}

// rung reports whether somebody has woken sysmon since it was stopped: the futex of a runtime.note
// is 0 until then.
func (w *sysmon) rung() bool {
	var word [4]byte
	return w.bell == 0 || !w.thread.Read(word[:], w.bell) || word != [4]byte{}
}

// busy lets those look whose process has had the CPU for long.
func (c sysmons) busy(s *trace.Supervisor) {
	for p, w := range c {
		if used := cpuTime(p.PID); used-w.used >= long {
			w.used = used
			s.Release(w.thread, trace.Skip(0))
			s.Thaw(w.thread)
		}
	}
}

// cpuTime is how long a process has had the CPU, see proc_pid_stat(5).
func cpuTime(pid int) (total time.Duration) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const utime, stime, tick = 11, 12, 10 * time.Millisecond
	if len(fields) > stime {
		for _, f := range fields[utime : stime+1] {
			n, _ := strconv.Atoi(string(f))
			total += time.Duration(n) * tick
		}
	}
	return total
}

// watches reports whether a thread is its process's sysmon.
func (c sysmons) watches(t *trace.Thread) bool {
	w := c[t.Proc]
	return w != nil && w.thread == t
}
