package trace

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/unwind"
)

// Thread is a traced thread. It belongs to the tracer's thread; policies see it while it's stopped.
type Thread struct {
	TID  int
	Proc *Process

	call     *Event // the call it's in, nil outside
	regs     registers
	state    state
	vforked  bool              // call has made a process, and waits for it
	answer   *int64            // a policy ends call with this result, see Supervisor.Answer
	altered  map[int]uint64    // arguments of call in whose place the kernel sees others, see Thread.Alter
	instead  bool              // it also sees another call, see Thread.Instead
	returns  func(int64) int64 // see Thread.Returns
	freeze   bool              // a policy wants it frozen as soon as it stops, see Supervisor.Freeze
	yielded  int               // it lets others go first; which of all that did so it was, 0 if it does not
	others   int               // what others had done when it was last let go: Supervisor.handled less Process.handled
	makesIPC bool              // call makes an object of IPC, if it succeeds
	reaps    bool              // it has waited for the end of a child
	let      bool              // and somebody else has moved since
	yields   int               // see Waiting
	exiting  bool              // it is on its way out
	withheld syscall.Signal    // what it is to be resumed with
	asleep   sleeper
	turns    uint64 // how often it had had the CPU when it was looked at
	unseen   bool   // it may be in a call that is not looked at
	inner    bool   // it was found asleep in a call that only its own process can end
	resumed  int    // position when it was last let go
	proc     procFiles
	costing  costing
}

// Pending are the signals that wait for the thread, or for any of its process: bit n-1 for signal
// n.
func (t *Thread) Pending() uint64 {
	status := t.signals()
	return status.own | status.shared
}

// signalSets are the sets that proc_pid_status(5) has of a thread.
type signalSets struct{ own, shared, blocked, ignored, caught uint64 }

func (t *Thread) signals() (sets signalSets) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", t.Proc.PID, t.TID))
	if err != nil {
		return sets
	}
	for line := range strings.Lines(string(status)) {
		fmt.Sscanf(line, "SigPnd:\t%x", &sets.own)
		fmt.Sscanf(line, "ShdPnd:\t%x", &sets.shared)
		fmt.Sscanf(line, "SigBlk:\t%x", &sets.blocked)
		fmt.Sscanf(line, "SigIgn:\t%x", &sets.ignored)
		fmt.Sscanf(line, "SigCgt:\t%x", &sets.caught)
	}
	return sets
}

// Caught reports whether a signal waits for the thread for which it has a handler.
func (t *Thread) Caught() bool {
	sets := t.signals()
	return (sets.own|sets.shared)&sets.caught&^sets.blocked != 0
}

// disregards reports whether signals wait for a thread, and it ignores all of them, or does so by
// default. Without a tracer they would not wait for it, nor interrupt its calls.
func (t *Thread) disregards() bool {
	const byDefault = 1<<(unix.SIGCHLD-1) | 1<<(unix.SIGCONT-1) | 1<<(unix.SIGURG-1) | 1<<(unix.SIGWINCH-1)
	sets := t.signals()
	wait := (sets.own | sets.shared) &^ sets.blocked
	return wait != 0 && wait&^(sets.ignored|byDefault&^sets.caught) == 0
}

// Read reads memory of the thread's process, and reports whether all of it could be read.
func (t *Thread) Read(p []byte, addr uint64) bool { return t.mem().Read(p, addr) == len(p) }

// Write changes the memory of a stopped thread.
func (t *Thread) Write(p []byte, addr uint64) bool { return t.mem().write(p, addr) }

// Call is the call that the thread is in, nil when it is in none.
func (t *Thread) Call() *Event { return t.call }

// Parked reports whether the thread was stopped by a signal (SIGSTOP and its like).
func (t *Thread) Parked() bool { return t.state == parked }

// Held reports whether a policy holds the thread.
func (t *Thread) Held() bool { return t.state == held }

func (t *Thread) mem() memory { return memory{tid: t.TID} }

// Supervisor runs one process tree. All of its methods belong to the tracer's thread.
type Supervisor struct {
	cfg     Config
	trace   *Trace
	threads map[int]*Thread
	resumed *Thread          // the last one
	procs   map[int]*Process // by id, the last one that had it
	heard   map[int]int      // position at which each thread was born or ended, by id
	pending map[int]*Event   // threads that were created but not yet heard of, and the calls that made them
	known   map[inode]bool   // files that were opened for writing
	late    int              // the process that was last killed while it created one
	started []*console
	stacks  stacks
	events  []Event // not yet used
	wanted  wanted
	files   fileTimes
	inodes  inodes
	ahead   ahead
	info    syscallInfo
	capture capturer
	bell    *bell
	alarms  *alarmClock
	network network
	remains remains
	clock   int           // positions of stops
	now     time.Duration // by the clock of the programs
	loose   bool          // see Loosen
	held    int
	expects bool         // see Expect
	frozen  int          // threads that a policy keeps from the CPU
	queued  int          // threads that wait for their turn
	yields  int          // how often threads have let others go first
	handled int          // stops handled, and moments at which nothing moved
	leaders map[int]bool // of the sessions of programs
	births  map[int]int  // position at which each thread was created by another one, by id
	live    int          // processes that have not ended
	end     Quiet        // Stuck or Over once the policy has said so
	beat    atomic.Int64 // stops handled, for the ticker that looks for standstill
	expired atomic.Bool  // the time is over
	flooded atomic.Bool  // the output limit is reached
	output  atomic.Int64
}

// Run starts the commands, in order, and supervises them and all their descendants until none is
// left. It always returns a Trace, possibly of a run that was cut short, in which case the error
// says why: a *LimitError, a *StartError, or the context's. No process of the run is alive when it
// returns, nor if the tool is killed before.
func Run(ctx context.Context, cfg Config, commands ...Command) (*Trace, error) {
	if cfg.Images == nil {
		cfg.Images = unwind.NewImages()
	}
	if cfg.Turns {
		cfg.Pass = slices.DeleteFunc(slices.Clone(cfg.Pass), func(nr uint64) bool { return nr == unix.SYS_SCHED_YIELD })
	}
	s := &Supervisor{
		cfg:     cfg,
		trace:   &Trace{Tracer: os.Getpid()},
		threads: map[int]*Thread{},
		procs:   map[int]*Process{},
		heard:   map[int]int{},
		pending: map[int]*Event{},
		births:  map[int]int{},
		leaders: map[int]bool{},
		stacks:  stacks{images: cfg.Images, known: map[uint64][]*Stack{}},
	}
	var err error
	onThread(func() { err = s.run(ctx, commands) })
	return s.trace, err
}

// onThread calls f on a thread of its own: ptrace requests are bound to the thread that seized. The
// thread ends with f, and its affinity with it.
//
// It's never the process's first thread. That one is the parent of all orphans (see subreaper), so
// a supervisor there would be told, and not the one that traces them, how the orphans of other runs
// stop and end: __WNOTHREAD does not tell these apart. Nor is it one that has children, because a
// goroutine that started them has run there (os/exec): we'd reap them.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // without an unlock: that's what ends the thread
		if unix.Gettid() == unix.Getpid() || hasChildren() {
			defer runtime.UnlockOSThread()
			onThread(f) // we keep this thread busy meanwhile
			return
		}
		f()
	}()
	<-done
}

// hasChildren reports whether the calling thread has started processes that are still there.
func hasChildren() bool {
	err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL|unix.WNOTHREAD, nil)
	return err != unix.ECHILD
}

// reported reports whether wait4 would return at once.
func reported() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WSTOPPED|unix.WNOHANG|unix.WNOWAIT|unix.WALL|unix.WNOTHREAD, nil)
	return err != nil || info.Signo != 0
}

// subreaper makes orphans of traced programs our children instead of init's, whose care for them is
// not certain: in many containers process 1 never reaps.
var subreaper = sync.OnceFunc(func() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })

func (s *Supervisor) run(ctx context.Context, commands []Command) error {
	begin := time.Now()
	defer func() { s.trace.Elapsed = time.Since(begin) }()
	subreaper()
	hush()
	s.bell = newBell()
	defer s.bell.close()
	s.alarms = newAlarmClock()
	defer s.alarms.close()
	defer s.reap()
	if !s.cfg.AllCPUs {
		defer shareCPU()()
	}
	defer context.AfterFunc(ctx, s.bell.ring)()
	if d := s.cfg.Limits.Time; d > 0 {
		defer time.AfterFunc(d, func() { s.expired.Store(true); s.bell.ring() }).Stop()
	}
	defer func() {
		defer s.settleWritten() // when nobody writes any more
		s.kill()                // does nothing after a run that came to its end; after any other, also a panic, nobody may stay
		for _, c := range s.started {
			c.finish()
		}
		for _, t := range s.threads {
			t.proc.close()
		}
		s.network.close()
		s.remains.remove()
	}()
	defer s.watch()()
	for _, c := range commands {
		if err := s.Start(c); err != nil {
			return err
		}
	}
	return s.loop(ctx)
}

// standstill is how long nothing must happen before it's asked whether anything ever will.
const standstill = 25 * time.Millisecond

// watch rings the bell when no stop has come for a while, and now and then in any case, because of
// those who are busy: in a driven run wait looks by itself, and would only begin its naps anew. It
// returns the function that ends it.
func (s *Supervisor) watch() (stop func()) {
	if s.cfg.Policy == nil || s.cfg.Driven {
		return func() {}
	}
	ticker, done := time.NewTicker(standstill), make(chan struct{})
	go func() {
		last := int64(-1)
		for ticks := 0; ; ticks++ {
			select {
			case <-done:
				return
			case <-ticker.C:
				if now := s.beat.Load(); now == last || ticks%4 == 0 {
					s.bell.ring()
				} else {
					last = now
				}
			}
		}
	}()
	return func() { ticker.Stop(); close(done) }
}

// underway counts the runs of this process that go on, by CPU: those side by side take different
// ones.
var underway struct {
	sync.Mutex
	on map[int]int
}

// shareCPU binds the calling thread, and with it all that it starts, to one of the CPUs that it may
// use: the one with the fewest runs, and of several the next one from a point that differs between
// tools side by side. It returns what is to be called at the run's end.
func shareCPU() (leave func()) {
	var allowed, one unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil || allowed.Count() == 0 {
		return func() {} // only speed is lost
	}
	var cpus []int
	for cpu := range 64 * len(allowed) {
		if allowed.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	underway.Lock()
	defer underway.Unlock()
	best := idlest(cpus, underway.on, os.Getpid())
	if underway.on == nil {
		underway.on = map[int]int{}
	}
	underway.on[best]++
	one.Set(best)
	unix.SchedSetaffinity(0, &one)
	return func() {
		underway.Lock()
		defer underway.Unlock()
		underway.on[best]--
	}
}

// idlest is the CPU with the fewest runs, looked for from a point on.
func idlest(cpus []int, on map[int]int, from int) int {
	best := cpus[from%len(cpus)]
	for i := range cpus {
		if cpu := cpus[(from+i)%len(cpus)]; on[cpu] < on[best] {
			best = cpu
		}
	}
	return best
}

// loop handles one stop after the other until no process is left, or the policy says that the run
// is over.
func (s *Supervisor) loop(ctx context.Context) error {
	for {
		tid, ws, errno := s.wait()
		switch {
		case s.end == Stuck:
			s.trace.Deadlock = s.whereabouts()
			return nil
		case s.end == Over:
			s.trace.Left = s.whereabouts()
			return nil
		case errno == syscall.ECHILD:
			return nil
		case errno == syscall.EINTR:
			if err := s.look(ctx); err != nil {
				return err
			}
			continue
		case errno != 0:
			return fmt.Errorf("wait4: %w", errno)
		}
		s.trace.Switches++
		s.beat.Add(1)
		if err := s.handle(tid, ws); err != nil {
			return err
		}
		if s.bell.rung.Load() { // wait4 is not interrupted as long as it has something to report
			if err := s.look(ctx); err != nil {
				return err
			}
		}
	}
}

// look is for when the bell has rung: is the run over, does nothing move, or who is busy?
func (s *Supervisor) look(ctx context.Context) error {
	s.bell.heard()
	if err := s.overrun(ctx); err != nil || !s.mayAsk() {
		return err
	}
	if s.quiescent() {
		s.ask()
	} else {
		s.busy()
	}
	return nil
}

// busy is called when something has moved for a while without a stop.
func (s *Supervisor) busy() {
	s.relieve()
	s.cfg.Policy.Busy(s)
}

// overrun says why the run must end now, nil if it need not.
func (s *Supervisor) overrun(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case s.expired.Load():
		return s.limit("time", s.cfg.Limits.Time.String())
	case s.flooded.Load():
		return s.limit("output", fmt.Sprintf("%d bytes", s.cfg.Limits.Output))
	}
	return nil
}

// wait waits for the next stop or end. While a policy holds a thread, or drives the run, it also
// watches for the moment when nothing moves. It returns EINTR when there's something else to look
// at.
func (s *Supervisor) wait() (int, syscall.WaitStatus, syscall.Errno) {
	nap := time.Duration(0)
	for looks := 0; s.held+s.queued+s.frozen > 0 || s.cfg.Driven || s.expects && s.mayAsk(); looks++ {
		flags := unix.WNOHANG
		if looks > 3 {
			nap = min(max(2*nap, shortest), longest)
			if s.alarms.set(nap) {
				flags = 0
			} else {
				rest(nap)
			}
		}
		tid, ws, errno := wait4(flags)
		if flags == 0 {
			s.alarms.set(0)
		}
		if errno == 0 && tid != 0 || errno != 0 && errno != syscall.ECHILD && errno != syscall.EINTR {
			return tid, ws, errno
		}
		if s.bell.rung.Load() {
			return 0, 0, syscall.EINTR
		}
		if looks == 0 {
			yield() // to those that were resumed just now: they share the CPU with us, and most likely stop again at once
		} else if s.quiescent() {
			if s.ask() == Moved {
				looks, nap = -1, 0
				continue
			}
			if s.end != Waits || errno == syscall.ECHILD {
				return 0, 0, errno
			}
		} else if looks < 3 {
			yield()
		} else if nap >= longest/2 {
			s.busy()
		}
	}
	return wait4(0)
}

// shortest and longest are for how long wait waits for a stop before it looks whether anything
// moves: for longer and longer.
//
// A tracer that wakes each millisecond can keep a program of its own from the CPU for many seconds,
// if others want it too: the kernel gives each session a share (sched(7), autogroup), and a program
// that hardly runs was seen runnable for 9 s without being run once, beside a busy loop, until the
// tracer slept for some time.
const (
	shortest = 50 * time.Microsecond
	longest  = 32 * time.Millisecond
)

// rest pauses the tracer's thread. (time.Sleep would hand the goroutine to the scheduler, and get
// it back from another thread.)
func rest(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil)
}

func yield() { syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// mayAsk reports whether a policy may be asked what to make of a standstill: not as long as we
// ourselves have something to hand over.
func (s *Supervisor) mayAsk() bool {
	if s.cfg.Policy == nil || len(s.threads) == 0 {
		return false
	}
	for _, c := range s.started {
		if !c.fed.Load() {
			return false // whoever writes to its standard input may go on
		}
	}
	return true
}

// Threads lists the live threads in the order of their ids.
func (s *Supervisor) Threads() []*Thread {
	list := make([]*Thread, 0, len(s.threads))
	for _, t := range s.threads {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *Thread) int { return a.TID - b.TID })
	return list
}

// Release lets a held thread go on as the action says.
func (s *Supervisor) Release(t *Thread, a Action) {
	if t.state == held {
		s.to(t, stopped)
		s.clock++ // so that no two calls begin at one position
		s.act(t, a)
	}
}

// handle deals with one report of wait4. It is longer than functions here are: it is the table of
// ptrace's stops, as ptrace(2) has them.
func (s *Supervisor) handle(tid int, ws syscall.WaitStatus) error {
	t := s.threads[tid]
	if ws.Exited() || ws.Signaled() {
		return s.ended(tid, ws)
	}
	if t == nil {
		t = s.newborn(tid)
		if n := s.cfg.Limits.Threads; n > 0 && len(s.threads) > n {
			return s.limit("threads", strconv.Itoa(n))
		}
	} else {
		s.to(t, stopped) // of one that was kept: it was killed, or it would not report
	}
	s.handled++
	t.Proc.handled++
	if t.Proc.Apart != t {
		t.Proc.Stops++
	}
	t.costing.stops++
	sig := ws.StopSignal()
	switch event := int(uint32(ws) >> 16); event {
	case unix.PTRACE_EVENT_SECCOMP:
		switch {
		case t.Proc.filtered && !isOurs(t):
			// Meant for a tracer that the program has not got. The call fails then.
			if t.regs.get(tid) == nil {
				t.regs.skip(tid, -int64(unix.ENOSYS))
			}
		case t.call == nil: // else it was caught before, see called
			return s.entry(t)
		}
	case unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK, unix.PTRACE_EVENT_CLONE:
		s.created(t, event)
	case unix.PTRACE_EVENT_EXIT:
		// Nobody waits for it any more but the kernel.
		s.unfreeze(t)
		t.exiting = true
		s.pay(t)
	case unix.PTRACE_EVENT_EXEC:
		if err := s.executed(t); err != nil {
			return err
		}
	case unix.PTRACE_EVENT_STOP:
		switch sig {
		case unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
			// A group-stop: leave it stopped, but go on hearing of it (SIGCONT,
			// SIGKILL).
			s.to(t, parked)
			s.alarmed() // SIGCHLD
			ptrace(unix.PTRACE_LISTEN, tid, 0, 0)
			return nil
		}
	case 0:
		if sig == unix.SIGTRAP|0x80 {
			return s.called(t)
		}
		return s.signal(t, sig)
	}
	if t.state != early { // who made a process is known before it makes its first call
		s.resume(t, 0)
	}
	return nil
}

// called handles a syscall-stop: the exit of the call that the thread is in, or the entry of one in
// a process that has a seccomp filter of its own. A call that such a filter refuses comes to no
// PTRACE_EVENT_SECCOMP, and must be caught before.
func (s *Supervisor) called(t *Thread) error {
	if t.call != nil {
		return s.exit(t)
	}
	if t.Proc.filtered && atEntry(t.TID) && t.regs.get(t.TID) == nil && !slices.Contains(s.cfg.Pass, t.regs.nr()) {
		return s.entry(t)
	}
	s.resume(t, 0)
	return nil
}

// isOurs reports whether it is our filter that reports a call.
func isOurs(t *Thread) bool {
	word, err := eventMsg(t.TID)
	return err != nil || word == ours
}

// resume ends a stop. ESRCH means that the thread was killed in the meantime: its end will be
// reported.
func (s *Supervisor) resume(t *Thread, sig syscall.Signal) {
	if t.freeze {
		s.to(t, frozen)
		t.withheld = sig
		return
	}
	if s.waitsForTurn(t) {
		s.queue(t, sig)
		return
	}
	request := unix.PTRACE_CONT
	if t.call != nil || t.Proc.filtered {
		request = unix.PTRACE_SYSCALL // we still want the exit of this call
	}
	s.to(t, running)
	t.resumed, t.others, t.Proc.still = s.clock, s.handled-t.Proc.handled, false
	s.resumed = t
	ptrace(request, t.TID, 0, uintptr(sig))
}

// signal records a signal that's about to be delivered. Not so the launcher's: Go's runtime
// preempts by sending itself SIGURG, and one that is still pending goes through execve to the
// program, which can't have sent itself any before its first call.
func (s *Supervisor) signal(t *Thread, sig syscall.Signal) error {
	e := &Event{Kind: Signal, PID: t.Proc.PID, TID: t.TID, Signo: int(sig)}
	if si, err := getSiginfo(t.TID); err == nil {
		if sig == t.Proc.tick && int(si.pid) == s.trace.Tracer && si.code == siUser {
			t.Proc.tick = 0
			si.code, si.pid = siKernel, 0
			ptrace(unix.PTRACE_SETSIGINFO, t.TID, 0, uintptr(unsafe.Pointer(&si)))
		}
		e.Sender, e.Code = si.sender(), int(si.code)
		if sig == unix.SIGSYS && si.code == sysSeccomp && si.arch != auditArch {
			return fmt.Errorf("process %d (%s) makes system calls of another architecture (32-bit code?), which can't be traced",
				t.Proc.PID, t.Proc.Exe)
		}
	}
	if !t.Proc.launching() && (t.Proc.begun || e.Sender != e.PID) {
		s.wanted.note(t, e)
		if err := s.record(e); err != nil {
			return err
		}
	}
	s.resume(t, sig)
	return nil
}

// newEvent makes events in blocks, and not with an allocation for each.
func (s *Supervisor) newEvent() *Event {
	if len(s.events) == 0 {
		s.events = make([]Event, 64)
	}
	e := &s.events[0]
	s.events = s.events[1:]
	return e
}

// record appends an event and gives it its position.
func (s *Supervisor) record(e *Event) error {
	s.clock++
	if e.Entered, e.At = s.clock, s.now; s.loose || s.cfg.Clock == nil {
		e.At = Unsure
	}
	s.trace.Events = append(s.trace.Events, e)
	if n := s.cfg.Limits.Calls; n > 0 && len(s.trace.Events) > n {
		return s.limit("calls", strconv.Itoa(n))
	}
	if n := s.cfg.Limits.Memory; n > 0 && s.capture.bytes > n {
		return s.limit("memory", fmt.Sprintf("%d bytes read and written", n))
	}
	return nil
}

// limit makes the error for a limit and notes where everybody is.
func (s *Supervisor) limit(name, value string) error {
	s.cfg.Limits = Limits{} // the run is over, and what is seen from now on does not count
	return &LimitError{Limit: name, Value: value, Waiting: s.whereabouts()}
}

// whereabouts tells where each thread is. One that computes must be interrupted first to be asked.
func (s *Supervisor) whereabouts() []Waiting {
	asked := map[int]bool{}
	for tid, t := range s.threads {
		if t.call == nil && t.state == running && ptrace(unix.PTRACE_INTERRUPT, tid, 0, 0) == nil {
			asked[tid] = true
		}
	}
	for deadline := time.Now().Add(2 * time.Second); len(asked) > 0 && time.Now().Before(deadline); {
		tid, ws, errno := wait4(unix.WNOHANG)
		switch {
		case errno != 0:
			deadline = time.Time{} // nobody is left
		case tid == 0:
			time.Sleep(time.Millisecond)
		case !ws.Stopped():
			s.ended(tid, ws)
		case s.threads[tid] == nil:
			s.newborn(tid)
		default:
			s.to(s.threads[tid], stopped)
		}
		delete(asked, tid)
	}
	var list []Waiting
	for _, t := range s.Threads() {
		if t.state == frozen {
			continue // where a policy has stopped it, which says nothing about the program
		}
		w := Waiting{PID: t.Proc.PID, TID: t.TID, Event: t.call, Stopped: t.state == parked, Yields: t.yields}
		if t.call != nil {
			w.Stack = t.call.Stack
		} else if t.inStop() && !s.cfg.NoStack && t.regs.get(t.TID) == nil {
			w.Stack = s.stacks.at(t, nil)
		}
		list = append(list, w)
	}
	seen := map[*Process]bool{}
	for _, t := range s.Threads() {
		if !seen[t.Proc] {
			seen[t.Proc] = true
			list = append(list, s.waitingGoroutines(t)...)
		}
	}
	return list
}

// kill ends every process of the run and waits until they are gone. A process that was being
// created meanwhile is attached by the kernel, reports its first stop, and is killed then.
func (s *Supervisor) kill() {
	for tid, t := range s.threads {
		s.pay(t)
		syscall.Kill(tid, syscall.SIGKILL)
		ptrace(unix.PTRACE_CONT, tid, 0, 0) // from PTRACE_EVENT_EXIT no signal gets it
	}
	for {
		tid, ws, errno := wait4(0)
		switch {
		case errno == syscall.EINTR:
			s.bell.heard()
			continue
		case errno != 0:
			return // ECHILD: nobody is left
		case ws.Stopped():
			syscall.Kill(tid, syscall.SIGKILL)
			ptrace(unix.PTRACE_CONT, tid, 0, 0)
		}
		s.hear(tid)
	}
}

// reap frees the zombies that the run has left us: a process that its parent did not wait for
// becomes, when the parent ends, a child of this whole program, which wait4 above never asks for.
// The session tells them from other children.
func (s *Supervisor) reap() {
	for pid := range s.heard {
		state, parent, session := procStat(fmt.Sprintf("/proc/%d/stat", pid))
		if state == 'Z' && parent == os.Getpid() && (s.leaders[session] || s.procs[session] != nil) {
			syscall.Wait4(pid, nil, syscall.WNOHANG|unix.WALL, nil)
		}
	}
}
