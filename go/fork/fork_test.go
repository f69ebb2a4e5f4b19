package fork

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var errBeforeMain error

func init() {
	if os.Getenv("FORK_TEST") == "end early" {
		os.Exit(5)
	}
}

// The test binary is a program as the package wants it: the tests are its first function.
func TestMain(m *testing.M) {
	_, errBeforeMain = Start(nothing)
	AtExit(func() {
		if os.Getenv("FORK_TEST_LAST") != "" {
			os.Exit(6)
		}
	})
	Main(func() {
		switch os.Getenv("FORK_TEST") {
		case "":
			if os.Getenv(variable) != "" {
				fmt.Println("a child has not found its order: it would run the tests, which start children")
				os.Exit(99)
			}
			os.Exit(m.Run())
		case "program":
			fmt.Println("program")
		case "deleted":
			deleted()
		}
	}, append(also, nothing, say, exit, four, die, busy, tell, tellOthers, withoutStd, number, linger, tryWithout, wantsString, returnsInt)...)
}

func nothing()        {}
func say()            { fmt.Println("role") }
func exit(status int) { os.Exit(status) }
func four(a, b, c, d int) {
	if a == math.MinInt && b == 0 && c == math.MaxInt {
		os.Exit(d)
	}
}
func die()               { unix.Kill(os.Getpid(), unix.SIGKILL); select {} }
func notGiven()          {}
func wantsString(string) {}
func returnsInt() int    { return 0 }

// started is a child that the test waits for.
func started(t testing.TB, role any, args ...int) (pid int) {
	t.Helper()
	pid, err := Start(role, args...)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func wait(t testing.TB, pid int) unix.WaitStatus {
	t.Helper()
	var status unix.WaitStatus
	for {
		got, err := unix.Wait4(pid, &status, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if got != pid || err != nil {
			t.Fatalf("wait4(%d) = %d, %v", pid, got, err)
		}
		return status
	}
}

// facts are what a process says about itself.
type facts struct {
	Argv, Environ  []string
	Exe, Cwd, Comm string
	Group, Session int
	Umask          int
	FDs            map[int]string // device and inode, and the close-on-exec flag
	Runtime        []string       // descriptors that the Go runtime has for itself
}

func collect() (f facts) {
	f.FDs = make(map[int]string)
	for fd := range 1024 { // before os.ReadFile below starts the network poller
		var st unix.Stat_t
		if unix.Fstat(fd, &st) != nil {
			continue
		}
		link, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		base := filepath.Base(link)
		if flags != 0 && (strings.HasPrefix(base, "anon_inode:[event") || strings.HasPrefix(base, "cpu.")) {
			f.Runtime = append(f.Runtime, base)
			continue
		}
		f.FDs[fd] = fmt.Sprintf("%s dev=%d ino=%d flags=%d", link, st.Dev, st.Ino, flags)
	}
	cmdline, _ := os.ReadFile("/proc/self/cmdline")
	comm, _ := os.ReadFile("/proc/self/comm")
	f.Argv, f.Comm = strings.Split(string(cmdline), "\x00"), string(comm)
	f.Environ = os.Environ()
	f.Exe, _ = os.Readlink("/proc/self/exe")
	f.Cwd, _ = os.Readlink("/proc/self/cwd")
	f.Group = unix.Getpgrp()
	f.Session, _ = unix.Getsid(0)
	f.Umask = unix.Umask(0)
	unix.Umask(f.Umask)
	return f
}

// tell sends the facts of a child to descriptor w.
func tell(w int) {
	text, _ := json.Marshal(collect())
	unix.Write(w, text)
}

// told returns the facts of a child of this process, and of this process as they were when the
// child was started.
func told(t *testing.T, role any, args ...int) (child, here facts) {
	t.Helper()
	r, w := pipe(t)
	here = collect()
	pid := started(t, role, append([]int{w}, args...)...)
	unix.Close(w)
	if err := json.NewDecoder(reader(r)).Decode(&child); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, pid); status != 0 {
		t.Fatalf("child ended with status %#x", status)
	}
	return child, here
}

// pipe returns a pipe whose ends are not close-on-exec, as pipe(2) makes it.
func pipe(t *testing.T) (r, w int) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]) })
	return fds[0], fds[1]
}

// reader reads a descriptor without the network poller.
type reader int

func (r reader) Read(p []byte) (int, error) {
	n, err := unix.Read(int(r), p)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, err
}

func TestChildIsLikeParent(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("FORK_TEST_SET", "after the program started")
	t.Setenv(variable, "stale")
	umask := unix.Umask(0o31)
	defer unix.Umask(umask)
	child, here := told(t, tell)
	here.Environ = slices.DeleteFunc(here.Environ, func(v string) bool { return strings.HasPrefix(v, variable+"=") })
	here.Runtime, child.Runtime = nil, nil
	if diff := cmp.Diff(here, child); diff != "" {
		t.Errorf("parent (-), child (+):\n%s", diff)
	}
}

func TestDescriptors(t *testing.T) {
	file, err := os.Open(os.Args[0]) // close-on-exec, and a regular file needs no poller
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	const afterHole = 700
	if err := unix.Dup3(socket, afterHole, unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(afterHole)
	event, err := unix.Eventfd(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(event)

	pr, pw, err := os.Pipe() // starts the network poller
	if err != nil {
		t.Fatal(err)
	}
	defer pr.Close()
	defer pw.Close()

	child, here := told(t, tell)
	for _, fd := range []int{0, 1, 2, int(file.Fd()), socket, afterHole, event} {
		if here.FDs[fd] == "" {
			t.Fatalf("descriptor %d is not open here: the test shows nothing", fd)
		}
	}
	if diff := cmp.Diff(here.FDs, child.FDs); diff != "" {
		t.Errorf("parent (-), child (+):\n%s", diff)
	}
	for _, name := range []string{"anon_inode:[eventpoll]", "anon_inode:[eventfd]"} {
		if !slices.Contains(here.Runtime, name) {
			t.Fatalf("no network poller here, only %q: the test shows nothing", here.Runtime)
		}
		if slices.Contains(child.Runtime, name) {
			t.Errorf("the child has an %s of its parent's runtime", name)
		}
	}
}

// tellOthers is a line of n processes, the last of which tells.
func tellOthers(w, n int) {
	if n == 1 {
		tell(w)
		return
	}
	if pid, err := Start(tellOthers, w, n-1); err == nil {
		unix.Wait4(pid, nil, 0, nil)
	}
}

func TestGrandchildrenCollectNothing(t *testing.T) {
	first, _ := told(t, tellOthers, 1)
	sixth, here := told(t, tellOthers, 6)
	if diff := cmp.Diff(here.FDs, sixth.FDs); diff != "" {
		t.Errorf("parent (-), sixth generation (+):\n%s", diff)
	}
	if diff := cmp.Diff(first.Runtime, sixth.Runtime); diff != "" {
		t.Errorf("the runtime's in the first generation (-), in the sixth (+):\n%s", diff)
	}
}

func withoutStd(w int) {
	unix.Close(0)
	unix.Close(2)
	if pid, err := Start(tell, w); err == nil {
		unix.Wait4(pid, nil, 0, nil)
	}
}

func TestClosedStandardDescriptorsStayClosed(t *testing.T) {
	child, here := told(t, withoutStd)
	delete(here.FDs, 0)
	delete(here.FDs, 2)
	if diff := cmp.Diff(here.FDs, child.FDs); diff != "" {
		t.Errorf("parent without 0 and 2 (-), child (+):\n%s", diff)
	}
}

// busy does what a child of a bare fork(2) can't.
func busy() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGUSR1)
	var kept [][]byte
	var wg sync.WaitGroup
	sums := make(chan int)
	for i := range 8 {
		kept = append(kept, make([]byte, 1<<20))
		wg.Go(func() { runtime.GC(); sums <- i })
	}
	sum := 0
	for range 8 {
		sum += <-sums
	}
	wg.Wait()
	for range 3 {
		runtime.GC()
	}
	unix.Kill(os.Getpid(), unix.SIGUSR1)
	if <-signals != unix.SIGUSR1 || sum != 28 || len(kept) != 8 {
		os.Exit(9)
	}
}

func TestExitStatus(t *testing.T) {
	for _, test := range []struct {
		name string
		role any
		args []int
		want unix.WaitStatus
	}{
		{"role returns", nothing, nil, 0 << 8},
		{"role calls os.Exit", exit, []int{3}, 3 << 8},
		{"four arguments", four, []int{math.MinInt, 0, math.MaxInt, 4}, 4 << 8},
		{"role is killed", die, nil, unix.WaitStatus(unix.SIGKILL)},
		{"role allocates, collects, uses goroutines and signals", busy, nil, 0 << 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := wait(t, started(t, test.role, test.args...)); got != test.want {
				t.Errorf("status %#x, want %#x", got, test.want)
			}
		})
	}
}

// TestAtExit: the function is called in a child, too, and only when its role returns.
func TestAtExit(t *testing.T) {
	t.Setenv("FORK_TEST_LAST", "yes")
	if got := wait(t, started(t, nothing)); got != 6<<8 {
		t.Errorf("the role has returned: status %#x, want 0x600", got)
	}
	if got := wait(t, started(t, exit, 3)); got != 3<<8 {
		t.Errorf("the role has called os.Exit: status %#x, want 0x300", got)
	}
}

// The user's environment holds something in the variable.
func TestVariableOfSomebodyElse(t *testing.T) {
	const role = `"Role":"paritykit/go/fork.exit","Args":[7]}`
	const ours = `{"Magic":"` + magic + `",` + role
	for _, test := range []struct {
		name   string
		value  string
		text   string // of a memfd on descriptor 3
		seals  int
		want   string
		status int
	}{
		{"not set", "", ours, seals, "program\n", 0},
		{"no number", "x", ours, seals, "program\n", 0},
		{"no descriptor", "-1", ours, seals, "program\n", 0},
		{"not open", "99", ours, seals, "program\n", 0},
		{"no memfd", "0", ours, seals, "program\n", 0},
		{"not sealed", "3", ours, 0, "program\n", 0},
		{"not sealed against writing", "3", ours, seals &^ unix.F_SEAL_WRITE, "program\n", 0},
		{"empty", "3", "", seals, "program\n", 0},
		{"other text", "3", "wl_shm", seals, "program\n", 0},
		{"no magic", "3", `{` + role, seals, "program\n", 0},
		{"all that Start makes", "3", ours, seals, "", 7},
		{"a role that is not there", "3", `{"Magic":"` + magic + `","Role":"gone"}`, seals,
			"fork: in the child: gone is not one of the roles given to fork.Main: add it there\n", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			memfd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
			if err != nil {
				t.Fatal(err)
			}
			file := os.NewFile(uintptr(memfd), "memfd")
			defer file.Close()
			file.WriteString(test.text)
			if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, test.seals); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "FORK_TEST=program", variable+"="+test.value)
			cmd.ExtraFiles = []*os.File{file}
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); string(out) != test.want || got != test.status {
				t.Errorf("%q, status %d; want %q, status %d", out, got, test.want, test.status)
			}
		})
	}
}

// deleted is a program whose file is gone when it starts a child.
func deleted() {
	exe, _ := os.Executable()
	os.Remove(exe)
	pid, err := Start(say)
	if err != nil {
		fmt.Println(err)
		return
	}
	unix.Wait4(pid, nil, 0, nil)
}

func TestProgramFileDeleted(t *testing.T) {
	text, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(exe, text, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "FORK_TEST=deleted")
	if out, err := cmd.CombinedOutput(); string(out) != "role\n" || err != nil {
		t.Errorf("%q, %v; want %q", out, err, "role\n")
	}
}

// number writes its number, unless it has a descriptor that belongs to another's start: its memfd,
// or its list.
func number(w, n int) {
	for fd, file := range collect().FDs {
		if strings.HasPrefix(file, "/memfd:") || strings.HasPrefix(file, "/proc/") {
			fmt.Printf("child %d has descriptor %d, %s\n", n, fd, file)
			return
		}
	}
	unix.Write(w, []byte{byte(n)})
}

// linger stays until the test lets it go, or ends.
func linger(r, w int) {
	unix.Close(w)
	unix.Read(r, make([]byte, 1))
}

func TestConcurrentStarts(t *testing.T) {
	const starters, each = 4, 8
	r, w := pipe(t)
	hold, release := pipe(t)
	lingering := make(chan int, starters*each)

	// What else a program does meanwhile: it opens and closes files, and starts other programs,
	// which must not wait for the end of our children.
	var busy, files sync.WaitGroup
	stop := make(chan bool)
	for range 2 {
		files.Go(func() { openAndClose(stop) })
	}
	busy.Go(func() {
		for range 100 {
			if err := exec.Command("/bin/true").Run(); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range starters {
		busy.Go(func() {
			for j := range each {
				pid, err := Start(number, w, i*each+j)
				if err != nil {
					t.Error(err)
					continue
				}
				wait(t, pid)
				if pid, err = Start(linger, hold, release); err != nil {
					t.Error(err)
					continue
				}
				lingering <- pid
			}
		})
	}
	done := make(chan bool)
	go func() { busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("a program that was started at the same time waits for our children")
	}
	close(stop)
	files.Wait()
	unix.Write(release, make([]byte, starters*each))
	<-done
	close(lingering)
	for pid := range lingering {
		wait(t, pid)
	}

	unix.Close(release)
	unix.Close(w)
	got, _ := io.ReadAll(reader(r))
	slices.Sort(got)
	var want []byte
	for n := range byte(starters * each) {
		want = append(want, n)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("arguments given (-), received (+):\n%s", diff)
	}
}

func openAndClose(stop <-chan bool) {
	for {
		select {
		case <-stop:
			return
		default:
			var fds [2]int
			if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err == nil {
				unix.Close(fds[0])
				unix.Close(fds[1])
			}
		}
	}
}

func TestTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const n, sample = 10_000, 1000
	before := collect()
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		pid := started(t, nothing)
		took[i] = time.Since(began)
		if status := wait(t, pid); status != 0 {
			t.Fatalf("child %d ended with status %#x", i, status)
		}
	}
	if diff := cmp.Diff(before, collect()); diff != "" {
		t.Errorf("before (-), after %d children (+):\n%s", n, diff)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("wait4(-1) = %d, %v: a child is left", pid, err)
	}
	first, last := median(took[:sample]), median(took[n-sample:])
	t.Logf("median of the first %d: %v, of the last: %v", sample, first, last)
	if last > 2*first {
		t.Errorf("the last %d children took %v each, the first %v", sample, last, first)
	}
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		wait(b, started(b, nothing))
	}
}
