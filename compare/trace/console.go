package trace

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Program is one program that the run started, with what the world outside saw of it.
type Program struct {
	Command  Command
	PID      int
	Session  int    // its id: that of a process that has ended, unless Command.Terminal makes the program the leader
	Terminal []byte // all that came out of its terminal (descriptor 1), complete when the run is over
	Stderr   []byte // all that came out of its standard error (descriptor 2)
	TTY      string // the terminal's device: the name of descriptor 1
	Err      error  // why it could not be started
}

// console is the outside of a program's three standard descriptors. Standard output is a terminal,
// because C's stdio buffers by line on a terminal only. Standard error is a pipe, and so is
// standard input, unless Command.Terminal makes it the terminal.
type console struct {
	program        *Program
	stdin          *os.File // our end; nil if all of the input was there from the beginning, or it is the terminal
	master, stderr *os.File
	theirs         [3]*os.File // the program's ends, closed once it has them
	launcher       *launcher
	fail           *os.File // its complaint
	outputs        [2]outlet
	keep           func(o *outlet, b []byte)
	readers        sync.WaitGroup
	reading        sync.Mutex // held while output is taken out of the kernel and put into program
	buf            [64 << 10]byte
	fed            atomic.Bool // all of standard input was handed over
	midline        bool        // what was typed into the terminal has no newline at its end
}

func openConsole(p *Program) (c *console, err error) {
	c = &console{program: p}
	defer func() {
		if err != nil {
			c.close()
			err = fmt.Errorf("console of %s: %w", p.Command.Role, err)
		}
	}()
	if c.master, c.theirs[1], err = openPTY(); err != nil {
		return c, err
	}
	p.TTY = c.theirs[1].Name()
	switch in := p.Command.Input; {
	case p.Command.Terminal:
		c.theirs[0] = c.theirs[1]
	case in != nil && p.Command.Stdin == nil:
		c.theirs[0], err = in.open()
	default:
		c.theirs[0], c.stdin, err = os.Pipe()
	}
	if err == nil {
		c.stderr, c.theirs[2], err = os.Pipe()
	}
	return c, err
}

// openPTY makes a pseudoterminal of 80 by 24 characters; see pty(7). Its modes are those that every
// terminal begins with, so that it shows which of them a program turns off; but for ONLCR, because
// what a program writes should come out as it was written. What is typed is echoed, as on any
// other.
func openPTY() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	raw, err := master.SyscallConn()
	if err != nil {
		return master, nil, err
	}
	var n int
	raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		return master, nil, err
	}
	name := fmt.Sprintf("/dev/pts/%d", n)
	// Opened without os.OpenFile, which would make it non-blocking: the flag belongs to the
	// terminal, not to us.
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return master, nil, fmt.Errorf("open %s: %w", name, err)
	}
	slave = os.NewFile(uintptr(fd), name)
	termios, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return master, slave, err
	}
	termios.Oflag &^= unix.ONLCR
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, termios); err != nil {
		return master, slave, err
	}
	return master, slave, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
}

// outlet is one of the two that are read: the terminal, and standard error.
type outlet struct {
	f     *os.File
	into  *[]byte
	ended bool
}

// drain reads both outputs until the program and all its children have closed them. total counts
// the bytes of the whole run; over is called when they exceed most. Reading goes on then (the
// writers must not hang), but nothing more is kept.
func (c *console) drain(total *atomic.Int64, most int, over func()) {
	for i := range c.theirs { // ours now are the only other ends: theirs must go, or end of file never comes
		c.theirs[i].Close()
		c.theirs[i] = nil
	}
	c.outputs = [2]outlet{{f: c.master, into: &c.program.Terminal}, {f: c.stderr, into: &c.program.Stderr}}
	c.keep = func(o *outlet, b []byte) {
		if t := total.Add(int64(len(b))); most > 0 && t > int64(most) {
			over()
		} else {
			*o.into = append(*o.into, b...)
		}
	}
	c.readers.Add(2)
	for i := range c.outputs {
		go c.read(&c.outputs[i])
	}
	feed := func() {
		if in := c.program.Command.Stdin; in != nil {
			io.Copy(c.stdin, in) // ends with EPIPE when nobody reads any more: that's the program's choice
		}
		c.closeInput()
		c.fed.Store(true)
	}
	if c.program.Command.Typed || c.stdin == nil {
		c.fed.Store(true) // by us, and when we type we know it
	} else if c.program.Command.Stdin == nil {
		feed() // before the program begins, so that no run finds the end of file later than another
	} else {
		go feed()
	}
}

// closeInput closes the input, and returns when nobody else has its writing end either: whoever
// reads finds the end of file from then on. A child that was forked meanwhile for another program
// has a copy, and on a busy machine has it long enough for the reader to seem to wait for more.
// syscall.ForkLock would not do: execve(2) lets the parent of a vfork(2) go on before it closes
// what's close-on-exec.
func (c *console) closeInput() {
	// A reading end of our own, for as long as this takes: poll(2) tells it that the last
	// writer has gone.
	end := -1
	if raw, err := c.stdin.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			end, _ = unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		})
	}
	c.stdin.Close()
	if end < 0 {
		return // closed before
	}
	defer unix.Close(end)
	const most = 1000 // milliseconds; longer if a program has opened the writing end of its own input
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(end)}}, most); err != unix.EINTR {
			return
		}
	}
}

// read reads one output as it comes: nobody else may look at it for a long time.
func (c *console) read(o *outlet) {
	defer c.readers.Done()
	raw, err := o.f.SyscallConn()
	if err != nil {
		return
	}
	for ended := false; !ended && err == nil; {
		err = raw.Read(func(fd uintptr) (done bool) {
			c.reading.Lock()
			defer c.reading.Unlock()
			done = c.take(o, int(fd))
			ended = o.ended
			return done || ended
		})
	}
}

// take reads an output once, and reports whether there was something. Reading and
// keeping are one step for whoever looks: what has left the kernel is in the program's record. The
// caller has the lock.
func (c *console) take(o *outlet, fd int) bool {
	if o.ended {
		return false
	}
	n, err := unix.Read(fd, c.buf[:])
	switch {
	case err == unix.EINTR:
		return true
	case err == unix.EAGAIN:
		return false
	case n <= 0: // EOF of the pipe; EIO of a terminal whose last user has gone
		o.ended = true
		return false
	}
	c.keep(o, c.buf[:n])
	return true
}

// pending reports whether output waited to be read, and reads it: the goroutines that read would
// get to it later. It asks by poll(2) and not by trying: what is written to a terminal comes to its
// other side by a kernel thread, and poll first waits until that has done its work.
func (c *console) pending() (yes bool) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for i := range c.outputs {
		if c.collect(&c.outputs[i], 0) {
			yes = true
		}
	}
	return yes
}

// collect waits until there is output, or its end, for so many milliseconds at most, and takes what
// there is. It reports whether that was anything.
func (c *console) collect(o *outlet, timeout int) (some bool) {
	raw, err := o.f.SyscallConn()
	if err != nil || o.ended {
		return false
	}
	raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, timeout); err != nil || n == 0 {
			return
		}
		if timeout != 0 || fds[0].Revents&unix.POLLIN != 0 {
			for c.take(o, int(fd)) {
				some = true
			}
		}
	})
	return some
}

// finish takes the last output; the programs are gone by then. Their ends of it may be a launcher's
// of another run for a moment.
func (c *console) finish() {
	c.reading.Lock()
	for i := range c.outputs {
		for o := &c.outputs[i]; o.f != nil && !o.ended; {
			c.collect(o, 10)
		}
	}
	c.reading.Unlock()
	c.close()
	c.readers.Wait()
}

func (c *console) close() {
	for _, f := range append(c.theirs[:], c.stdin, c.master, c.stderr, c.fail) {
		if f != nil {
			f.Close()
		}
	}
}
