package trace

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Input is what a program finds on its standard input: Data, and then end of file. It is all there
// before the program begins, so that every run reads the same pieces. Runs may share an Input.
type Input struct {
	Data []byte
	File bool // a regular file, at its beginning, as after "<file"; otherwise a pipe
}

// open returns the descriptor that the program gets. A pipe holds no more than the kernel allows
// (pipe(7), /proc/sys/fs/pipe-max-size, mostly 1 MiB); longer input is a file. To feed the pipe
// while the program runs was rejected: how much a read then finds would be chance.
func (in *Input) open() (*os.File, error) {
	if !in.File {
		r, err := in.pipe()
		if r != nil || err != nil {
			return r, err
		}
	}
	fd, err := unix.MemfdCreate("stdin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	file := os.NewFile(uintptr(fd), "stdin")
	defer file.Close()
	if _, err := file.Write(in.Data); err != nil {
		return nil, err
	}
	// Opened anew: for reading only, and at the beginning.
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
}

// pipe returns the reading end of a pipe that holds all of the data, nil if none can.
func (in *Input) pipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	const usual = 64 << 10
	if n := len(in.Data); n > usual {
		got := 0
		raw, _ := w.SyscallConn()
		raw.Control(func(fd uintptr) { got, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, n) })
		if got < n {
			r.Close()
			return nil, nil
		}
	}
	if _, err := w.Write(in.Data); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}
