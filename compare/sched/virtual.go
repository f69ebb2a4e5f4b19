package sched

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// virtualTime is the time of a run. It passes when nobody can move: then the end that comes first
// comes, of all for which somebody waits, whatever kind it is, and the clock of all programs shows
// that moment. Of several that come at one time the one comes first that began at an earlier time,
// then that of the process that was created first: which of two processes was faster does not
// count.
//
// A call that waits until some time is made without an end, so that the kernel never ends it by
// itself, and when its time has come it's answered in the kernel's place. So everything else about
// it is as ever: what else ends it, and whether a signal interrupts it. Timers (timers.go) are
// kept here alone. What Go's runtime does for itself neither counts as being busy nor is it sped
// up; but its timers are the program's, and the runtime waits for them in epoll_wait.
type virtualTime struct {
	real      bool // time passes as it does
	ignore    bool // a sleep can end at any moment, as on a machine that is slow enough
	disturb   bool // see Policy.Disturb
	disturbed map[*trace.Thread]bool
	waits     []*wait // calls
	timers    timers
	began     int  // how many waits and timers have begun
	limits    bool // a socket may have SO_RCVTIMEO or SO_SNDTIMEO
	foreign   bool // somebody has set a timer that is not ours: a signal may come out of the blue
	spin      spin
	short     int // how often in a row the clock has moved by less than slack
}

// wait is a call that time ends.
type wait struct {
	until  time.Duration
	began  time.Duration
	order  int // in which waits and timers began
	thread *trace.Thread
	event  *trace.Event
	call   *abi.Call
	ended  bool // by time
	wanted bool // the program asked for it
}

// begin is what becomes of a call that is made now, and for which time passes.
func (v *virtualTime) begin(s *trace.Supervisor, t *trace.Thread, made canon.Call) trace.Action {
	if v.real || s.Clock() == nil {
		return trace.Proceed()
	}
	v.spin.calls[t.Proc]++
	e, call := made.Event, made.Sig()
	if call.Until.Form == abi.Endless {
		return v.set(s, t, made)
	}
	until, ends := v.end(s, t, e, &call.Until)
	if !ends {
		return trace.Proceed()
	}
	sleeps := call.Until.Effect == abi.Sleeps
	switch {
	case sleeps && v.ignore:
		s.Advance(until)
		return trace.Skip(0)
	case sleeps && until <= s.Now() && absolute(e, &call.Until):
		return trace.Skip(0)
	case v.ignore && !made.Wanted() && s.Sleeps()[t.Proc] == until: // it is a goroutine that sleeps
		s.Advance(until)
		return trace.Skip(call.Until.Expired)
	}
	w := v.again(t, e)
	if w == nil {
		v.began++
		w = &wait{until: until, began: s.Now(), order: v.began, thread: t, call: call, wanted: made.Wanted()}
		v.waits = append(v.waits, w)
		s.Expect(true)
	}
	if w.event = e; w.ended && call.Until.Effect == abi.Last {
		t.Alter(1, 1) // the next message is the last one
	}
	switch {
	case sleeps:
		// A call that waits for nothing, and that signals interrupt as they do a sleep.
		t.Instead(unix.SYS_PPOLL)
		for arg := 1; arg <= 3; arg++ {
			t.Alter(arg, 0)
		}
	case call.Until.Form == abi.Milliseconds:
		t.Alter(call.Until.Arg, ^uint64(0))
	case call.Until.Form != abi.RcvTimeo && call.Until.Form != abi.SndTimeo:
		t.Alter(call.Until.Arg, 0)
	}
	t.Returns(func(result int64) int64 { return w.returns(s, result) })
	return trace.Proceed()
}

// again is the wait of a call that the kernel makes once more because a signal has interrupted it:
// it keeps its end. Any other wait of the thread is over.
func (v *virtualTime) again(t *trace.Thread, e *trace.Event) (w *wait) {
	v.waits = slices.DeleteFunc(v.waits, func(o *wait) bool {
		if o.thread != t {
			return false
		}
		was := o.event
		if was.Restarts() && was.Nr == e.Nr && was.Args == e.Args && was.Stack == e.Stack {
			w = o
			return false
		}
		return true
	})
	return w
}

// saw looks at every call: the kernel may carry on by it one that was interrupted.
func (v *virtualTime) saw(t *trace.Thread, e *trace.Event) {
	switch abi.Lookup(e.Nr).Timing {
	case abi.SetsAlarm, abi.SetsTimer, abi.SetsTimerfd:
		v.foreign = v.foreign || v.real
	case abi.SetsInterval:
		v.foreign = v.foreign || v.real || uint32(e.Args[0]) != unix.ITIMER_REAL
	}
	if e.Nr != unix.SYS_RESTART_SYSCALL {
		return
	}
	for _, w := range v.waits {
		if w.thread == t && w.event.Restarts() {
			w.event = e
		}
	}
}

// returns sees to what a call leaves behind, as the kernel would have done.
func (w *wait) returns(s *trace.Supervisor, result int64) int64 {
	until, cut := &w.call.Until, interrupted(result)
	left := max(w.until-s.Now(), 0)
	if abi.Restarts(result) && !w.ended && !w.thread.Caught() {
		// It is made again, and what it asks for has to stand there as it did.
		if until.Effect == abi.Restless && result == -int64(abi.ERESTARTSYS) {
			return -int64(abi.ERESTARTNOHAND)
		}
		return result
	}
	if until.Left && w.event.Args[until.Arg] != 0 {
		write(w.thread, w.event.Args[until.Arg], until.Form, left)
	}
	rem, has := until.Rem.Arg()
	if has && cut && !w.ended && w.event.Args[rem] != 0 && !absolute(w.event, until) {
		write(w.thread, w.event.Args[rem], until.Form, left)
	}
	switch {
	case until.Effect == abi.Empties && cut && w.ended:
		size := (int(int32(w.event.Args[0])) + 63) / 64 * 8
		for _, set := range w.event.Args[1:4] {
			if set != 0 {
				w.thread.Write(make([]byte, size), set)
			}
		}
	case until.Effect == abi.Restless && result == -int64(abi.ERESTARTSYS):
		return -int64(abi.ERESTARTNOHAND)
	}
	return result
}

func interrupted(result int64) bool {
	return result == -int64(unix.EINTR) || abi.Restarts(result)
}

// end is when a call stops waiting at the latest. ok is false if it does not wait, or has no end.
func (v *virtualTime) end(s *trace.Supervisor, t *trace.Thread, e *trace.Event, u *abi.Until) (
	at time.Duration, ok bool) {
	now := s.Now()
	switch u.Form {
	case abi.Milliseconds:
		ms := time.Duration(int32(e.Args[u.Arg])) * time.Millisecond
		if ms <= 0 {
			return 0, false // for ever, or not at all
		}
		if exact, known := goTimer(s, t, e); known && now < exact && exact < now+ms+time.Millisecond {
			return exact, true
		}
		return now + ms, true
	case abi.RcvTimeo, abi.SndTimeo:
		if !v.limits {
			return 0, false
		}
		d := timeoutOf(t, e, u.Form)
		return now + d, d > 0
	}
	d, ok := span(t, e.Args[u.Arg], u.Form)
	if !ok {
		return 0, false
	}
	clock, absolute := sinceClock(e, u)
	if !absolute {
		return now + d, d > 0 || u.Effect == abi.Sleeps
	}
	shows, ok := s.Clock().At(clock, now)
	return now + max(d-shows, 0), ok
}

// absolute reports whether the end of a call is a point of time.
func absolute(e *trace.Event, u *abi.Until) bool {
	_, is := sinceClock(e, u)
	return is
}

// sinceClock is the clock on which the end of a call is a point of time, if it is one.
func sinceClock(e *trace.Event, u *abi.Until) (clock uint64, absolute bool) {
	const timerAbstime, futexClockRealtime = 1, 256
	switch u.Since {
	case abi.SinceEpoch:
		return unix.CLOCK_REALTIME, true
	case abi.SinceClock:
		return uint64(uint32(e.Args[u.Clock])), true
	case abi.SinceAbsolute:
		return uint64(uint32(e.Args[u.Clock])), e.Args[u.Clock+1]&timerAbstime != 0
	case abi.SinceFutexFlag:
		if e.Args[1]&futexClockRealtime != 0 {
			return unix.CLOCK_REALTIME, true
		}
		return unix.CLOCK_MONOTONIC, true
	}
	return 0, false
}

// goTimer is when the first timer of Go's runtime ends for which a thread of it waits: the call
// itself only has it in whole milliseconds.
func goTimer(s *trace.Supervisor, t *trace.Thread, e *trace.Event) (at time.Duration, ok bool) {
	if e.Stack == nil {
		return 0, false
	}
	addr, size, ok := e.Stack.Space.Global("runtime.sched", "pollUntil")
	var word [8]byte
	if !ok || size != len(word) || !t.Read(word[:], addr) {
		return 0, false
	}
	return time.Duration(binary.LittleEndian.Uint64(word[:])) - s.Clock().Monotonic, true
}

// unit is of what beside the seconds there is a number.
func unit(form abi.Form) time.Duration {
	if form == abi.TimevalAt {
		return time.Microsecond
	}
	return time.Nanosecond
}

// span reads a timespec or a timeval. The second result is false if there is none, or one that the
// kernel refuses.
func span(t *trace.Thread, addr uint64, form abi.Form) (time.Duration, bool) {
	var b [16]byte
	if addr == 0 || !t.Read(b[:], addr) {
		return 0, false
	}
	return spanOf(b[:], form)
}

func spanOf(b []byte, form abi.Form) (time.Duration, bool) {
	sec, fraction := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))
	const longest = int64(1) << 32 // seconds: what is more would overflow, and is for ever in any case
	if sec < 0 || sec > longest || fraction < 0 || fraction >= int64(time.Second/unit(form)) {
		return 0, false
	}
	return time.Duration(sec)*time.Second + time.Duration(fraction)*unit(form), true
}

// write writes a timespec or a timeval.
func write(t *trace.Thread, addr uint64, form abi.Form, d time.Duration) bool {
	return t.Write(bytesOf(form, d), addr)
}

func bytesOf(form abi.Form, spans ...time.Duration) (b []byte) {
	for _, d := range spans {
		b = binary.LittleEndian.AppendUint64(b, uint64(d/time.Second))
		b = binary.LittleEndian.AppendUint64(b, uint64(d%time.Second/unit(form)))
	}
	return b
}

// interrupt wakes a sleeper of a Go program as a signal does that the program never sees: the call
// fails with EINTR and says what was left. It reports whether there was one to be disturbed.
func (v *virtualTime) interrupt(s *trace.Supervisor) bool {
	if !v.disturb {
		return false
	}
	for _, w := range v.waits {
		if w.call.Until.Effect != abi.Sleeps || v.disturbed[w.thread] || w.event.Stack == nil {
			continue
		}
		if main := w.event.Stack.Space.Main(); main == nil || !main.Go {
			continue
		}
		if v.disturbed == nil {
			v.disturbed = map[*trace.Thread]bool{}
		}
		v.disturbed[w.thread] = true
		if s.Answer(w.thread, -int64(unix.EINTR)) {
			return true
		}
	}
	return false
}

// forget drops the waits that are over.
func (v *virtualTime) forget(s *trace.Supervisor) {
	v.waits = slices.DeleteFunc(v.waits, func(w *wait) bool {
		return !s.Has(w.thread) || w.thread.Call() != w.event && !w.event.Restarts()
	})
}

// due is something that time does.
type due struct {
	until   time.Duration
	began   time.Duration
	order   int // in which waits and timers began
	process *trace.Process
	actor   func(*Policy) string
	text    func(*canon.Live) string
	touches func(*canon.Live) []canon.Touch
	do      func()
}

// next lists what time does next: the end that comes first, and those that come at the same time.
func (v *virtualTime) next(s *trace.Supervisor) (list []due) {
	v.forget(s)
	for _, w := range v.waits {
		if w.ended || w.until <= s.Now() && w.thread.Call() != w.event {
			continue // it is stopped, or in a signal's handler, and finds out when it goes on
		}
		list = append(list, due{w.until, w.began, w.order, w.thread.Proc, w.actor, w.text, w.touches,
			func() { v.expire(s, w) }})
	}
	list = append(list, v.timers.due(s)...)
	s.Expect(len(list) > 0)
	first := forever
	for _, d := range list {
		first = min(first, d.until)
	}
	list = slices.DeleteFunc(list, func(d due) bool { return d.until > first })
	slices.SortFunc(list, func(a, b due) int {
		return cmp.Or(cmp.Compare(a.began, b.began), a.process.Index-b.process.Index, a.order-b.order)
	})
	for i := range list {
		do := list[i].do
		list[i].do = func() { v.advance(s, first); do() }
	}
	return list
}

const forever = time.Duration(1<<63 - 1)

// moves are next's, as moves, unless they come later than a moment.
func (v *virtualTime) moves(s *trace.Supervisor, p *Policy, latest time.Duration) (list []move) {
	for _, d := range v.next(s) {
		if d.until > latest {
			break
		}
		list = append(list, move{actor: d.actor(p), process: p.live.Name(d.process.PID), idle: true,
			call:    func() string { return d.text(p.live) },
			touches: func() []canon.Touch { return d.touches(p.live) },
			do:      func() { d.do(); v.timers.notice(s) }})
	}
	return list
}

// actor is who waits: a strand, or none of the program's own, such as a timer. These have a name by
// the order in which they began.
func (w *wait) actor(p *Policy) string {
	if w.wanted {
		call := p.live.Call(w.event)
		p.strands.number(strandOf(call)) // to sleep it has not waited for its turn
		return p.strands.name(call)
	}
	return fmt.Sprintf("%s:wait%d", p.live.Name(w.thread.Proc.PID), w.order)
}

func (w *wait) text(live *canon.Live) string { return "the end of " + live.Call(w.event).String() }

func (w *wait) touches(live *canon.Live) []canon.Touch {
	if !w.wanted {
		return nil // the calls that follow are moves of their own
	}
	return live.Call(w.event).Touches()
}

// slack is by how much the kernel can be late, PR_TIMERSLACK in prctl(2).
const slack = 50 * time.Microsecond

// advance lets the clock show a moment at which something ends. Who waits again and again for
// almost nothing (a ticker of 1 ns) would never come to what another one waits for: then the kernel
// is late.
func (v *virtualTime) advance(s *trace.Supervisor, to time.Duration) {
	switch d := to - s.Now(); {
	case d >= slack:
		v.short = 0
	case d > 0:
		if v.short++; v.short > patience {
			to = s.Now() + slack
		}
	}
	s.Advance(to)
}

// expire ends a wait.
func (v *virtualTime) expire(s *trace.Supervisor, w *wait) {
	s.Advance(w.until)
	w.ended = true
	if w.call.Until.Effect == abi.Last {
		s.Interrupt(w.thread) // it is made again if no message has come, see begin
	} else {
		s.Answer(w.thread, w.call.Until.Expired)
	}
}
