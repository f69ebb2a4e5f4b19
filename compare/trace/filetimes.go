package trace

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// fileTimes are the times of files as a program sees them. The kernel dates what happens to a file
// by the real time; to the program it happened when its own clock showed what it showed at that
// moment. Times that a program has set, and those from before the tool began, stay as they are.
type fileTimes struct {
	moves   []clockMove
	given   map[time.Duration]bool // that programs have set
	changed time.Duration          // the real time at which a program may have changed a file last
}

// clockMove is a moment of the real time at which the run's clock moved.
type clockMove struct{ real, now time.Duration }

// coarse is the time by which the kernel dates files: that of its last tick.
func coarse() time.Duration { return clockTime(unix.CLOCK_REALTIME_COARSE) }

func clockTime(clock int32) time.Duration {
	var t unix.Timespec
	unix.ClockGettime(clock, &t)
	return time.Duration(t.Nano())
}

// moved notes that the clock moves. What was done to a file before and after that must have two
// dates, so that a tick has to come between them that is later than what was done. (It is not
// enough that there is a tick: Linux from 6.13 on dates a file by the exact time if somebody has
// asked for its date lately, see Documentation/filesystems/multigrain-ts.rst, and one that was
// handled late can show an earlier moment.)
func (f *fileTimes) moved(now time.Duration) {
	real := coarse()
	for ; real <= f.changed; real = coarse() {
		rest(100 * time.Microsecond)
	}
	f.moves = append(f.moves, clockMove{real, now})
}

// shown is how much time of the run had passed at a moment of the real time.
func (f *fileTimes) shown(real time.Duration) time.Duration {
	i, found := slices.BinarySearchFunc(f.moves, real, func(m clockMove, real time.Duration) int {
		return cmp.Compare(m.real, real)
	})
	for found && i+1 < len(f.moves) && f.moves[i+1].real == real {
		i++
	}
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	return f.moves[i].now
}

// redate gives the times of a file that a call has told those that the program's clock showed, and
// the file the number that programs see.
func (s *Supervisor) redate(t *Thread, e *Event) {
	d := abi.Lookup(e.Nr).Dated
	if d == nil || s.cfg.Clock == nil || e.Result != 0 {
		return
	}
	m := e.Find(d.Arg, abi.Out)
	if m == nil {
		return
	}
	changed := s.renumber(t, e, d, m.Bytes)
	for _, at := range d.At {
		real, whole := date(m.Bytes, at, d)
		if !whole || real < s.cfg.Clock.begun || s.files.given[real] {
			continue
		}
		shows := s.cfg.Clock.Real + s.files.shown(real)
		binary.LittleEndian.PutUint64(m.Bytes[at:], uint64(shows/time.Second))
		binary.LittleEndian.PutUint32(m.Bytes[at+8:], uint32(shows%time.Second))
		changed = true
	}
	if changed {
		t.Write(m.Bytes, e.Args[d.Arg])
	}
}

// touches notes the times that a call gives to a file, and whether it may change one: by its name,
// or by a descriptor of one that was opened for writing.
func (s *Supervisor) touches(t *Thread, e *Event) {
	if s.cfg.Clock == nil {
		return
	}
	call := abi.Lookup(e.Nr)
	for i := range call.Args {
		if s.mayChange(t, e, call, i) {
			s.files.changed = clockTime(unix.CLOCK_REALTIME)
			break
		}
	}
	if call.Dating == nil {
		return
	}
	if s.files.given == nil {
		s.files.given = map[time.Duration]bool{}
	}
	if m := e.Find(call.Dating.Arg, abi.In); m != nil {
		for _, at := range call.Dating.At {
			if given, whole := date(m.Bytes, at, call.Dating); whole {
				s.files.given[given] = true
			}
		}
	}
}

// mayChange reports whether a call may have changed the file that one of its arguments names.
func (s *Supervisor) mayChange(t *Thread, e *Event, call *abi.Call, i int) bool {
	arg := &call.Args[i]
	switch {
	case arg.Use != abi.Puts && arg.Use != abi.Anything:
		return false
	case arg.Kind == abi.Path:
		return arg.Use == abi.Puts || arg.When&abi.Out == 0 && call.Changes == 0 && call.Makes == abi.Nothing
	case arg.Kind != abi.Fd || len(s.known) == 0:
		return false
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d/fd/%d", t.TID, int32(e.Args[i])))
	return err == nil && s.known[identity(info)]
}

// date reads one of a file's times. It reports false if there is none: UTIME_NOW is more than
// there is beside any second.
func date(b []byte, at int, d *abi.Dates) (time.Duration, bool) {
	if len(b) < at+8+d.Fraction {
		return 0, false
	}
	sec := time.Duration(binary.LittleEndian.Uint64(b[at:])) * time.Second
	if d.Fraction == 0 {
		return sec, true
	}
	fraction := binary.LittleEndian.Uint32(b[at+8:]) // the other half, if there is one, is 0
	return sec + time.Duration(fraction)*time.Second/time.Duration(d.Unit), fraction < uint32(d.Unit)
}
