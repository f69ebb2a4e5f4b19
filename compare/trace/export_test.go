package trace

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What the oracle's tests use: they stand outside of the package, because they import canon, which
// imports this one.
var (
	Attempt       = attempt
	Build         = build
	Marked        = marked
	NameProcesses = nameProcesses
	Ending        = ending
)

// Strace runs a command under strace, with the descriptors and the session that our own launcher
// gives, and returns strace's log. A program of our own makes it the leader of a process group, as
// it is under our tracer: its own execve is the second. Of a buffer that is longer than longest
// bytes strace writes down no more than these.
func Strace(t *testing.T, cmd Command, longest int) string {
	c, err := openConsole(&Program{Command: cmd})
	if err != nil {
		t.Error(err)
		return ""
	}
	log := filepath.Join(t.TempDir(), "strace")
	// env: a signal that is ignored here, as by nohup, would be ignored there.
	s := exec.Command("env", append([]string{"--default-signal", "strace", "-f", "-xx", "-v", "-s", strconv.Itoa(longest), "-o", log, "--", build(t, "group")}, cmd.Args...)...)
	s.Stdin, s.Stdout, s.Stderr = c.theirs[0], c.theirs[1], c.theirs[2]
	s.Dir, s.Env, s.SysProcAttr = cmd.Dir, cmd.Env, &syscall.SysProcAttr{Setsid: true}
	unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC) // what the test itself was started with
	onThread(func() {                                      // it, and what it starts, gets addresses that are not randomised, as from our launcher
		const addrNoRandomize = 0x0040000
		syscall.RawSyscall(unix.SYS_PERSONALITY, addrNoRandomize, 0, 0)
		err = s.Start()
	})
	c.drain(new(atomic.Int64), 0, nil)
	if err == nil {
		s.Wait() // it ends as the program does
	}
	c.finish()
	text, readErr := os.ReadFile(log)
	if err := errors.Join(err, readErr); err != nil {
		t.Error(err)
	}
	return string(text)
}

// Headroom is how much lower than elsewhere a program's stack begins.
const Headroom = headroom
