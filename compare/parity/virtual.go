package parity

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// virtualTime is the policy of a run: a program's sleep ends as soon as nothing else can happen, sleeps end in the order of their
// deadlines, and a run in which nothing ever will happen ends at once.
//
// Nothing that a program can find out from another process changes by that, because the others are blocked while it sleeps; only
// clocks show that less time passed, and those are not touched. What Go's runtime does for itself (sysmon sleeps all the time)
// neither counts as being busy nor is it sped up.
type virtualTime struct {
	who      canon.Who
	now      time.Duration // since the beginning of the run
	sleepers []sleeper     // in the order in which they fell asleep
	timers   bool          // somebody has set a timer: a signal may come out of the blue
}

type sleeper struct {
	thread *trace.Thread
	until  time.Duration
	rem    uint64 // address for what is left of the sleep when it's interrupted, or 0
}

func newVirtualTime() *virtualTime { return &virtualTime{who: canon.NewWho()} }

// Enter holds the calls by which a program sleeps.
func (v *virtualTime) Enter(_ *trace.Supervisor, t *trace.Thread, e *trace.Event) trace.Action {
	switch abi.Lookup(e.Nr).Name {
	case "alarm", "setitimer", "timer_settime":
		v.timers = true
	}
	d, rem, ok := sleeps(e)
	if !ok || !v.who.Wanted(e) {
		return trace.Proceed()
	}
	v.sleepers = append(v.sleepers, sleeper{t, v.now + d, rem})
	return trace.Hold()
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

// Quiet wakes the sleeper whose time comes first. A sleeper for which a handled signal waits wakes at once, as in nanosleep(2): the
// call fails with EINTR and says what was left.
func (v *virtualTime) Quiet(s *trace.Supervisor) trace.Quiet {
	alive := v.sleepers[:0]
	for _, z := range v.sleepers {
		if z.thread.Held() { // it may have been killed meanwhile
			alive = append(alive, z)
		}
	}
	v.sleepers = alive
	if len(v.sleepers) == 0 {
		if v.stuck(s) {
			return trace.Stuck
		}
		return trace.Waits
	}
	first := 0
	for i, z := range v.sleepers {
		if z.thread.Pending() {
			v.wake(s, i, v.interrupt(z))
			return trace.Moved
		}
		if z.until < v.sleepers[first].until {
			first = i
		}
	}
	v.now = max(v.now, v.sleepers[first].until)
	v.wake(s, first, trace.Skip(0))
	return trace.Moved
}

func (v *virtualTime) wake(s *trace.Supervisor, i int, a trace.Action) {
	t := v.sleepers[i].thread
	v.sleepers = append(v.sleepers[:i], v.sleepers[i+1:]...)
	s.Release(t, a)
}

// interrupt ends a sleep with EINTR.
func (v *virtualTime) interrupt(z sleeper) trace.Action {
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

// stuck says whether all threads wait in calls that no time ends.
func (v *virtualTime) stuck(s *trace.Supervisor) bool {
	if v.timers {
		return false
	}
	for _, t := range s.Threads() {
		if e := t.Call(); e == nil || !v.who.Background(e) && !forever(e) {
			return false
		}
	}
	return true
}

// forever says whether a call that blocks can end only by what another process of the run does. Calls that time, hardware or a
// process outside can end (a poll, a read from a socket or a timer, a lock on a file) are not among them, nor is any that's not
// known here: a run that waits for such a thing is no deadlock.
func forever(e *trace.Event) bool {
	switch abi.Lookup(e.Nr).Name {
	case "wait4", "waitid", "pause", "rt_sigsuspend", "clone", "clone3", "vfork":
		return true
	case "futex":
		return e.Args[3] == 0 // no time limit
	case "read", "readv", "write", "writev":
		// Only the programs of the run have its pipes: what stands at their other ends is read, or has been closed, by us.
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", e.PID, int32(e.Args[0])))
		return strings.HasPrefix(to, "pipe:")
	}
	return false
}
