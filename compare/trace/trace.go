// Package trace runs programs under ptrace(2) and records what the kernel saw: every system call of
// every process they become, with its arguments, the memory these pointed at, the result, and the
// stack that asked; every signal delivered; every exit. It decides nothing about what a call means:
// that is package canon's work.
//
// A launcher (a process that makes a list of system calls, see launcher.go) stops before it becomes
// the traced program, is seized, and installs a seccomp filter that reports the calls of interest
// and lets the rest pass. A call that is not of interest then costs a filter run, about 0.1 µs,
// instead of two stops. Entry and exit are told apart by the kind of stop (PTRACE_EVENT_SECCOMP and
// the syscall-exit-stop), never by counting.
//
// Tracer and traced processes share one CPU unless Config.AllCPUs is set: a stop is then a context
// switch on that CPU and not a wake-up of another one, which is four to six times faster and leaves
// fewer orders in which things can happen.
//
// What a program can notice: unless root runs the tool, it may not gain privileges by execve
// (PR_SET_NO_NEW_PRIVS); it may not trace or be traced by others (EPERM), nor enter seccomp's
// strict mode (EINVAL); and proc_pid_status(5) tells of its tracer and of our filter. (Package
// sched hides what can be hidden of that.) With Config.NoDelay its TCP sockets have TCP_NODELAY.
// Its parent and that of its orphans is the tool. A signal that it ignores, such as SIGCHLD, can
// interrupt a call all the same, which then is made again: a Result ERESTART* (512 to 516) and the
// call once more, or restart_syscall. Not supported are 32-bit programs, and 32-bit calls from
// 64-bit ones: the run ends with an error.
package trace

import (
	"fmt"
	"hash"
	"io"
	"syscall"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/unwind"
)

// Kind says what an Event is.
type Kind uint8

const (
	Call   Kind = iota // a system call
	Signal             // a signal was delivered to the thread
	Exit               // the process ended
	Sleep              // a goroutine slept (time.Sleep): that is no call of its own
)

// NotReturned is the Result of a call that was entered but never returned: exit_group, a call in
// which the process was killed, and one still in flight when the run was stopped.
const NotReturned = -1 << 62

// Event is one thing that the kernel saw a thread do. Events are owned by the Trace and must not be
// changed.
type Event struct {
	Kind Kind
	Skip bool // of a call: a policy answered it in the kernel's place
	PID  int  // process (thread group) id
	TID  int  // thread id

	// Entered and Left are positions in the run's one sequence of stops: an event that left
	// before another one entered has the smaller number. Left is 0 for a call that never
	// returned.
	Entered, Left int

	// Begun is the position at which a call was let happen: Entered, or later if a policy held
	// it; 0 if it never was.
	Begun int

	// Of a call.
	At     time.Duration // of the run's clock, when it was entered; of any kind of event
	Nr     uint64
	Args   [6]uint64
	Result int64    // as the kernel gave it: negative errno on failure, possibly the kernel's own ERESTART* codes
	Memory []Memory // what pointer arguments stood for, as package abi says
	Stack  *Stack   // who asked; shared between equal stacks

	// Goroutine is the one that made the call in a Go program, by its number in the order of their
	// creation, of which 1 is that of main.main; 0 if none did, or it can't be told.
	Goroutine uint64

	// Of a sleep, Args[0] is its length in nanoseconds.

	// Of a signal: its number, the sender's process id (0: the kernel) and si_code. Of an exit:
	// the wait status.
	Signo  int
	Sender int
	Code   int
	Status Status
}

// Memory is a piece of the caller's memory that an argument pointed at.
type Memory struct {
	Arg  uint8    // index of the argument
	Part Part     // of which part of it
	When abi.When // abi.In: as it was at the entry; abi.Out: at the exit
	Bad  bool     // it could not be read, or not whole: Bytes has what could be
	// Bytes are the bytes of the buffer or structure; of a vector of strings all of them, each
	// with its NUL; of an iovec or a msghdr the bytes of its buffers, in order.
	Bytes []byte
	Rest  *Rest // what follows Bytes and is not kept, because there is too much of it; nil if that is nothing
}

// Rest is the part of a large buffer that is not kept: it can be compared, but not shown.
type Rest struct {
	Size int
	hash hash.Hash
}

// Sum is the SHA-256 of the bytes.
func (r *Rest) Sum() []byte { return r.hash.Sum(nil) }

// Part says which part of a compound argument a Memory is.
type Part uint8

const (
	Whole    Part = iota
	Name          // msg_name of a msghdr
	Control       // msg_control of a msghdr
	Messages      // of a msghdr, or of each of several: how many bytes it has (4 bytes) and its msg_flags (4)
	Local         // of the socket that connect or accept connected: its own address
	Peer          // and that of the other end
	Rooms         // of buffers that the kernel is to fill: how large each is, 8 bytes a number
	Pointee       // what structures lead to, in the order of their fields, see abi.Layout.Leads
	Before        // what stood where the call writes in another process, of each buffer; Bad where that is not known
	Wanted        // of no argument: the signals that a Go program asked for, bit n%8 of byte n/8 for signal n
)

// Restarts reports whether a call was interrupted by a signal such that the kernel makes it again,
// unless a handler of the program's without SA_RESTART runs first: its result is then one of the
// codes in include/linux/errno.h of which programs never hear.
func (e *Event) Restarts() bool { return abi.Restarts(e.Result) }

// Part is a part of what the first argument stood for, as it was at the exit; nil if it has no such
// part.
func (e *Event) Part(part Part) []byte {
	for k := range e.Memory {
		if m := &e.Memory[k]; m.Arg == 0 && m.When == abi.Out && m.Part == part {
			return m.Bytes
		}
	}
	return nil
}

// Find is the memory of argument i at the given moment, nil if there was none to read.
func (e *Event) Find(i int, when abi.When) *Memory {
	for k := range e.Memory {
		if m := &e.Memory[k]; int(m.Arg) == i && m.When == when && m.Part == Whole {
			return m
		}
	}
	return nil
}

// Flags are those of the call whose signature is c, wherever they stand.
func (e *Event) Flags(c *abi.Call) uint64 {
	i, ok := c.Flags.Arg()
	if !ok {
		return c.Implied
	}
	a := &c.Args[i]
	if a.When == abi.Value {
		return c.Implied | a.Kind.Value(e.Args[i])
	}
	if m := e.Find(i, abi.In); m != nil {
		return c.Implied | a.Struct.Fields[0].Value(m.Bytes)
	}
	return c.Implied
}

// Status is how a process ended, as wait(2) tells.
type Status struct {
	Code   int // exit code, when Signal is 0
	Signal int // the signal that killed it, or 0
}

// Stack is the chain of code addresses that led to a call, innermost first; package unwind turns
// them into functions.
type Stack struct {
	PCs   []uint64
	Space *unwind.Space
}

// Process is one process of a run.
type Process struct {
	PID    int
	Index  int    // its place in Trace.Processes
	Parent int    // the process that created it; 0 for a program that the run started
	Role   string // the name under which the run started the program; children inherit it
	Made   *Event // the call that created it; nil of a program, and of one whose creator was killed in that call
	Exe    string // path of the program it executes now, as /proc told
	Execs  int    // how often it has executed a program
	Itself bool   // the first one was the program that it had been created as
	Ended  bool
	Status Status
	Cost   Cost // with Config.Cost

	// Stops is how often its threads have stopped so far, but for the one that is Apart: a
	// policy that moves a thread itself does not learn anything from its stops.
	Stops int
	Apart *Thread

	console  *console     // of a program
	clock    uint64       // address of what it reads the time from, 0 if it reads the kernel's; see vdsoClock
	leaf     unwind.Range // what reads there
	asks     bool         // each time, see Supervisor.Ask
	born     int          // position
	begun    bool         // it has made a call of its own
	space    *unwind.Space
	dirty    bool                     // code was mapped since space was read
	still    bool                     // all of its threads were, and none has been let go since
	filtered bool                     // has a seccomp filter of its own
	tick     syscall.Signal           // sent by Supervisor.Tick and not yet delivered
	slept    map[uint64]time.Duration // until when each goroutine sleeps, or slept, by number
	handled  int                      // its stops so far
	runner   *Thread                  // has the turn, see Config.Turns
	computes computing                // since when it computes
	computed time.Duration            // its CPU time then
}

// Trace is the record of one run.
type Trace struct {
	Events    []*Event // in the order in which they were entered
	Processes []*Process
	Programs  []*Program
	Tracer    int       // the tool's own process id: the parent of programs and of orphans
	Deadlock  []Waiting // where everybody waited when a policy found the run stuck; nil if it was not
	Left      []Waiting // where those waited who were left when a policy said that the run was over
	Written   []Written // files that were opened for writing, in the order of their first opening
	Deprived  []string  // executed files that would have given privileges outside, see execve(2)
	Elapsed   time.Duration
	Switches  int  // ptrace stops handled
	Strange   bool // calls may have passed that should not have, see Config.NoRuntime

	byID map[int]*Process
}

// Process finds a process by its id, nil if the run had none. Ids that the kernel used twice give
// the last one.
func (t *Trace) Process(pid int) *Process { return t.byID[pid] }

// Add adds a process.
func (t *Trace) Add(p *Process) {
	if t.byID == nil {
		t.byID = map[int]*Process{}
	}
	p.Index = len(t.Processes)
	t.Processes = append(t.Processes, p)
	t.byID[p.PID] = p
}

// Command is a program to run.
type Command struct {
	Role string   // the name of its first process in reports
	Path string   // file to execute
	Args []string // argv, with the program's own name first
	Env  []string
	Dir  string
	// Stdin is what the program reads from descriptor 0, a pipe, as it comes. If it is nil
	// Input says what there is instead; and if that is nil too, end of file at once, unless
	// it's Typed: then it is what Supervisor.Type writes, until Supervisor.CloseInput.
	Stdin io.Reader
	Input *Input
	Typed bool
	// Terminal makes the terminal its standard input, too, and the one that controls its
	// session: what Supervisor.Type writes is typed there. It begins a session, so that when it
	// ends the terminal hangs up on its children (SIGHUP).
	Terminal bool
}

// Config says how to run. The zero value traces with no limits.
type Config struct {
	Policy  Policy // what to do at each call; nil lets all of them run
	Clock   *Clock // what the programs see of time; nil: the real one
	Random  Random // what the programs get for random bytes; nil: what the kernel gives them
	Driven  bool   // the policy drives the run from outside, see Supervisor.Start; it is over when Quiet says so
	AllCPUs bool   // leave the affinity alone
	Limits  Limits // a zero field is no limit
	Images  *unwind.Images
	Pass    []uint64 // numbers of the calls that are not of interest; execve always is
	NoStack bool     // do not ask who asked
	NoDelay bool     // what programs write to TCP sockets is sent at once: they have TCP_NODELAY
	Shift   bool     // the programs' own descriptors begin with 4: 3 is standard error once more
	Turns   bool     // the threads of a process run one at a time, see threads.go; sched_yield(2) is not recorded
	Keep    bool     // leave what the programs make of IPC where it is, see remains
	Cost    bool     // find out what each process takes, see Process.Cost; one more stop for each thread

	// NoRuntime lets the calls pass that Go's runtime makes for itself, as far as the place
	// that they're made from tells, see unwind.RuntimeStubs: nine in ten of a small program's
	// calls. It only looks at programs that the run starts itself; one that executes another
	// program, which may have something else at these places, makes Trace.Strange true.
	NoRuntime bool
}

// Random fills b with the random bytes that a program finds on its stack, AT_RANDOM in
// getauxval(3).
type Random func(t *Trace, p *Process, b []byte)

// Limits bound a run. Every one of them has an error of its own, see LimitError.
type Limits struct {
	Time    time.Duration
	Threads int // that exist at one time, in all processes
	Calls   int // and signals, and ends of processes
	Output  int // bytes written by all programs of the run to their terminals and standard errors
	Memory  int // bytes of what calls' arguments pointed at, all of which a Trace keeps
}

// LimitError says that a run was stopped because it went over a limit.
type LimitError struct {
	Limit   string // "time", "threads", "calls", "output", "memory"
	Value   string // the limit itself, for people
	Waiting []Waiting
}

// Waiting says where a thread was when the run was stopped.
type Waiting struct {
	PID, TID int
	Event    *Event // the call it was in; nil: it was computing, and Stack says where
	Stack    *Stack // nil of a process that was stopped (SIGSTOP)
	Stopped  bool   // it was
	// Goroutine is the number of one that waits at Stack, on no thread; 0: it is about the thread.
	Goroutine uint64
	Yields    int // how often it has called sched_yield(2) since it made another call
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s limit reached (%s)", e.Limit, e.Value)
}

// Policy decides at each call what becomes of it. Its methods run on the tracer's thread while the
// caller is stopped, so they must not block. Virtual time, controlled schedules and fault injection
// are policies; the loop knows none of them.
type Policy interface {
	// Enter is asked at the entry of a call.
	Enter(s *Supervisor, t *Thread, e *Event) Action
	// Quiet is asked when no thread can move by itself: each is held, or blocked in the kernel.
	// It may release some, or do something from outside. In a driven run it's also asked when
	// no process is left.
	Quiet(s *Supervisor) Quiet
	// Busy is called now and then while something moves although nothing has stopped for a
	// while.
	Busy(s *Supervisor)
}

// Quiet is what a policy makes of a moment in which nothing moves.
type Quiet uint8

const (
	Waits Quiet = iota // the world outside will move it: a clock, a peer
	Moved              // the policy released a thread, or did something from outside that may wake one
	Stuck              // nothing ever will: the run is over, a deadlock
	Over               // the run is over, whoever may still be there
)

// Action is what a policy wants done with a call that is about to be made. The zero Action lets it
// run.
type Action struct {
	verb   verb
	result int64
}

type verb uint8

const (
	run verb = iota
	hold
	skip
)

// Proceed lets the call happen.
func Proceed() Action { return Action{} }

// Hold keeps the thread stopped before its call until Supervisor.Release.
func Hold() Action { return Action{verb: hold} }

// Skip answers the call with a result (negative errno for a failure) without making it.
func Skip(result int64) Action { return Action{verb: skip, result: result} }
