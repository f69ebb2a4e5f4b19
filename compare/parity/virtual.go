package parity

import (
	"encoding/binary"
	"slices"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// virtualTime ends a program's sleep as soon as nothing else can happen; sleeps end in the order of their deadlines.
//
// Nothing that a program can find out from another process changes by that, because the others are blocked while it sleeps; only
// clocks show that less time passed, and those are not touched. What Go's runtime does for itself (sysmon sleeps all the time)
// neither counts as being busy nor is it sped up.
type virtualTime struct {
	now      time.Duration // since the beginning of the run
	sleepers []sleeper     // in the order in which they fell asleep
	timers   bool          // somebody has set a timer: a signal may come out of the blue
}

type sleeper struct {
	thread *trace.Thread
	until  time.Duration
	rem    uint64 // address for what is left of the sleep when it's interrupted, or 0
}

// saw looks at every call for those that let time do something later.
func (v *virtualTime) saw(e *trace.Event) {
	switch abi.Lookup(e.Nr).Name {
	case "alarm", "setitimer", "timer_settime":
		v.timers = true
	}
}

// falls says whether a thread falls asleep by a call, and if so notes until when.
func (v *virtualTime) falls(t *trace.Thread, e *trace.Event) bool {
	d, rem, ok := sleeps(e)
	if ok {
		v.sleepers = append(v.sleepers, sleeper{t, v.now + d, rem})
	}
	return ok
}

// sleeps says whether a call is a relative sleep, for how long, and where the remainder goes. A sleep until a point of a clock's
// time is left alone: the clock itself is not ours.
func sleeps(e *trace.Event) (d time.Duration, rem uint64, ok bool) {
	const timerAbstime = 1
	req := 0
	switch abi.Lookup(e.Nr).Name {
	case "nanosleep":
	case "clock_nanosleep":
		if e.Args[1]&timerAbstime != 0 {
			return 0, 0, false
		}
		req = 2
	default:
		return 0, 0, false
	}
	m := e.Find(req, abi.In)
	if m == nil || len(m.Bytes) < 16 {
		return 0, 0, false // a bad address: the kernel says so
	}
	sec, nsec := int64(binary.LittleEndian.Uint64(m.Bytes)), int64(binary.LittleEndian.Uint64(m.Bytes[8:]))
	const longest = int64(1) << 32 // seconds: what is more would overflow, and is for ever in any case
	if sec < 0 || sec > longest || nsec < 0 || nsec >= 1e9 {
		return 0, 0, false // invalid: the kernel says so
	}
	return time.Duration(sec)*time.Second + time.Duration(nsec), e.Args[req+1], true
}

// interrupt wakes a sleeper for which a handled signal waits, as nanosleep(2) says: the call fails with EINTR and says what was
// left. It says no if there is none.
func (v *virtualTime) interrupt(s *trace.Supervisor) bool {
	v.sleepers = slices.DeleteFunc(v.sleepers, func(z sleeper) bool { return !z.thread.Held() }) // killed meanwhile
	for i, z := range v.sleepers {
		if z.thread.Pending() {
			v.wake(s, i, v.cut(z))
			return true
		}
	}
	return false
}

// pass wakes the sleeper whose time comes first. It says no if nobody sleeps.
func (v *virtualTime) pass(s *trace.Supervisor) bool {
	if len(v.sleepers) == 0 {
		return false
	}
	first := 0
	for i, z := range v.sleepers {
		if z.until < v.sleepers[first].until {
			first = i
		}
	}
	v.now = max(v.now, v.sleepers[first].until)
	v.wake(s, first, trace.Skip(0))
	return true
}

func (v *virtualTime) wake(s *trace.Supervisor, i int, a trace.Action) {
	t := v.sleepers[i].thread
	v.sleepers = slices.Delete(v.sleepers, i, i+1)
	s.Release(t, a)
}

// cut ends a sleep with EINTR.
func (v *virtualTime) cut(z sleeper) trace.Action {
	const eintr = 4
	if z.rem != 0 {
		left := max(z.until-v.now, 0)
		var ts [16]byte
		binary.LittleEndian.PutUint64(ts[:], uint64(left/time.Second))
		binary.LittleEndian.PutUint64(ts[8:], uint64(left%time.Second))
		z.thread.Write(ts[:], z.rem)
	}
	return trace.Skip(-eintr)
}
