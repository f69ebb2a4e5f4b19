package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/unwind"
)

// Start launches a program and seizes it, at the beginning of a run or, by a policy, in the middle
// of it. When it returns nil the program is on its way: a failing execve is reported when the
// launcher ends, and ends the run.
func (s *Supervisor) Start(cmd Command) error {
	p := &Program{Command: cmd}
	s.trace.Programs = append(s.trace.Programs, p)
	fail := func(err error) error {
		p.Err = &StartError{Command: cmd, Err: err}
		return p.Err
	}
	c, err := openConsole(p)
	if err != nil {
		return fail(err)
	}
	goR, goW, err := os.Pipe()
	if err != nil {
		c.close()
		return fail(err)
	}
	defer goW.Close()
	failR, failW, err := os.Pipe()
	if err != nil {
		goR.Close()
		c.close()
		return fail(err)
	}
	c.fail = failR
	c.launcher, err = newLauncher(cmd, filter(s.cfg.Pass, s.stubs(cmd), s.cfg.Clock != nil), [...]*os.File{c.theirs[0], c.theirs[1], c.theirs[2], goR, failW}, s.cfg.Shift)
	pid := 0
	if err == nil {
		pid, p.Session, err = c.launcher.start()
	}
	goR.Close()
	failW.Close()
	if err != nil {
		c.close()
		return fail(err)
	}
	if err := seize(pid, s.options()); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		syscall.Wait4(pid, nil, 0, nil)
		c.close()
		return fail(refused(err))
	}
	if err := readable(pid); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		syscall.Wait4(pid, nil, 0, nil)
		c.close()
		return fail(err)
	}
	p.PID = pid
	proc := s.addProcess(pid, 0)
	proc.Role, proc.console = cmd.Role, c
	s.leaders[p.Session] = true
	s.threads[pid] = &Thread{TID: pid, Proc: proc, unseen: s.cfg.NoRuntime}
	s.started = append(s.started, c)
	c.drain(&s.output, s.cfg.Limits.Output, func() { s.flooded.Store(true); s.bell.ring() })
	goW.Write([]byte{1})
	return nil
}

// stubs are the places from which calls pass.
func (s *Supervisor) stubs(cmd Command) []unwind.Range {
	if !s.cfg.NoRuntime {
		return nil
	}
	// What sets the signal mask tells which signals the program wants (see wanted), and what
	// sleeps whether the runtime still looks after anything.
	return s.cfg.Images.RuntimeStubs(cmd.Path, "runtime.rtsigprocmask", "runtime.usleep")
}

// refused says what keeps ptrace from working.
func refused(err error) error {
	yama, readErr := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	switch scope := strings.TrimSpace(string(yama)); {
	case err != syscall.EPERM:
	case readErr == nil && scope == "2":
		return fmt.Errorf("ptrace refused: /proc/sys/kernel/yama/ptrace_scope is 2; run as root, or: sysctl kernel.yama.ptrace_scope=1")
	case readErr == nil && scope == "3":
		return fmt.Errorf("ptrace refused: /proc/sys/kernel/yama/ptrace_scope is 3, which only a reboot changes")
	case haveTracer():
		return fmt.Errorf("ptrace refused: this tool is itself traced (by strace, a debugger or itself), and a process has only one tracer")
	default:
		return fmt.Errorf("ptrace refused: in a container, run it with --cap-add=SYS_PTRACE --security-opt seccomp=unconfined")
	}
	return fmt.Errorf("ptrace: %w", err)
}

// haveTracer reports whether the tool has a tracer, which takes its children as well if it follows
// forks.
func haveTracer() bool {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, found := strings.Cut(string(status), "\nTracerPid:")
	pid, _, _ := strings.Cut(rest, "\n")
	return found && strings.TrimSpace(pid) != "0"
}

// readable says why the memory of a process that we trace can't be read, if it can't. Without it
// every buffer would be a bad address, and all of them alike.
func readable(pid int) error {
	var one [1]byte
	local, remote := unix.Iovec{Base: &one[0], Len: 1}, unix.RemoteIovec{Base: 0, Len: 1}
	_, _, errno := syscall.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(pid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != syscall.EPERM && errno != syscall.ENOSYS { // EFAULT, nearly always: the right is looked at first
		return nil
	}
	return fmt.Errorf("process_vm_readv refused: %w; in a container, run it with --cap-add=SYS_PTRACE --security-opt seccomp=unconfined", errno)
}

// StartError says that a program could not be started.
type StartError struct {
	Command Command
	Err     error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("cannot start %s: %v", e.Command.Path, e.Err)
}

func (e *StartError) Unwrap() error { return e.Err }

// unstarted is the error for a launcher that has ended without becoming its program.
func (c *console) unstarted(status Status) error {
	p := c.program
	err := fmt.Errorf("its launcher ended with status %d and said nothing; try again, and report it as a fault of this tool", status.Code)
	var f failure
	report := unsafe.Slice((*byte)(unsafe.Pointer(&f)), unsafe.Sizeof(f))
	if _, readErr := io.ReadFull(c.fail, report); readErr == nil {
		err = f.error(p.Command)
	} else if status.Signal != 0 {
		// execve(2) may fail when there's nothing left to return to.
		err = fmt.Errorf("killed by %s before its first instruction", unix.SignalName(syscall.Signal(status.Signal)))
	}
	p.Err = &StartError{Command: p.Command, Err: err}
	return p.Err
}

// explain turns an error of execve(2) into one that says what to do.
func explain(cmd Command, errno syscall.Errno) error {
	path := cmd.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(cmd.Dir, path)
	}
	info, err := os.Stat(path)
	switch {
	case errno == syscall.ENOEXEC:
		return errors.New("not a program for this machine, nor a script with a #! line")
	case errno == syscall.ENOENT && err == nil:
		return errors.New("its interpreter (the loader, or the #! line's program) does not exist")
	case errno == syscall.ENOENT:
		return errors.New("no such file")
	case errno == syscall.EACCES && err == nil && info.IsDir():
		return errors.New("is a directory")
	case errno == syscall.EACCES:
		return errors.New("not executable (chmod +x?)")
	}
	return errno
}
