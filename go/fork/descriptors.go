package fork

import (
	"os"
	"path"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A descriptor is one that the child is to have.
type descriptor struct {
	FD          int
	CloseOnExec bool
	Dev, Ino    uint64 // of the file, see restore
}

// descriptors returns those of this process that a child gets: all but the ones that the Go runtime
// opens for itself, since the child's runtime does so too.
func descriptors() (open []descriptor, err error) {
	// Nobody else is in ForkExec under this lock. A child of ours that gets another start's error
	// pipe would make that one wait for its end. (Between its release of the lock and its next
	// line, ForkExec still has the pipe open; a bare fork(2) in a process with several threads has
	// the same trouble, and no lock.)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	numbers, err := openNumbers()
	if err != nil {
		return nil, err
	}
	for _, fd := range numbers {
		var st unix.Stat_t
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || unix.Fstat(fd, &st) != nil {
			continue // closed since
		}
		cloexec := flags&unix.FD_CLOEXEC != 0
		if !cloexec || !runtimeOwns(fd) {
			open = append(open, descriptor{fd, cloexec, st.Dev, st.Ino})
		}
	}
	return open, nil
}

// openNumbers reads /proc/self/fd. os.ReadDir would too, but it starts the network poller on the
// way, whose descriptors stay.
func openNumbers() (numbers []int, err error) {
	dir, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/proc/self/fd", Err: err}
	}
	defer unix.Close(dir)
	var names []string
	buf := make([]byte, 4096)
	for {
		n, err := unix.ReadDirent(dir, buf)
		if err != nil {
			return nil, os.NewSyscallError("getdents64", err)
		}
		if n == 0 {
			break
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd != dir {
			numbers = append(numbers, fd)
		}
	}
	return numbers, nil
}

// runtimeOwns reports whether a close-on-exec descriptor is one of those that the Go runtime keeps:
// the network poller's (runtime/netpoll_epoll.go) and the cgroup's CPU limits
// (internal/runtime/cgroup). A program's own can't be told from them; one that wants such a file
// inherited clears its close-on-exec flag.
func runtimeOwns(fd int) bool {
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return false
	}
	switch path.Base(link) {
	case "anon_inode:[eventpoll]", "anon_inode:[eventfd]", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us":
		return true
	}
	return false
}

// restore makes the child's descriptors what its parent's were.
func restore(open []descriptor) {
	for _, d := range open {
		// ForkExec has cleared the flag, and taken the number for what it was at that moment: if
		// meanwhile another goroutine closed the file, perhaps for the error pipe of this very
		// start, which waits for its end.
		var st unix.Stat_t
		if unix.Fstat(d.FD, &st) != nil || st.Dev != d.Dev || st.Ino != d.Ino {
			unix.Close(d.FD)
		} else if d.CloseOnExec {
			unix.CloseOnExec(d.FD)
		}
	}
	// The runtime opens /dev/null when it starts where one of these is closed.
	for fd := range 3 {
		if !slices.ContainsFunc(open, func(d descriptor) bool { return d.FD == fd }) {
			unix.Close(fd)
		}
	}
}
