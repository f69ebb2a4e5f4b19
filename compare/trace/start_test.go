package trace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// modes are what the test binary can be run as, see TestMain. All end as the tool does that runs
// the program in args.
var modes = map[string]func(args []string){
	"tool":    tool,
	"odd":     func(args []string) { oddStart(); again(args) },
	"refused": func(args []string) { forbid(unix.SYS_PTRACE); again(args) },
	"unread":  func(args []string) { forbid(unix.SYS_PROCESS_VM_READV); again(args) },
}

// tool traces a program to its end and exits as it did.
func tool(args []string) {
	tr, err := Run(context.Background(), Config{}, Command{Role: "P", Path: args[0], Args: args, Env: os.Environ()})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Stderr.Write(tr.Programs[0].Stderr)
	os.Exit(tr.Processes[0].Status.Code)
}

// again becomes the tool, with what execve(2) keeps.
func again(args []string) {
	os.Setenv("TRACE_TEST_MODE", "tool")
	err := syscall.Exec("/proc/self/exe", append([]string{"tool"}, args...), os.Environ())
	fmt.Fprintln(os.Stderr, err)
	os.Exit(3)
}

// oddStart is a start such as nohup, make or a careless daemon would give.
func oddStart() {
	runtime.LockOSThread()
	for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGPIPE} { // the first two Go leaves ignored
		rtSigaction(int(sig), &sigaction{handler: sigIgn}, nil)
	}
	blocked := unix.Sigset_t{}
	blocked.Val[0] = 1<<(unix.SIGUSR2-1) | 1<<(unix.SIGALRM-1) | 1<<(napSignal-1)
	unix.PthreadSigmask(unix.SIG_BLOCK, &blocked, nil)
	unix.Dup2(2, 100) // without FD_CLOEXEC
}

// forbid makes a system call fail, as a container does.
func forbid(nr uint32) {
	runtime.LockOSThread()
	code := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}

// reexec prepares the test binary to run in a mode.
func reexec(t *testing.T, mode string, cmd Command) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, cmd.Args...)
	c.Env = append(cmd.Env, "TRACE_TEST_MODE="+mode)
	return c
}

// TestStart checks that a program begins the same whatever the tool was started with.
func TestStart(t *testing.T) {
	for _, flags := range [][]string{{"-static"}, {}} {
		life := build(t, "life", flags...)
		for _, mode := range []string{"tool", "odd"} {
			if out, err := reexec(t, mode, marked(life, "start")).CombinedOutput(); err != nil {
				t.Errorf("%s %s: %v %s", mode, flags, err, out)
			}
		}
	}
}

func TestStartError(t *testing.T) {
	life := build(t, "life", "-static")
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	elf, err := os.ReadFile(build(t, "life"))
	if err != nil {
		t.Fatal(err)
	}
	lost := strings.Replace(string(elf), "/ld-linux", "/no-linux", 1)
	for _, c := range []struct {
		name, path, dir, want string
	}{
		{"missing", dir + "/missing", "", "no such file"},
		{"missing, relative", "missing", dir, "no such file"},
		{"missing directory", dir + "/no/missing", "", "no such file"},
		{"below a file", file("file", "", 0o755) + "/x", "", "not a directory"},
		{"a directory", dir, "", "is a directory"},
		{"not executable", file("plain", "#!/bin/sh\n", 0o644), "", "not executable (chmod +x?)"},
		{"no format", file("garbage", "\x7fELG", 0o755), "", "not a program for this machine, nor a script with a #! line"},
		{"empty", file("empty", "", 0o755), "", "not a program for this machine, nor a script with a #! line"},
		{"script without interpreter", file("script", "#!/no/such/sh\n", 0o755), "",
			"its interpreter (the loader, or the #! line's program) does not exist"},
		{"script, relative", file("script2", "#!/no/such/sh\n", 0o755)[len(dir)+1:], dir,
			"its interpreter (the loader, or the #! line's program) does not exist"},
		{"program without loader", file("lost", lost, 0o755), "",
			"its interpreter (the loader, or the #! line's program) does not exist"},
		{"no working directory", life, dir + "/none", `directory "` + dir + `/none": no such file or directory`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := marked(c.path, "quit")
			cmd.Dir = c.dir
			tr, err := attempt(t, Config{}, cmd)
			var start *StartError
			if !errors.As(err, &start) || start.Err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if tr.Programs[0].Err != err || len(tr.Events) > 0 {
				t.Errorf("the record has %v and %d events", tr.Programs[0].Err, len(tr.Events))
			}
		})
	}
	t.Run("second program", func(t *testing.T) {
		first := marked(life, "tree")
		_, err := Run(t.Context(), Config{}, first, marked(dir+"/missing"))
		var start *StartError
		if !errors.As(err, &start) || start.Command.Path != dir+"/missing" {
			t.Errorf("error %v", err)
		}
		if left := marks(first.Env[0]); left != nil {
			t.Errorf("the first program's processes %v are left", left)
		}
	})
}

// TestPassExecve lets every call pass that can be: how the launcher becomes the program is seen
// even so.
func TestPassExecve(t *testing.T) {
	var all []uint64
	for nr := range uint64(500) {
		all = append(all, nr)
	}
	tr := traced(t, Config{Pass: all}, build(t, "life", "-static"), "quit", "3")
	if got, want := tale(tr, "execve exit_group"), "P: execve=0 exit 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPtraceRefused(t *testing.T) {
	life := build(t, "life", "-static")
	for mode, want := range map[string]string{
		"refused": "ptrace refused: in a container, ",
		"unread":  "process_vm_readv refused: operation not permitted; in a container, ",
	} {
		out, err := reexec(t, mode, marked(life, "quit")).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", mode, err, out)
		}
	}
	t.Run("by another tracer", func(t *testing.T) {
		strace, err := exec.LookPath("strace")
		if err != nil {
			t.Skip("no strace")
		}
		tool := reexec(t, "tool", marked(life, "quit"))
		tool.Path, tool.Args = strace, append([]string{"strace", "-f", "-o", "/dev/null", tool.Path}, tool.Args[1:]...)
		out, err := tool.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "ptrace refused: this tool is itself traced") {
			t.Errorf("%v: %s", err, out)
		}
	})
	if err := refused(syscall.ESRCH); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("another error became %v", err)
	}
}

// TestToolKilled kills the tool with SIGKILL, in mid-run and at many moments of its start, and
// waits for all that it started to go too.
func TestToolKilled(t *testing.T) {
	life := build(t, "life", "-static")
	kill := func(t *testing.T, processes int, after time.Duration) {
		cmd := marked(life, "tree")
		tool := reexec(t, "tool", cmd) // has the mark too
		if err := tool.Start(); err != nil {
			t.Fatal(err)
		}
		defer tool.Process.Kill()
		until(t, "they are there", func() bool { return len(marks(cmd.Env[0])) >= 1+processes })
		for begin := time.Now(); time.Since(begin) < after; {
		}
		tool.Process.Kill()
		tool.Wait()
		until(t, "all are gone", func() bool { return marks(cmd.Env[0]) == nil })
	}
	t.Run("running", func(t *testing.T) { kill(t, 4, 0) })
	t.Run("starting", func(t *testing.T) {
		for i := range 40 { // the launcher lives for some milliseconds
			kill(t, 1, time.Duration(i)*200*time.Microsecond)
		}
	})
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); runtime.Gosched() {
		if time.Since(begin) > patience {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
