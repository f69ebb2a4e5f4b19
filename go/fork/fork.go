// Package fork is the one idiom of C's that Go lacks: pid = fork(); if (pid == 0) … else … .
//
//	func main() { fork.Main(run, child) }
//
//	func run() {
//		…                                              // before the fork
//		pid, err := fork.Start(child, fds[0], fds[1])  // pid = fork();
//		…                                              // else: the parent goes on
//	}
//
//	func child(r, w int) { … }                         // if (pid == 0)
//
// Any module can import it (with replace paritykit => DIR in its go.mod), or bring a copy, under
// any path: parity knows it by its functions.
//
// A Go process cannot go on in a bare fork(2): the child would be one thread of a runtime that
// counts on several, and its first garbage collection would wait for the others for ever. So the
// child is this same program, started again and told to run one function, its role, instead of the
// program. It is a process like any other: it may allocate, collect, use goroutines and signals,
// and call Start itself. One start costs the same however many came before it.
//
// As with fork(2) the child has every descriptor of its parent under the same number, also those
// marked close-on-exec, and the same argv, environment and working directory; its name is that of
// argv[0]. Unlike with fork(2) it has no copy of memory: package variables start afresh, so what
// the child must know are the ints that its role takes. It has no signal handlers of its parent's
// either, and of the signals that its parent ignores it ignores SIGHUP and SIGINT only. And Start
// returns only when the child is about to enter its role, because what the kernel refuses to a new
// program (its threads, say, at the limit of processes) is an error of Start's too.
package fork

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	mu    sync.Mutex     // one Start at a time: no child inherits what belongs to another's start
	roles map[string]any // as given to Main, by name; nil before
	last  func()         // as given to AtExit; nil if there is nothing to do
)

// Main runs program, or in a child that Start started its role, and exits with status 0 when that
// returns; it does not return. Call it first thing in main. Roles are top-level functions that take
// ints and return nothing.
func Main(program func(), among ...any) {
	mu.Lock()
	roles = make(map[string]any)
	for _, role := range among {
		roles[name(role)] = role
	}
	mu.Unlock()
	if o, memfd, ok := receive(); ok {
		o.obey(memfd)
	} else {
		program()
	}
	if last != nil {
		last()
	}
	os.Exit(0)
}

// AtExit has f called when the program or a role has returned, before Main exits: that is where C's
// exit(3) deals with what stdio holds. Call it before Main, so that it is true of the children,
// too. One function is enough; a second one takes its place.
func AtExit(f func()) { last = f }

// Start starts a child in role, which is one of those given to Main, with args. It returns the
// child's pid, or like fork(2) -1 and the reason, which wraps an errno where the kernel gave one;
// then there is no child. The child is the caller's to wait for. Start may be called from several
// goroutines at once. It needs /proc, and five free descriptors while it runs.
func Start(role any, args ...int) (pid int, err error) {
	mu.Lock()
	defer mu.Unlock()
	if _, err := find(name(role), len(args)); err != nil {
		return -1, fmt.Errorf("fork: %w", err)
	}
	// The table of descriptors is read, then used: another goroutine may close one in between, and
	// starting fails with EBADF. fork(2) has no such gap; reading again closes ours.
	for range 10 {
		if pid, err = start(name(role), args); !errors.Is(err, unix.EBADF) {
			break
		}
	}
	if err != nil {
		return -1, fmt.Errorf("fork: %w%s", err, advice(err))
	}
	return pid, nil
}

// start starts a child and waits until it enters its role. It fails with EBADF if the table of
// descriptors has changed since it was read.
func start(role string, args []int) (pid int, err error) {
	open, err := descriptors()
	if err != nil {
		return -1, fmt.Errorf("list the open descriptors: %w", err)
	}
	var entered [2]int // a pipe into which the child writes a byte when it enters its role
	if err := unix.Pipe2(entered[:], unix.O_CLOEXEC); err != nil {
		return -1, os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(entered[0])
	pid, err = reexec(order{Magic: magic, Role: role, Args: args, Open: open, Entered: entered[1]})
	unix.Close(entered[1])
	if err != nil {
		return -1, fmt.Errorf("start /proc/self/exe as %s: %w", role, err)
	}
	for {
		n, err := unix.Read(entered[0], make([]byte, 1))
		if n == 1 {
			return pid, nil
		}
		if err != unix.EINTR {
			return -1, fmt.Errorf("start /proc/self/exe as %s: %s before that, see its standard error", role, end(pid))
		}
	}
}

// reexec starts this program again, with an order.
func reexec(o order) (pid int, err error) {
	memfd, err := o.send()
	if err != nil {
		return -1, err
	}
	defer unix.Close(memfd)
	var files []uintptr
	for _, d := range append(o.Open, descriptor{FD: memfd}, descriptor{FD: o.Entered}) {
		for len(files) <= d.FD {
			files = append(files, ^uintptr(0)) // not open in the child
		}
		files[d.FD] = uintptr(d.FD)
	}
	// In front, so that it wins over one that the user's environment has.
	env := append([]string{variable + "=" + strconv.Itoa(memfd)}, os.Environ()...)
	return syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{Env: env, Files: files})
}

// end waits for the end of a child and says what it was.
func end(pid int) string {
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, 0, nil)
	for err == unix.EINTR {
		_, err = unix.Wait4(pid, &status, 0, nil)
	}
	switch {
	case err != nil: // the program's own wait was faster
		return "it ended"
	case status.Signaled():
		return fmt.Sprintf("signal %v ended it", status.Signal())
	}
	return fmt.Sprintf("it exited with status %d", status.ExitStatus())
}

// obey makes this process what the order says and runs the role.
func (o order) obey(memfd int) {
	role, err := find(o.Role, len(o.Args))
	if err != nil { // to run the program instead would start it again and again
		fmt.Fprintln(os.Stderr, "fork: in the child:", err)
		os.Exit(2)
	}
	unix.Write(o.Entered, []byte{1})
	unix.Close(o.Entered)
	unix.Close(memfd)
	os.Unsetenv(variable)
	restore(o.Open) // last, because the two numbers just closed may be in it
	if len(os.Args) > 0 {
		rename(filepath.Base(os.Args[0]))
	}
	args := make([]reflect.Value, len(o.Args))
	for i, arg := range o.Args {
		args[i] = reflect.ValueOf(arg)
	}
	reflect.ValueOf(role).Call(args)
}

// rename gives this process the name that ps(1) and killall(1) show; execve(2) of /proc/self/exe
// has left it as "exe". prctl(PR_SET_NAME) would name one thread, and not always the first.
func rename(comm string) {
	if fd, err := unix.Open("/proc/self/comm", unix.O_WRONLY|unix.O_CLOEXEC, 0); err == nil {
		unix.Write(fd, []byte(comm))
		unix.Close(fd)
	}
}

// advice says what to do about an error that a correct program can meet.
func advice(err error) string {
	switch {
	case errors.Is(err, unix.EAGAIN):
		return ": wait for children that have ended, or raise ulimit -u or the cgroup's pids.max"
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.EBADF):
		return ": close some descriptors, or raise ulimit -n"
	case errors.Is(err, unix.ENOENT):
		return ": mount /proc"
	case errors.Is(err, unix.E2BIG):
		return ": shorten the arguments or the environment"
	}
	return ""
}
