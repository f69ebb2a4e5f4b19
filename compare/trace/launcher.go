package trace

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/unwind"
)

// Descriptors of the launcher besides 0, 1 and 2, closed by its execve.
const (
	goFD   = 3 // read: one byte comes when the tracer has seized us
	failFD = 4 // write: a failure, if the program could not be executed
)

// A launcher is a process that becomes the program when the tracer has seized it. It shares the
// tool's memory, so that it costs no copy, and makes nothing but the system calls that stand in its
// steps: it has no stack, and no runtime, until its execve. (To execute the tool again in another
// role does as well, and is simpler. But a Go program of this size takes several milliseconds to
// start, which is more than most runs of a search through schedules take themselves; and to copy it
// by fork takes as long.)
type launcher struct {
	steps []step
	keep  []any // what the steps have addresses of
	dups  []int // descriptors that were only made for it
	pid   int32 // of the one that becomes the program, if the first one only begins a session
}

// step is a system call of a launcher. What its fields are the assembly code knows, too.
type step struct {
	nr        uintptr
	args      [6]uintptr
	result    int64
	stage     stage // in which an unwanted result is a failure
	want      int64 // the result after which the next step follows
	otherwise *step // that follows any other result; nil: the next one, too
}

// spawn starts a process that shares the caller's memory and makes the steps. It returns its id, or
// a negative errno. Signals must be blocked, since a handler would run on the caller's stack.
//
//go:noescape
func spawn(flags uintptr, steps *step) int

// stage is a part of the launcher's work that can fail.
type stage int64

const (
	atDir stage = iota
	atDescriptors
	atNoNewPrivs
	atFilter
	atExec
	atSession
)

// failure is what a launcher reports before it ends: the result and stage of a step.
type failure struct {
	result int64
	stage  stage
}

func (f failure) error(cmd Command) error {
	errno := syscall.Errno(-f.result)
	switch f.stage {
	case atDir:
		return fmt.Errorf("directory %q: %w", cmd.Dir, errno)
	case atDescriptors:
		return fmt.Errorf("its descriptors: %w", errno)
	case atNoNewPrivs:
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", errno)
	case atFilter:
		return fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER): %w (does the container forbid it?)", errno)
	}
	return explain(cmd, errno)
}

// newLauncher plans a launcher for a command. files become its descriptors 0 to failFD; shift is
// Config.Shift.
func newLauncher(cmd Command, filter []unix.SockFilter, files [failFD + 1]*os.File, shift bool) (*launcher, error) {
	path, err := syscall.BytePtrFromString(cmd.Path)
	if err != nil {
		return nil, err
	}
	argv, err := syscall.SlicePtrFromStrings(cmd.Args)
	if err != nil {
		return nil, err
	}
	envp, err := syscall.SlicePtrFromStrings(cmd.Env)
	if err != nil {
		return nil, err
	}
	dir, err := syscall.BytePtrFromString(cmp.Or(cmd.Dir, "."))
	if err != nil {
		return nil, err
	}
	l := &launcher{}
	if err := l.begin(cmd, files); err != nil {
		return nil, err
	}
	// End of file says that the tracer has given up, or died.
	l.must(atExec, 1, unix.SYS_READ, goFD, keep(l, new(byte)), 1)
	if shift {
		l.try(unix.SYS_DUP3, 2, goFD, 0) // which is of no more use
	}
	// What can fail comes after the tracer's byte: a launcher that has ended can't be seized.
	l.must(atDir, 0, unix.SYS_CHDIR, keep(l, dir))
	// If the tool dies from here on, PTRACE_O_EXITKILL ends us; the program must not find a
	// death signal set.
	l.try(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG)
	if !mayFilter() {
		l.must(atNoNewPrivs, 0, unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
	}
	l.must(atFilter, 0, unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0,
		keep(l, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}))
	l.try(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, keep(l, &unix.Sigset_t{}), 0, 8)
	l.must(atExec, noResult, unix.SYS_EXECVE, keep(l, path), keep(l, &argv[0]), keep(l, &envp[0]))
	l.link()
	return l, nil
}

// begin plans what comes before the tracer: the program gets the same start whoever started the
// tool.
func (l *launcher) begin(cmd Command, files [failFD + 1]*os.File) error {
	// A session of its own: the program can't reach the terminal that the tool was started
	// from. No controlling terminal, unless it is asked for: when a session leader with one
	// ends, the kernel hangs up on its children (SIGHUP), which never happens to a program that
	// a shell started. Nor does such a program lead its session: the first terminal that it
	// opens would become its controlling one. So there the leader makes another process, of
	// which it is not the parent, and ends. As under a shell that leads a process group.
	l.try(unix.SYS_SETSID)
	if !cmd.Terminal {
		l.must(atSession, 0, unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_PARENT|unix.CLONE_PARENT_SETTID, 0, keep(l, &l.pid))
		l.try(unix.SYS_SETPGID, 0, 0)
	}
	l.try(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL))
	for i, f := range files {
		flags := uintptr(0)
		if i >= goFD {
			flags = unix.O_CLOEXEC
		}
		fd, err := l.above(f)
		if err != nil {
			return err
		}
		l.must(atDescriptors, int64(i), unix.SYS_DUP3, fd, uintptr(i), flags)
	}
	if cmd.Terminal {
		l.must(atDescriptors, 0, unix.SYS_IOCTL, 0, unix.TIOCSCTTY, 0)
	}
	// No descriptors beyond the standard three (make's job server leaks some), no ignored or
	// blocked signals (nohup and Python leave some), addresses that do not change from run to
	// run (not allowed in some containers, and only a nicety), and the limit on open files that
	// Go's start-up raised.
	for _, sig := range ignored() {
		l.try(unix.SYS_RT_SIGACTION, uintptr(sig), keep(l, &sigaction{}), 0, 8)
	}
	l.try(unix.SYS_CLOSE_RANGE, failFD+1, uintptr(^uint32(0)))
	const addrNoRandomize = 0x0040000
	l.try(unix.SYS_PERSONALITY, addrNoRandomize)
	nofile := fileLimit()
	l.try(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, keep(l, &nofile))
	return nil
}

// noResult is what no call returns.
const noResult = 1 << 62

// keep is the address of something that a step needs, which stays where it is as long as the
// launcher is known.
func keep[T any](l *launcher, p *T) uintptr {
	l.keep = append(l.keep, p)
	return uintptr(unsafe.Pointer(p))
}

// try adds a step whose failure does not matter.
func (l *launcher) try(nr uintptr, args ...uintptr) {
	s := step{nr: nr}
	copy(s.args[:], args)
	l.steps = append(l.steps, s)
}

// must adds a step after which the launcher goes on only if the result is the one that is wanted.
func (l *launcher) must(at stage, want int64, nr uintptr, args ...uintptr) {
	l.try(nr, args...)
	s := &l.steps[len(l.steps)-1]
	s.stage, s.want, s.otherwise = at, want, s // for now, see link
}

// link says what follows a failure: a report, and the end.
func (l *launcher) link() {
	for i := range l.steps {
		s := &l.steps[i]
		switch {
		case s.otherwise == nil:
			continue
		case s.stage == atSession: // the leader, when it has done its work
			s.otherwise = &(&[1]step{{nr: unix.SYS_EXIT_GROUP}})[0]
			continue
		}
		ends := &[2]step{{nr: unix.SYS_WRITE}, {nr: unix.SYS_EXIT_GROUP}}
		ends[0].args = [6]uintptr{failFD, uintptr(unsafe.Pointer(&s.result)), unsafe.Sizeof(failure{})}
		ends[1].args[0] = 127
		s.otherwise = &ends[0]
	}
}

// above is the number of a file's descriptor, or of a copy of it, that is out of the way of those
// which the program will have.
func (l *launcher) above(f *os.File) (uintptr, error) {
	fd := f.Fd()
	if fd > failFD {
		return fd, nil
	}
	high, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, failFD+1)
	if err != nil {
		return 0, err
	}
	l.dups = append(l.dups, high)
	return uintptr(high), nil
}

// start makes the process, and returns its id and that of its session. The launcher must be kept
// until it has become its program, or has ended.
func (l *launcher) start() (pid, session int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, 0, err
	}
	pid = spawn(unix.CLONE_VM|uintptr(unix.SIGCHLD), &l.steps[0])
	unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	for _, fd := range l.dups {
		unix.Close(fd)
	}
	if pid < 0 {
		return 0, 0, fmt.Errorf("clone: %w", syscall.Errno(-pid))
	}
	session = pid
	if l.begins() {
		for err = unix.EINTR; err == unix.EINTR; {
			_, err = unix.Wait4(session, nil, unix.WALL, nil)
		}
		if pid = int(l.pid); pid == 0 {
			return 0, 0, errors.New("clone: the leader of its session could not make it")
		}
	}
	return pid, session, nil
}

// begins reports whether the first process only begins a session.
func (l *launcher) begins() bool { return l.steps[1].stage == atSession }

// ignored are the signals that whoever started the tool has told it to ignore.
var ignored = sync.OnceValue(func() (list []int) {
	for sig := 1; sig <= 64; sig++ {
		var old sigaction
		if rtSigaction(sig, nil, &old) == nil && old.handler == sigIgn {
			list = append(list, sig)
		}
	}
	return list
})

// mayFilter reports whether the tool may install a seccomp filter in a process that can gain
// privileges: whoever may not must have it give that up first, see seccomp(2).
var mayFilter = sync.OnceValue(func() bool {
	const version3 = 0x20080522
	header, data := unix.CapUserHeader{Version: version3}, [2]unix.CapUserData{}
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective>>unix.CAP_SYS_ADMIN&1 != 0
})

// fileLimit is the limit on open files that the tool was started with. Go's start-up has raised it,
// and only package syscall knows what it was: it gives it back to whatever it executes. So that's
// what we look at; if that can't be done, what there is now must do.
var fileLimit = sync.OnceValue(func() (limit unix.Rlimit) {
	unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	onThread(func() {
		pid, err := syscall.ForkExec("/proc/self/exe", []string{"probe"}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}})
		if err != nil {
			return
		}
		var ws syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &ws, unix.WALL, nil); err == nil && ws.Stopped() { // at its execve
			unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &limit)
		}
		syscall.Kill(pid, syscall.SIGKILL)
		syscall.Wait4(pid, nil, unix.WALL, nil)
	})
	return limit
})

// ours is what the kernel says with a call that our filter reports, and not one of the program's
// own: of several filters that want a call reported the newest one's word counts (seccomp(2)).
const ours = 0x7061

// filter makes the kernel report all calls but those passed, and those made by an instruction that
// lies in one of the stubs. With a clock of the run's own it reports those that read it, too, but
// for the ones that ask for CPU time. Without stubs the verdict depends on the call's number alone,
// so that the kernel can answer from its bitmap of always-allowed calls (Linux 5.11) without
// running the filter.
func filter(pass []uint64, stubs []unwind.Range, clock bool) []unix.SockFilter {
	const (
		offNr   = 0 // struct seccomp_data, seccomp(2)
		offArch = 4
		offPC   = 8 // 64 bits, the address after the instruction
		offArg  = 16
	)
	load := func(off uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
	}
	ret := func(verdict uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
	}
	jump := func(test uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	// 32-bit code calls by other numbers and with other structures: it raises SIGSYS, see
	// Supervisor.signal.
	prog := []unix.SockFilter{load(offArch), jump(unix.BPF_JEQ, auditArch, 1, 0), ret(unix.SECCOMP_RET_TRAP)}
	for _, r := range stubs {
		if r.High>>32 != 0 {
			continue // no program of a fixed address is that large
		}
		prog = append(prog, load(offPC+4), jump(unix.BPF_JEQ, 0, 0, 4), load(offPC),
			jump(unix.BPF_JGT, uint32(r.Low), 0, 2), jump(unix.BPF_JGT, uint32(r.High), 1, 0), ret(unix.SECCOMP_RET_ALLOW))
	}
	prog = append(prog, load(offNr))
	if clock {
		prog = append(prog, jump(unix.BPF_JEQ, unix.SYS_CLOCK_GETTIME, 0, 6), load(offArg),
			jump(unix.BPF_JGT, unix.CLOCK_TAI, 2, 0), jump(unix.BPF_JEQ, unix.CLOCK_PROCESS_CPUTIME_ID, 1, 0),
			jump(unix.BPF_JEQ, unix.CLOCK_THREAD_CPUTIME_ID, 0, 1), ret(unix.SECCOMP_RET_ALLOW), load(offNr))
	}
	for _, nr := range pass {
		if clock && readsClock(nr) {
			continue
		}
		if nr != unix.SYS_EXECVE { // by which the launcher becomes the program
			prog = append(prog, jump(unix.BPF_JEQ, uint32(nr), 0, 1), ret(unix.SECCOMP_RET_ALLOW))
		}
	}
	return append(prog, ret(unix.SECCOMP_RET_TRACE|ours))
}
