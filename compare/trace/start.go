package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Start launches a program and seizes it, at the beginning of a run or, by a policy, in the middle of it. When it returns nil the
// program is on its way: a failing execve is reported when the launcher ends, and ends the run.
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
	pid, err := syscall.ForkExec("/proc/self/exe", s.launcherArgs(cmd), &syscall.ProcAttr{
		Dir: cmd.Dir,
		Env: cmd.Env,
		Files: []uintptr{c.theirs[0].Fd(), c.theirs[1].Fd(), c.theirs[2].Fd(),
			goFD: goR.Fd(), failFD: failW.Fd()},
		// A session of its own: the program can't reach the terminal that the tool was started from. No controlling
		// terminal: when a session leader with one ends, the kernel hangs up on its children (SIGHUP), which never
		// happens to a program that a shell started.
		Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	goR.Close()
	failW.Close()
	if err != nil {
		c.close()
		return fail(fmt.Errorf("launcher in directory %q: %w", cmd.Dir, err))
	}
	if err := seize(pid, s.options()); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		syscall.Wait4(pid, nil, 0, nil)
		c.close()
		return fail(refused(err))
	}
	p.PID = pid
	proc := s.addProcess(pid, 0)
	proc.Role, proc.console = cmd.Role, c
	s.threads[pid] = &Thread{TID: pid, Proc: proc}
	s.started = append(s.started, c)
	c.drain(&s.output, s.cfg.Limits.Output, func() { s.flooded.Store(true); s.bell.ring() })
	goW.Write([]byte{1})
	return nil
}

func (s *Supervisor) launcherArgs(cmd Command) []string {
	var pass []string
	for _, nr := range s.cfg.Pass {
		if nr != unix.SYS_EXECVE { // by which the launcher becomes the program
			pass = append(pass, fmt.Sprint(nr))
		}
	}
	return append([]string{launcherName, strings.Join(pass, " "), cmd.Path}, cmd.Args...)
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
	default:
		return fmt.Errorf("ptrace refused: in a container, run it with --cap-add=SYS_PTRACE --security-opt seccomp=unconfined")
	}
	return fmt.Errorf("ptrace: %w", err)
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
	text, _ := io.ReadAll(c.fail)
	err := errors.New(string(text))
	if len(text) == 0 {
		err = fmt.Errorf("its launcher ended with status %d and said nothing; try again, and report it as a fault of this tool", status.Code)
	}
	if n, convErr := strconv.Atoi(string(text)); convErr == nil {
		err = explain(p.Command, syscall.Errno(n))
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
