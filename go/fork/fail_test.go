package fork

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestWrongCalls(t *testing.T) {
	const pkg = "paritykit/go/fork."
	for _, test := range []struct {
		role any
		args []int
		want string
	}{
		{tell, nil, "fork: " + pkg + "tell takes 1 ints, not 0"},
		{tell, []int{1, 2}, "fork: " + pkg + "tell takes 1 ints, not 2"},
		{notGiven, nil, "fork: " + pkg + "notGiven is not one of the roles given to fork.Main: add it there"},
		{nil, nil, "fork: <nil> is not one of the roles given to fork.Main: add it there"},
		{3, nil, "fork: 3 is not one of the roles given to fork.Main: add it there"},
		{(func())(nil), nil, "fork: (func())(nil) is not one of the roles given to fork.Main: add it there"},
		{wantsString, nil, "fork: " + pkg + "wantsString is a func(string): a role is a function that takes ints and returns nothing"},
		{returnsInt, nil, "fork: " + pkg + "returnsInt is a func() int: a role is a function that takes ints and returns nothing"},
	} {
		if pid, err := Start(test.role, test.args...); pid != -1 || err == nil || err.Error() != test.want {
			t.Errorf("Start = %d, %v\nwant -1, %s", pid, err, test.want)
		}
	}
}

func TestStartBeforeMain(t *testing.T) {
	const want = "fork: the program has not called fork.Main: call it first thing in main"
	if errBeforeMain == nil || errBeforeMain.Error() != want {
		t.Errorf("%v, want %s", errBeforeMain, want)
	}
}

// What a process can be without.
const (
	forks = iota
	proc
	argumentSpace
	luck
	noDescriptors // all in use; one more than this: one free, and so on
)

// failure is what a process that can't fork says about it.
type failure struct {
	Setup   string // why the process could not be brought into that state
	PID     int
	Err     string
	Errno   syscall.Errno
	Leaked  int           // descriptors
	WaitErr syscall.Errno // of wait4(-1)
}

// tryWithout tells on descriptor w how Start fails without one of the above.
func tryWithout(w, what int) {
	var f failure
	var err error
	switch what {
	case forks:
		err = refuseVfork()
	case proc:
		err = chrootToNothing()
	case argumentSpace:
		os.Args = append(os.Args, strings.Repeat("x", 1<<20))
	case luck:
		os.Setenv("FORK_TEST", "end early")
	default:
		err = useUpDescriptors(what - noDescriptors)
	}
	if err != nil {
		f.Setup = err.Error()
	}
	before := countOpen()
	f.PID, err = Start(nothing)
	if err != nil {
		f.Err = err.Error()
	}
	errors.As(err, &f.Errno)
	f.Leaked = countOpen() - before
	if f.PID > 0 {
		unix.Wait4(f.PID, nil, 0, nil)
	}
	_, err = unix.Wait4(-1, nil, 0, nil)
	errors.As(err, &f.WaitErr)
	text, _ := json.Marshal(f)
	unix.Write(w, text)
}

func chrootToNothing() error {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer os.Remove(dir) // opened before the change of root, it would need no path
	return unix.Chroot(dir)
}

// useUpDescriptors leaves so many free, the highest ones.
func useUpDescriptors(free int) error {
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1024, Max: 1024}); err != nil {
		return err
	}
	last, err := 0, error(nil)
	for err == nil {
		var fd int
		if fd, err = unix.Dup(0); err == nil {
			last = fd
		}
	}
	for fd := last; fd > last-free; fd-- {
		unix.Close(fd)
	}
	return nil
}

func countOpen() (n int) {
	for fd := range 1024 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

// refuseVfork makes the kernel answer EAGAIN to each clone(CLONE_VFORK), as it does when there are
// too many processes, and leaves the runtime its threads. (RLIMIT_NPROC counts those too, and does
// not bind root.)
func refuseVfork() error {
	const nr, flags = 0, 16 // offsets in struct seccomp_data
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.CLONE_VFORK, Jf: 1},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EAGAIN)},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

func TestFailures(t *testing.T) {
	const files = ": close some descriptors, or raise ulimit -n"
	const exe = "fork: start /proc/self/exe as paritykit/go/fork.nothing: "
	for _, test := range []struct {
		name    string
		without int
		errno   syscall.Errno
		want    string
	}{
		{"process", forks, unix.EAGAIN, exe + "resource temporarily unavailable: wait for children that have ended, or raise ulimit -u or the cgroup's pids.max"},
		{"proc", proc, unix.ENOENT, "fork: list the open descriptors: open /proc/self/fd: no such file or directory: mount /proc"},
		{"argument space", argumentSpace, unix.E2BIG, exe + "argument list too long: shorten the arguments or the environment"},
		{"luck", luck, 0, "fork: start /proc/self/exe as paritykit/go/fork.nothing: it exited with status 5 before that, see its standard error"},
		{"descriptor", noDescriptors, unix.EMFILE, "fork: list the open descriptors: open /proc/self/fd: too many open files" + files},
		{"second descriptor", noDescriptors + 1, unix.EMFILE, "fork: pipe2: too many open files" + files},
		{"third descriptor", noDescriptors + 2, unix.EMFILE, exe + "memfd_create: too many open files" + files},
		{"fourth descriptor", noDescriptors + 3, unix.EMFILE, exe + "too many open files" + files},
		{"fifth descriptor", noDescriptors + 4, unix.EMFILE, exe + "too many open files" + files},
		{"sixth descriptor", noDescriptors + 5, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, w := pipe(t)
			pid := started(t, tryWithout, w, test.without)
			unix.Close(w)
			var got failure
			if err := json.NewDecoder(reader(r)).Decode(&got); err != nil {
				t.Fatal(err)
			}
			wait(t, pid)
			if got.Setup == unix.EPERM.Error() {
				t.Skip("needs root")
			}
			if got.Setup != "" {
				t.Fatal(got.Setup)
			}
			if got.Err != test.want || got.Errno != test.errno || (got.PID == -1) != (test.want != "") {
				t.Errorf("Start = %d, %s (errno %d)\nwant %s (errno %d)", got.PID, got.Err, got.Errno, test.want, test.errno)
			}
			if got.Leaked != 0 || got.WaitErr != unix.ECHILD {
				t.Errorf("%d descriptors leaked, wait4(-1): %v; want none, %v", got.Leaked, got.WaitErr, unix.ECHILD)
			}
		})
	}
}
