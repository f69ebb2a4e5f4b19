package sched

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// timers are those of all processes that count real time: the kernel knows of none of them. A
// timer of a descriptor it knows, but not that it's set: when its time has come it is told how
// often the timer has gone off, through a copy of the descriptor.
type timers struct {
	list []*timer
	made map[*trace.Process][]*trace.Event // calls of timer_create

	numbers map[*trace.Process]int // how many each has had
}

// timer is one of them.
type timer struct {
	process *trace.Process
	kind    timerKind
	id      int32         // of timer_create's
	file    *os.File      // of a descriptor: our copy
	clock   uint64        // on which points of time count
	event   *trace.Event  // the call that set it
	order   int           // among all that wait
	number  int           // among those of its process
	uses    []canon.Touch // of a descriptor: what touches the call that set it
	execs   int           // of its process, when it was made

	on     bool
	until  time.Duration // when it goes off
	period time.Duration // and how often after that; 0 if it does not
	signal trace.Timer

	// raised: it went off, and nobody has taken notice yet. Until that happens the kernel does
	// not start a timer again, but counts what it misses.
	raised bool
	missed int64 // of these the last one that somebody took notice of
}

type timerKind uint8

const (
	ofProcess    timerKind = iota // alarm(2), setitimer(2)
	ofMany                        // timer_create(2)
	ofDescriptor                  // timerfd_create(2)
)

// set is what becomes of a call that has to do with timers, or with the time limits of sockets.
func (v *virtualTime) set(s *trace.Supervisor, t *trace.Thread, made canon.Call) trace.Action {
	now, e, call := s.Now(), made.Event, made.Sig()
	switch call.Timing {
	case abi.SetsAlarm:
		m := v.timers.find(s, t.Proc, ofProcess, 0)
		left := m.left(now)
		seconds := int64(left / time.Second)
		if rest := left % time.Second; rest >= time.Second/2 || seconds == 0 && rest > 0 {
			seconds++
		}
		v.arm(s, m, e, now+time.Duration(uint32(e.Args[0]))*time.Second, 0, e.Args[0] != 0)
		return trace.Skip(seconds)
	case abi.SetsInterval:
		if uint32(e.Args[0]) == unix.ITIMER_REAL {
			m := v.timers.find(s, t.Proc, ofProcess, 0)
			return v.settime(s, t, e, m, abi.TimevalAt, 1, false)
		}
	case abi.AsksInterval:
		if uint32(e.Args[0]) == unix.ITIMER_REAL {
			return v.timers.find(s, t.Proc, ofProcess, 0).tell(t, now, e.Args[1], abi.TimevalAt)
		}
	case abi.MakesTimer:
		if v.timers.made == nil {
			v.timers.made = map[*trace.Process][]*trace.Event{}
		}
		v.timers.made[t.Proc] = append(v.timers.made[t.Proc], e)
	case abi.SetsTimer, abi.AsksTimer, abi.CountsOverrun, abi.DeletesTimer:
		if m := v.timers.find(s, t.Proc, ofMany, int32(e.Args[0])); m != nil {
			return v.many(s, t, e, call.Timing, m)
		}
		v.foreign = v.foreign || call.Timing == abi.SetsTimer
	case abi.SetsTimerfd, abi.AsksTimerfd:
		m := v.timers.descriptor(t, int(int32(e.Args[0])))
		switch {
		case m == nil:
		case call.Timing == abi.SetsTimerfd:
			m.uses = made.Touches()
			const abstime = unix.TFD_TIMER_ABSTIME
			_, valid := itimerspec(t, e.Args[2], abi.TimespecAt)
			if valid && e.Args[1]&^3 == 0 {
				// The kernel's forgets that it went off.
				unix.TimerfdSettime(int(m.file.Fd()), 0, &unix.ItimerSpec{}, nil)
				return v.settime(s, t, e, m, abi.TimespecAt, 2, e.Args[1]&abstime != 0)
			}
		default:
			return m.tell(t, now, e.Args[1], abi.TimespecAt)
		}
	case abi.SetsOption, abi.AsksOption:
		return v.option(t, e, call.Timing)
	}
	return trace.Proceed()
}

// many is what becomes of a call that has to do with one of timer_create's timers.
func (v *virtualTime) many(s *trace.Supervisor, t *trace.Thread, e *trace.Event, timing abi.Timing,
	m *timer) trace.Action {
	switch timing {
	case abi.SetsTimer:
		const abstime = 1
		return v.settime(s, t, e, m, abi.TimespecAt, 2, e.Args[1]&abstime != 0)
	case abi.AsksTimer:
		return m.tell(t, s.Now(), e.Args[1], abi.TimespecAt)
	case abi.CountsOverrun:
		m.notice(s)
		return trace.Skip(m.missed)
	}
	v.timers.list = slices.DeleteFunc(v.timers.list, func(o *timer) bool { return o == m })
	v.timers.made[t.Proc] = slices.DeleteFunc(v.timers.made[t.Proc], func(e *trace.Event) bool {
		return timerID(e) == m.id
	})
	return trace.Proceed()
}

// settime sets a timer as arguments from i on say: the new setting, and where the old one goes.
func (v *virtualTime) settime(s *trace.Supervisor, t *trace.Thread, e *trace.Event, m *timer,
	form abi.Form, i int, absolute bool) trace.Action {
	spec, valid := itimerspec(t, e.Args[i], form)
	if !valid {
		return trace.Proceed() // the kernel says what is wrong with it
	}
	now := s.Now()
	if e.Args[i+1] != 0 {
		if a := m.tell(t, now, e.Args[i+1], form); a != trace.Skip(0) {
			return a
		}
	}
	period, value := spec[0], spec[1]
	until := now + value
	if absolute {
		shows, _ := s.Clock().At(m.clock, now)
		until = now + value - shows
	}
	v.arm(s, m, e, until, period, value > 0)
	if value > 0 && until <= now {
		m.expire(s)
	}
	return trace.Skip(0)
}

// arm sets a timer, or stops it.
func (v *virtualTime) arm(s *trace.Supervisor, m *timer, e *trace.Event,
	until, period time.Duration, on bool) {
	v.began++
	m.event, m.order, m.raised, m.missed = e, v.began, false, 0
	m.on, m.until, m.period = on, until, period
	if on {
		s.Expect(true)
	}
}

// itimerspec reads a setting: the period, and the time until the timer goes off first.
func itimerspec(t *trace.Thread, addr uint64, form abi.Form) (spec [2]time.Duration, ok bool) {
	var b [32]byte
	if addr == 0 || !t.Read(b[:], addr) {
		return spec, false
	}
	for i := range spec {
		if spec[i], ok = spanOf(b[16*i:], form); !ok {
			return spec, false
		}
	}
	return spec, true
}

// tell answers a question for a timer's setting.
func (m *timer) tell(t *trace.Thread, now time.Duration, addr uint64, form abi.Form) trace.Action {
	if !t.Write(bytesOf(form, m.period, m.left(now)), addr) {
		return trace.Skip(-int64(unix.EFAULT))
	}
	return trace.Skip(0)
}

// left is how long it is until a timer goes off; 0 if it does not.
func (m *timer) left(now time.Duration) time.Duration {
	switch {
	case !m.on:
		return 0
	case m.until > now:
		return m.until - now
	case m.period > 0:
		return m.period - (now-m.until)%m.period
	}
	return 1
}

// find finds a timer, and makes the record of one that the kernel knows; nil if it knows none.
func (list *timers) find(s *trace.Supervisor, p *trace.Process, kind timerKind, id int32) *timer {
	for _, m := range list.list {
		same := m.process == p && m.kind == kind && m.id == id
		if same && (kind == ofProcess || m.execs == p.Execs) {
			return m
		}
	}
	m := &timer{process: p, kind: kind, id: id, execs: p.Execs,
		signal: trace.Timer{Signal: unix.SIGALRM}}
	if kind == ofMany {
		i := slices.IndexFunc(list.made[p], func(e *trace.Event) bool { return timerID(e) == id })
		if i < 0 || !m.described(s, list.made[p][i]) {
			return nil
		}
	}
	list.add(m)
	return m
}

// add adds a timer.
func (list *timers) add(m *timer) {
	if list.numbers == nil {
		list.numbers = map[*trace.Process]int{}
	}
	list.numbers[m.process]++
	m.number = list.numbers[m.process]
	list.list = append(list.list, m)
}

// timerID is the id that timer_create gave away, -1 if it has not.
func timerID(e *trace.Event) int32 {
	if m := e.Find(2, abi.Out); m != nil && len(m.Bytes) >= 4 && e.Result == 0 {
		return int32(binary.LittleEndian.Uint32(m.Bytes))
	}
	return -1
}

// described fills in what a call of timer_create asked for, and reports whether the timer counts
// real time, and not CPU time.
func (m *timer) described(s *trace.Supervisor, e *trace.Event) bool {
	m.clock = uint64(uint32(e.Args[0]))
	if _, ok := s.Clock().At(m.clock, 0); !ok {
		return false
	}
	m.signal = trace.Timer{Signal: unix.SIGALRM, ID: m.id, Value: uint64(m.id)}
	if event := e.Find(1, abi.In); event != nil && len(event.Bytes) >= 20 { // struct sigevent
		const none, threadID = 1, 4
		m.signal.Value = binary.LittleEndian.Uint64(event.Bytes)
		m.signal.Signal = syscall.Signal(binary.LittleEndian.Uint32(event.Bytes[8:]))
		switch binary.LittleEndian.Uint32(event.Bytes[12:]) {
		case none:
			m.signal.Signal = 0
		case threadID:
			m.signal.TID = int(int32(binary.LittleEndian.Uint32(event.Bytes[16:])))
		}
	}
	return true
}

// descriptor finds the timer that a descriptor stands for, whichever process made it; nil if it
// stands for none.
func (list *timers) descriptor(t *trace.Thread, fd int) *timer {
	clock, ok := timerfdClock(t.Proc.PID, fd)
	own, err := t.Descriptor(fd)
	if !ok || err != nil {
		return nil
	}
	for _, m := range list.list {
		if m.kind == ofDescriptor && sameFile(int(m.file.Fd()), own) {
			unix.Close(own)
			return m
		}
	}
	m := &timer{process: t.Proc, kind: ofDescriptor, clock: clock,
		file: os.NewFile(uintptr(own), "timerfd")}
	list.add(m)
	return m
}

// timerfdClock is the clock of a descriptor that stands for a timer, see proc_pid_fdinfo(5).
func timerfdClock(pid, fd int) (clock uint64, ok bool) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, fd))
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "clockid: "); found {
			_, err := fmt.Sscan(text, &clock)
			return clock, err == nil
		}
	}
	return 0, false
}

// sameFile reports whether two descriptors of the tool's stand for one open file description.
func sameFile(a, b int) bool {
	const kcmpFile = 0
	pid := uintptr(os.Getpid())
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpFile, uintptr(a), uintptr(b), 0)
	return errno == 0 && r == 0
}

// due lists the timers that will go off.
func (list *timers) due(s *trace.Supervisor) (all []due) {
	list.list = slices.DeleteFunc(list.list, func(m *timer) bool {
		return m.kind != ofDescriptor && m.process.Ended ||
			m.kind == ofMany && m.execs != m.process.Execs
	})
	list.notice(s)
	for _, m := range list.list {
		if m.on && !m.raised && (m.kind != ofMany || m.signal.Signal != 0) {
			all = append(all, due{m.until, m.event.At, m.order, m.process, m.actor, m.text, m.touches,
				func() { m.expire(s) }})
		}
	}
	return all
}

// notice sees to the timers that went off, each time that the clock has moved.
func (list *timers) notice(s *trace.Supervisor) {
	for _, m := range list.list {
		m.notice(s)
	}
}

// notice starts a timer again that went off, if somebody has taken notice meanwhile.
func (m *timer) notice(s *trace.Supervisor) {
	if !m.raised {
		return
	}
	m.missed = int64((s.Now() - m.until) / m.period)
	switch {
	case !m.pending(s):
		m.raised = false
		m.until += time.Duration(m.missed+1) * m.period
	case m.kind == ofDescriptor:
		m.ticks(uint64(m.missed + 1))
	}
}

// pending reports whether nobody has taken notice yet that a timer went off.
func (m *timer) pending(s *trace.Supervisor) bool {
	if m.kind == ofDescriptor {
		fds := []unix.PollFd{{Fd: int32(m.file.Fd()), Events: unix.POLLIN}}
		n, _ := unix.Poll(fds, 0)
		return n > 0
	}
	for _, t := range s.Threads() {
		if t.Proc == m.process && (m.signal.TID == 0 || m.signal.TID == t.TID) {
			return t.Pending()>>(m.signal.Signal-1)&1 != 0
		}
	}
	return false
}

// expire lets a timer go off.
func (m *timer) expire(s *trace.Supervisor) {
	s.Advance(m.until)
	switch m.kind {
	case ofProcess:
		s.Tick(m.process, unix.SIGALRM)
	case ofMany:
		if m.signal.Signal == 0 {
			return // SIGEV_NONE
		}
		s.Expire(m.process, m.signal)
	case ofDescriptor:
		m.ticks(1)
	}
	m.on, m.raised = m.period > 0, m.period > 0
	m.notice(s)
}

// ticks says how often a timer has gone off that is a descriptor. Where the kernel does not let it
// be said (CONFIG_CHECKPOINT_RESTORE), it is once.
func (m *timer) ticks(n uint64) {
	const tfdIocSetTicks = 0x40085400
	fd := m.file.Fd()
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, tfdIocSetTicks, uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		soon := unix.ItimerSpec{Value: unix.Timespec{Nsec: 1}}
		unix.TimerfdSettime(int(fd), 0, &soon, nil)
	}
}

func (m *timer) actor(p *Policy) string {
	return fmt.Sprintf("%s:timer%d", p.live.Name(m.process.PID), m.number)
}

func (m *timer) text(live *canon.Live) string {
	switch m.kind {
	case ofProcess:
		return "SIGALRM"
	case ofMany:
		return "a timer's " + abi.SignalName(int(m.signal.Signal))
	}
	return "the timer of " + live.Call(m.event).String()
}

func (m *timer) touches(live *canon.Live) []canon.Touch {
	if m.kind == ofDescriptor {
		return m.uses
	}
	return live.Signalled(m.process)
}

// The time limits of a socket are the kernel's, and so far off that it never comes to them: each is
// this many times as long as the program wants it. So they are where the program has put them,
// also in what accept(2) makes of a socket.
const stretched = 1 << 20

// longestLimit is more than that, and can still be stretched.
const longestLimit = 90 * 24 * time.Hour

// option is what becomes of a call that sets a time limit of a socket, or asks for it.
func (v *virtualTime) option(t *trace.Thread, e *trace.Event, timing abi.Timing) trace.Action {
	const rcvTimeoNew, sndTimeoNew = 66, 67
	opt := int(int32(e.Args[2]))
	switch {
	case e.Args[1] != unix.SOL_SOCKET:
		return trace.Proceed()
	case opt == unix.SO_RCVTIMEO || opt == rcvTimeoNew:
		opt = unix.SO_RCVTIMEO
	case opt == unix.SO_SNDTIMEO || opt == sndTimeoNew:
		opt = unix.SO_SNDTIMEO
	default:
		return trace.Proceed()
	}
	own, err := t.Descriptor(int(int32(e.Args[0])))
	if err != nil {
		return trace.Proceed()
	}
	defer unix.Close(own)
	if timing == abi.SetsOption {
		d, valid := span(t, e.Args[3], abi.TimevalAt)
		if !valid || int32(e.Args[4]) < 16 {
			return trace.Proceed() // the kernel says what is wrong
		}
		us := int64(min(d, longestLimit)/time.Microsecond) * stretched
		tv := unix.Timeval{Sec: us / 1e6, Usec: us % 1e6}
		if unix.SetsockoptTimeval(own, unix.SOL_SOCKET, opt, &tv) != nil {
			return trace.Proceed()
		}
		v.limits = true
		return trace.Skip(0)
	}
	var size [4]byte
	d, err := socketLimit(own, opt)
	if err != nil || !v.limits || !t.Read(size[:], e.Args[4]) ||
		binary.LittleEndian.Uint32(size[:]) < 16 {
		return trace.Proceed()
	}
	if !write(t, e.Args[3], abi.TimevalAt, d) || !t.Write([]byte{16, 0, 0, 0}, e.Args[4]) {
		return trace.Skip(-int64(unix.EFAULT))
	}
	return trace.Skip(0)
}

func socketLimit(fd, opt int) (time.Duration, error) {
	tv, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, opt)
	if err != nil {
		return 0, err
	}
	return time.Duration((tv.Sec*1e6+tv.Usec)/stretched) * time.Microsecond, nil
}

// timeoutOf is the time limit that a socket has for a call; 0 if it has none, or is none.
func timeoutOf(t *trace.Thread, e *trace.Event, form abi.Form) time.Duration {
	own, err := t.Descriptor(int(int32(e.Args[0])))
	if err != nil {
		return 0
	}
	defer unix.Close(own)
	opt := unix.SO_RCVTIMEO
	if form == abi.SndTimeo {
		opt = unix.SO_SNDTIMEO
	}
	d, err := socketLimit(own, opt)
	if err != nil {
		return 0
	}
	return d
}
