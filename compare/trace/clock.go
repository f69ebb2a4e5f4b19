package trace

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/unwind"
)

// Clock is the time that the programs of a run see. All of their clocks but those of CPU time show
// it, in all processes. It stands still unless Supervisor.Advance moves it.
type Clock struct {
	Real      time.Duration // what CLOCK_REALTIME shows when the run begins: since 1970
	Monotonic time.Duration // and CLOCK_MONOTONIC
	begun     time.Duration // the real time at which it was made

	// Read is called when a program that the policy has told to Ask reads the clock, before it
	// gets its answer; it also is where the program makes the call without the vDSO. What it
	// returns is what the thread sees, which need not be what the others do.
	Read func(s *Supervisor, t *Thread, e *Event) time.Duration
}

// Now is a clock that begins with the next full second.
func Now() Clock {
	var real, monotonic unix.Timespec
	unix.ClockGettime(unix.CLOCK_REALTIME, &real)
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &monotonic)
	return Clock{Real: time.Duration(real.Sec+1) * time.Second,
		Monotonic: time.Duration(monotonic.Sec+1) * time.Second, begun: coarse()}
}

// realClocks and monotonicClocks are the clocks that show one time or the other, bit n for clock n.
// The alarm's clocks and TAI, which is CLOCK_REALTIME on a machine that nobody told of leap
// seconds, are no different here; and the machine never slept.
const (
	realClocks = 1<<unix.CLOCK_REALTIME | 1<<unix.CLOCK_REALTIME_COARSE | 1<<unix.CLOCK_REALTIME_ALARM |
		1<<unix.CLOCK_TAI
	monotonicClocks = 1<<unix.CLOCK_MONOTONIC | 1<<unix.CLOCK_MONOTONIC_RAW |
		1<<unix.CLOCK_MONOTONIC_COARSE | 1<<unix.CLOCK_BOOTTIME | 1<<unix.CLOCK_BOOTTIME_ALARM
)

// At is what one of the kernel's clocks shows at a moment of the run. It reports false if that is
// CPU time, or there is no such clock.
func (c *Clock) At(clock uint64, now time.Duration) (t time.Duration, ok bool) {
	switch {
	case clock < 32 && realClocks>>clock&1 != 0:
		return c.Real + now, true
	case clock < 32 && monotonicClocks>>clock&1 != 0:
		return c.Monotonic + now, true
	}
	return 0, false
}

// Clock is that of the run, nil if its programs see the real time.
func (s *Supervisor) Clock() *Clock { return s.cfg.Clock }

// Now is how much time has passed for the programs since the run began.
func (s *Supervisor) Now() time.Duration { return s.now }

// Advance moves the clock of all programs. Time never goes back.
func (s *Supervisor) Advance(to time.Duration) {
	if s.cfg.Clock == nil || to <= s.now {
		return
	}
	s.Sleeps()
	s.files.moved(to)
	s.now = to
	shown := map[*Process]bool{}
	for _, t := range s.threads {
		if !shown[t.Proc] && s.show(t) {
			shown[t.Proc] = true
		}
	}
}

// Ask sets whether a process asks the policy, by Clock.Read, each time that it reads the clock.
func (s *Supervisor) Ask(p *Process, asks bool) {
	if p.asks == asks || p.clock == 0 {
		return
	}
	p.asks = asks
	for _, t := range s.threads {
		if t.Proc == p && s.show(t) {
			return
		}
	}
}

// Loosen makes it known that from now on the clock moves as fast as somebody computes, which is not
// the same in every run: when something is done then says nothing.
func (s *Supervisor) Loosen() { s.loose = true }

// Unsure is when something happened, if that is not the same in every run.
const Unsure = time.Duration(-1)

// Main is the executable of a process, nil if that is not known yet.
func (s *Supervisor) Main(p *Process) *unwind.Module {
	if p.space == nil {
		return nil
	}
	return p.space.Main()
}

// Asks reports whether a process does.
func (p *Process) Asks() bool { return p.asks }

// show writes the time where a process of the thread's reads it.
func (s *Supervisor) show(t *Thread) bool {
	if t.Proc.clock == 0 {
		return true
	}
	mem, err := t.openMemory()
	if err != nil {
		return false
	}
	defer mem.Close()
	_, err = mem.WriteAt(s.clockPage(t.Proc), int64(t.Proc.clock))
	return err == nil
}

// openMemory opens a thread's memory. Other than process_vm_writev(2), what is written there lets a
// stack grow, and reaches what the program itself may not write.
func (t *Thread) openMemory() (*os.File, error) {
	return os.OpenFile(fmt.Sprintf("/proc/%d/mem", t.TID), os.O_WRONLY, 0)
}

// clockPage is what a process's functions copy from, see vdsoClock.
func (s *Supervisor) clockPage(p *Process) []byte {
	real, monotonic := s.cfg.Clock.Real+s.now, s.cfg.Clock.Monotonic+s.now
	page := make([]byte, 0, clockSize)
	for _, t := range []time.Duration{real, monotonic} {
		page = binary.LittleEndian.AppendUint64(page, uint64(t/time.Second))
		page = binary.LittleEndian.AppendUint64(page, uint64(t%time.Second))
	}
	page = binary.LittleEndian.AppendUint64(page, uint64(real%time.Second/time.Microsecond))
	asks := uint64(0)
	if p.asks {
		asks = 1
	}
	return binary.LittleEndian.AppendUint64(page, asks)
}

// giveClock changes the vDSO of a program that has just been executed, whose auxiliary vector is
// auxv.
func (s *Supervisor) giveClock(t *Thread, mem *os.File, auxv []byte) {
	p := t.Proc
	p.clock, p.asks = 0, false
	base, ok := auxvValue(auxv, atSysinfoEHDR)
	patch := ownVDSO()
	if s.cfg.Clock == nil || !ok || patch.code == nil {
		return
	}
	code := append([]byte(nil), patch.code...)
	copy(code[patch.clock-patch.offset:], s.clockPage(p))
	if _, err := mem.WriteAt(code, int64(base)+int64(patch.offset)); err != nil {
		return
	}
	p.clock = base + uint64(patch.clock)
	p.leaf = unwind.Range{Low: p.clock, High: base + patch.end}
}

// reads reports whether a call reads a clock that is ours.
func (s *Supervisor) reads(e *Event) bool {
	return s.cfg.Clock != nil && readsClock(e.Nr)
}

// readsClock reports whether a call, by number, reads a clock. Where the vDSO does it the call is
// made when that has no answer.
func readsClock(nr uint64) bool {
	switch abi.Lookup(nr).Timing {
	case abi.ReadsClock, abi.ReadsTimeOfDay, abi.ReadsSeconds:
		return true
	}
	return false
}

// reading answers a call that reads the clock. It is no event: most readings are no calls, and the
// kernel sees none of them.
func (s *Supervisor) reading(t *Thread, e *Event) {
	t.call = nil
	_, ours := s.cfg.Clock.At(uint64(uint32(e.Args[0])), 0)
	if e.Nr == unix.SYS_CLOCK_GETTIME && !ours {
		s.resume(t, 0)
		return
	}
	now := s.now
	if s.cfg.Clock.Read != nil {
		now = s.cfg.Clock.Read(s, t, e)
	}
	real := s.cfg.Clock.Real + now
	good, result := true, int64(0)
	put := func(addr uint64, words ...time.Duration) {
		var b []byte
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, uint64(w))
		}
		good = good && t.Write(b, addr)
	}
	switch abi.Lookup(e.Nr).Timing {
	case abi.ReadsClock:
		at, _ := s.cfg.Clock.At(uint64(uint32(e.Args[0])), now)
		put(e.Args[1], at/time.Second, at%time.Second)
	case abi.ReadsTimeOfDay:
		if e.Args[0] != 0 {
			put(e.Args[0], real/time.Second, real%time.Second/time.Microsecond)
		}
		if e.Args[1] != 0 {
			put(e.Args[1], 0)
		}
	case abi.ReadsSeconds:
		if result = int64(real / time.Second); e.Args[0] != 0 {
			put(e.Args[0], real/time.Second)
		}
	}
	if !good {
		result = -int64(unix.EFAULT)
	}
	t.regs.skip(t.TID, result)
	s.resume(t, 0)
}
