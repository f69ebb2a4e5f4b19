package sched

import (
	"encoding/binary"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// virtualTime lets the time pass that a program waits for as soon as nothing else can happen: its
// sleeps, the time limits of its poll, select and epoll_wait, and its alarm, in the order of their
// ends.
//
// Nothing that a program can find out from another process changes by that, because the others are
// blocked meanwhile; only clocks show that less time passed, and those are not touched. What Go's
// runtime does for itself (sysmon sleeps all the time, its timers are futexes with time limits)
// neither counts as being busy nor is it sped up.
type virtualTime struct {
	real      bool // time passes as it does
	ignore    bool // a sleep can end at any moment, as on a machine that is slow enough
	disturb   bool // see Policy.Disturb
	disturbed map[*trace.Thread]bool
	now       time.Duration // since the beginning of the run
	waits     []timedWait   // in the order in which they began
	timers    bool          // somebody has set a timer that is not ours: a signal may come out of the blue
}

// timedWait is something that time ends.
type timedWait struct {
	kind   waitKind
	thread *trace.Thread
	event  *trace.Event // the call that waits, or that set the alarm
	until  time.Duration
	rem    uint64 // of a sleep: address for what is left of it when it's interrupted, or 0
	sets   [3]uint64
	bytes  int    // of select: size of each set of descriptors
	left   uint64 // of select: address of what was left of the time
}

type waitKind uint8

const (
	sleep waitKind = iota // the thread is held at the entry of a sleep
	limit                 // it is in a call that has a time limit, of which the kernel does not know
	alarm                 // its process gets SIGALRM
)

// saw looks at every call for those that let time do something later, and for those that carry on
// one which is known here.
func (v *virtualTime) saw(t *trace.Thread, e *trace.Event) {
	switch abi.Lookup(e.Nr).Name {
	case "alarm":
		v.timers = v.timers || v.real
	case "setitimer", "timer_settime", "timerfd_settime":
		v.timers = true
	case "restart_syscall":
		for i := range v.waits {
			if w := &v.waits[i]; w.kind == limit && w.thread == t {
				w.event = e
			}
		}
	}
}

// falls reports whether a thread falls asleep by a call, and if so notes until when.
func (v *virtualTime) falls(t *trace.Thread, e *trace.Event) bool {
	if v.real || v.ignore {
		return false
	}
	d, rem, ok := sleeps(e)
	if ok {
		v.waits = append(v.waits, timedWait{kind: sleep, thread: t, event: e, until: v.now + d, rem: rem})
	}
	return ok
}

// begin is what becomes of a call that is made now.
func (v *virtualTime) begin(t *trace.Thread, e *trace.Event) trace.Action {
	if v.real {
		return trace.Proceed()
	}
	if abi.Lookup(e.Nr).Name == "alarm" {
		return trace.Skip(v.setAlarm(t, e))
	}
	if _, _, ok := sleeps(e); ok && v.ignore {
		return trace.Skip(0)
	}
	v.limited(t, e)
	return trace.Proceed()
}

// setAlarm is alarm(2): it returns how many seconds were left of the one before.
func (v *virtualTime) setAlarm(t *trace.Thread, e *trace.Event) (left int64) {
	v.waits = slices.DeleteFunc(v.waits, func(w timedWait) bool {
		mine := w.kind == alarm && w.thread.Proc == t.Proc
		if mine {
			left = max(int64((w.until-v.now+time.Second-1)/time.Second), 1)
		}
		return mine
	})
	if d := time.Duration(uint32(e.Args[0])) * time.Second; d > 0 {
		v.waits = append(v.waits, timedWait{kind: alarm, thread: t, event: e, until: v.now + d})
	}
	return left
}

// limited takes the time limit out of a call that has one, and notes when it ends. One that the
// kernel makes again keeps its end.
func (v *virtualTime) limited(t *trace.Thread, e *trace.Event) {
	w := timedWait{kind: limit, thread: t, event: e}
	var d time.Duration
	arg, without := 0, uint64(0)
	switch name := abi.Lookup(e.Nr).Name; name {
	case "poll", "epoll_wait", "epoll_pwait":
		arg, without = 2, ^uint64(0)
		if name != "poll" {
			arg = 3
		}
		ms := int32(e.Args[arg])
		if ms <= 0 {
			return // none, or it does not wait
		}
		d = time.Duration(ms) * time.Millisecond
	case "ppoll", "epoll_pwait2", "select", "pselect6":
		unit := time.Nanosecond
		switch name {
		case "ppoll":
			arg = 2
		case "epoll_pwait2":
			arg = 3
		default:
			arg = 4
			w.bytes = (int(int32(e.Args[0])) + 63) / 64 * 8
			copy(w.sets[:], e.Args[1:4])
			w.left = e.Args[4]
			if name == "select" {
				unit = time.Microsecond
			}
		}
		var ok bool
		if d, ok = span(e, arg, unit); !ok || d == 0 {
			return
		}
	default:
		return
	}
	w.until = v.now + d
	for i := range v.waits {
		if was := v.waits[i]; was.kind == limit && was.thread == t && was.event.Nr == e.Nr && was.event.Args == e.Args && was.event.Stack == e.Stack && unix.Errno(-was.event.Result) == abi.ERESTARTNOHAND {
			w.until = was.until // no handler ran
		}
	}
	v.waits = slices.DeleteFunc(v.waits, func(o timedWait) bool { return o.kind == limit && o.thread == t })
	v.waits = append(v.waits, w)
	t.Alter(arg, without)
}

// sleeps reports whether a call is a relative sleep, for how long, and where the remainder goes. A
// sleep until a point of a clock's time is left alone: the clock itself is not ours.
func sleeps(e *trace.Event) (d time.Duration, rem uint64, ok bool) {
	req := 0
	switch abi.Lookup(e.Nr).Name {
	case "nanosleep":
	case "clock_nanosleep":
		if e.Args[1]&unix.TIMER_ABSTIME != 0 {
			return 0, 0, false
		}
		req = 2
	default:
		return 0, 0, false
	}
	d, ok = span(e, req, time.Nanosecond)
	return d, e.Args[req+1], ok
}

// span reads seconds and a fraction in units: a timespec or a timeval. It says no if there is none,
// or one that the kernel refuses.
func span(e *trace.Event, arg int, unit time.Duration) (time.Duration, bool) {
	m := e.Find(arg, abi.In)
	if m == nil || len(m.Bytes) < 16 {
		return 0, false
	}
	sec, fraction := int64(binary.LittleEndian.Uint64(m.Bytes)), int64(binary.LittleEndian.Uint64(m.Bytes[8:]))
	const longest = int64(1) << 32 // seconds: what is more would overflow, and is for ever in any case
	if sec < 0 || sec > longest || fraction < 0 || fraction >= int64(time.Second/unit) {
		return 0, false
	}
	return time.Duration(sec)*time.Second + time.Duration(fraction)*unit, true
}

// interrupt wakes a sleeper for which a handled signal waits, as nanosleep(2) says: the call fails
// with EINTR and says what was left. It says no if there is none.
func (v *virtualTime) interrupt(s *trace.Supervisor) bool {
	v.waits = slices.DeleteFunc(v.waits, func(w timedWait) bool {
		switch w.kind {
		case sleep:
			return !w.thread.Held() // killed meanwhile
		case limit:
			return w.thread.Call() != w.event // it has returned
		}
		return w.thread.Proc.Ended
	})
	for i, w := range v.waits {
		if w.kind == sleep && (v.disturbs(w) || w.thread.Pending()) {
			v.waits = slices.Delete(v.waits, i, i+1)
			s.Release(w.thread, v.cut(w))
			return true
		}
	}
	return false
}

// disturbs reports whether a sleep is to be interrupted although nothing has happened.
func (v *virtualTime) disturbs(w timedWait) bool {
	if !v.disturb || v.disturbed[w.thread] || w.event.Stack == nil {
		return false
	}
	if main := w.event.Stack.Space.Main(); main == nil || !main.Go {
		return false
	}
	if v.disturbed == nil {
		v.disturbed = map[*trace.Thread]bool{}
	}
	v.disturbed[w.thread] = true
	return true
}

// moves lists what time does next: it ends the wait whose end comes first, or those that end at the
// same time.
func (v *virtualTime) moves(s *trace.Supervisor, live *canon.Live) (list []move) {
	for _, w := range v.waits {
		if !slices.ContainsFunc(v.waits, func(o timedWait) bool { return o.until < w.until }) {
			list = append(list, move{actor: live.Name(w.thread.Proc.PID), idle: true,
				call:    func() string { return w.called(live) },
				touches: func() []canon.Touch { return w.touches(live) },
				do:      func() { v.end(s, w) }})
		}
	}
	return list
}

func (w *timedWait) called(live *canon.Live) string {
	if w.kind == alarm {
		return "SIGALRM"
	}
	return "the end of " + live.Call(w.event).String()
}

func (w *timedWait) touches(live *canon.Live) []canon.Touch {
	if w.kind == alarm {
		return live.Signalled(w.thread.Proc)
	}
	return live.Call(w.event).Touches()
}

// end ends a wait.
func (v *virtualTime) end(s *trace.Supervisor, w timedWait) {
	v.now = max(v.now, w.until)
	v.waits = slices.DeleteFunc(v.waits, func(o timedWait) bool { return o.event == w.event })
	switch w.kind {
	case sleep:
		s.Release(w.thread, trace.Skip(0))
	case alarm:
		s.Tick(w.thread.Proc, syscall.Signal(unix.SIGALRM))
	case limit:
		// What select(2) and poll(2) leave behind when their time is over: nobody is ready.
		// (poll's and epoll's arrays the kernel has seen to, or nobody looks at them.)
		if s.Answer(w.thread, 0) && w.bytes > 0 {
			for _, set := range w.sets {
				if set != 0 {
					w.thread.Write(make([]byte, w.bytes), set)
				}
			}
			w.thread.Write(make([]byte, 16), w.left)
		}
	}
}

// cut ends a sleep with EINTR.
func (v *virtualTime) cut(w timedWait) trace.Action {
	if w.rem != 0 {
		left := max(w.until-v.now, 0)
		var ts [16]byte
		binary.LittleEndian.PutUint64(ts[:], uint64(left/time.Second))
		binary.LittleEndian.PutUint64(ts[8:], uint64(left%time.Second))
		w.thread.Write(ts[:], w.rem)
	}
	return trace.Skip(-int64(unix.EINTR))
}
