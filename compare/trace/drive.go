package trace

import (
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// What a policy can do from outside, as a person at a terminal would: see Config.Driven. As all of
// Supervisor's methods these belong to the tracer's thread.

// Trace is the record of the run so far. It must not be changed, nor kept beyond the policy's turn.
func (s *Supervisor) Trace() *Trace { return s.trace }

// Live is how many processes of the run have not ended.
func (s *Supervisor) Live() int { return s.live }

// Program finds a program of the run by its role, nil if there is none.
func (s *Supervisor) Program(role string) *Program {
	if c := s.console(role); c != nil {
		return c.program
	}
	return nil
}

func (s *Supervisor) console(role string) *console {
	for _, c := range s.started {
		if c.program.Command.Role == role {
			return c
		}
	}
	return nil
}

// Output is what a program and its children have printed so far, on the terminal and on standard
// error.
func (s *Supervisor) Output(role string) (terminal, stderr string) {
	c := s.console(role)
	if c == nil {
		return "", ""
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	return string(c.program.Terminal), string(c.program.Stderr)
}

// Type writes to the standard input of a program that was started with Typed. It does not wait for
// a reader: a text for which the pipe has no room is an error, and so is one that nobody will ever
// read.
func (s *Supervisor) Type(role, text string) error {
	c := s.console(role)
	if c == nil || !c.program.Command.Typed {
		return fmt.Errorf("%s has no input to type into", role)
	}
	if c.program.Command.Terminal {
		s.alarmed() // by control-C, for one
		return c.typeLine(text)
	}
	raw, err := c.stdin.SyscallConn()
	if err != nil {
		return err
	}
	n := 0
	writeErr := raw.Write(func(fd uintptr) (done bool) {
		n, err = unix.Write(int(fd), []byte(text))
		return true
	})
	switch {
	case writeErr != nil:
		return writeErr
	case err == unix.EPIPE:
		return fmt.Errorf("nobody reads the input of %s any more", role)
	case err == unix.EAGAIN || err == nil && n < len(text):
		return fmt.Errorf("%s does not read its input: only %d of %d bytes found room in the pipe", role, max(n, 0), len(text))
	}
	return err
}

// CloseInput is the end of what is typed: on a terminal control-D, which ends a read. Where a line
// has been begun the first one only hands that over.
func (s *Supervisor) CloseInput(role string) {
	c := s.console(role)
	switch {
	case c == nil:
	case !c.program.Command.Terminal:
		c.closeInput()
	default:
		if c.midline {
			c.typeLine(endOfFile)
		}
		c.typeLine(endOfFile)
	}
}

// endOfFile is control-D.
const endOfFile = "\x04"

// longestLine is how much of a line a terminal keeps, n_tty(4) in the kernel's sources: it drops
// the rest without a word.
const longestLine = 4095

// typeLine types at the terminal. It returns when the kernel has done with the text what a terminal
// does, which it does in a thread of its own: echoed it, made a signal of control-C, and given it
// to who reads.
func (c *console) typeLine(text string) error {
	for line := range strings.Lines(text) {
		if len(line) > longestLine {
			return fmt.Errorf("a line of %d bytes is more than a terminal takes (%d)", len(line), longestLine)
		}
	}
	raw, err := c.master.SyscallConn()
	if err != nil {
		return err
	}
	n := 0
	if writeErr := raw.Write(func(fd uintptr) (done bool) {
		n, err = unix.Write(int(fd), []byte(text))
		return true
	}); writeErr != nil {
		return writeErr
	}
	role := c.program.Command.Role
	switch {
	case err == unix.EAGAIN || err == nil && n < len(text):
		return fmt.Errorf("%s does not read its terminal: only %d of %d bytes found room", role, max(n, 0), len(text))
	case err != nil:
		return fmt.Errorf("nobody has the terminal of %s open any more: %w", role, err)
	}
	c.midline = text != endOfFile && !strings.HasSuffix(text, "\n")
	// To look whether there is something to read waits for that thread.
	slave, err := unix.Open(c.program.TTY, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // its last user has just gone
	}
	defer unix.Close(slave)
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(slave), Events: unix.POLLIN}}, 0); err != unix.EINTR {
			return nil
		}
	}
}

// Resize gives a program's terminal another size. The kernel tells the processes in its foreground
// (SIGWINCH).
func (s *Supervisor) Resize(role string, columns, rows int) error {
	c := s.console(role)
	if c == nil {
		return fmt.Errorf("%s has no terminal", role)
	}
	s.alarmed()
	raw, err := c.master.SyscallConn()
	if err != nil {
		return err
	}
	if ctlErr := raw.Control(func(fd uintptr) {
		err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)})
	}); ctlErr != nil {
		return ctlErr
	}
	return err
}

// InGroup reports whether a process is in the group of a program's first process, which leads it:
// that is where a program begins, and a leader of a session can't leave it (setpgid(2)).
func (s *Supervisor) InGroup(p, leader *Process) bool {
	group, err := unix.Getpgid(p.PID)
	return err == nil && group == leader.PID
}

// Signal sends a signal to a process of the run that has not ended.
func (s *Supervisor) Signal(p *Process, sig syscall.Signal) error {
	if p.Ended {
		return syscall.ESRCH
	}
	s.alarmed()
	return syscall.Kill(p.PID, sig) // it's not been waited for, so the id is still its own
}

// Answer ends a call in which a thread blocks, with a result in the kernel's place, as if it had
// been the call's own. A call that has returned by itself in the meantime keeps its result. It
// reports whether the thread was in a call.
func (s *Supervisor) Answer(t *Thread, result int64) bool {
	if t.call == nil || t.inStop() || s.threads[t.TID] != t || ptrace(unix.PTRACE_INTERRUPT, t.TID, 0, 0) != nil {
		return false
	}
	t.answer = &result
	return true
}

// Interrupt ends a call in which a thread blocks as a signal does that it ignores: mostly it's made
// again.
func (s *Supervisor) Interrupt(t *Thread) { ptrace(unix.PTRACE_INTERRUPT, t.TID, 0, 0) }

// Expect sets whether a policy has something to do as soon as nothing moves. It's asked then in any
// case, but sooner if it does.
func (s *Supervisor) Expect(soon bool) { s.expects = soon }

// Has reports whether a thread is still there.
func (s *Supervisor) Has(t *Thread) bool { return s.threads[t.TID] == t }

// Freeze keeps a thread from the CPU until Thaw, wherever it is: it stops at once. A call in which
// it sleeps is made again afterwards. It reports whether the thread was still there and on its own.
func (s *Supervisor) Freeze(t *Thread) bool {
	if t.state != running || t.freeze || s.threads[t.TID] != t || ptrace(unix.PTRACE_INTERRUPT, t.TID, 0, 0) != nil {
		return false
	}
	t.freeze = true
	s.frozen++
	return true
}

// Suspend is Freeze for a thread that may be in our hands already: then it stays where it is when
// somebody lets it go.
func (s *Supervisor) Suspend(t *Thread) {
	if !s.Freeze(t) && t.inStop() && !t.freeze {
		t.freeze = true
		s.frozen++
	}
}

// Stopped reports whether a thread is stopped, whatever for: its registers can be read.
func (t *Thread) Stopped() bool { return t.inStop() || t.state == parked }

// RegisterSet reads one of a stopped thread's sets of registers, PTRACE_GETREGSET in ptrace(2), and
// returns how much of b that is.
func (t *Thread) RegisterSet(kind int, b []byte) (n int, err error) {
	iov := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	err = ptrace(unix.PTRACE_GETREGSET, t.TID, uintptr(kind), uintptr(unsafe.Pointer(&iov)))
	return int(iov.Len), err
}

// Thaw lets a thread go on that Freeze has stopped.
func (s *Supervisor) Thaw(t *Thread) {
	s.unfreeze(t)
	if t.state == frozen {
		s.to(t, stopped)
		s.resume(t, t.withheld)
	}
}

// unfreeze is for threads that are not kept from the CPU any more.
func (s *Supervisor) unfreeze(t *Thread) {
	if t.freeze {
		t.freeze = false
		s.frozen--
	}
}

// Frozen reports whether a thread stands still because of Freeze.
func (t *Thread) Frozen() bool { return t.state == frozen }

// Alter lets the kernel see another value in place of an argument of the call that a thread is
// about to make. The program finds its own in the register again when the call returns, and events
// have the program's.
func (t *Thread) Alter(arg int, value uint64) {
	if t.regs.get(t.TID) != nil {
		return // killed
	}
	if t.altered == nil {
		t.altered = map[int]uint64{}
	}
	t.altered[arg] = t.regs.args()[arg]
	t.regs.setArg(arg, value)
	t.regs.set(t.TID)
}

// Instead lets the kernel see another call in place of the one that a thread is about to make.
func (t *Thread) Instead(nr uint64) {
	if t.regs.get(t.TID) == nil && t.regs.setNr(t.TID, nr) == nil {
		t.instead = true
	}
}

// Returns lets a policy see the kernel's result of the call that a thread is about to make, before
// anybody else does: f returns what it is to be. If the kernel is to make the call again it still
// is one of its own codes, see Event.Restarts.
func (t *Thread) Returns(f func(result int64) int64) { t.returns = f }

// Descriptor is a copy, for the tool, of a descriptor of a thread's: see pidfd_getfd(2).
func (t *Thread) Descriptor(fd int) (own int, err error) {
	process, err := unix.PidfdOpen(t.Proc.PID, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(process)
	return unix.PidfdGetfd(process, fd, 0)
}

// restore gives a thread that comes out of its call the registers that it expects: the arguments of
// which the kernel saw others, and the result that a policy answers an interrupted call with, which
// the kernel then must not make again.
func (t *Thread) restore(rval int64) int64 {
	answered := t.answer != nil && interrupted(rval)
	becomes := rval
	if rval == -int64(unix.EINTR) && t.call.Nr != unix.SYS_RT_SIGRETURN && t.answer == nil && t.disregards() {
		becomes = -int64(abi.ERESTARTNOINTR)
	}
	if t.returns != nil {
		becomes = t.returns(becomes)
		t.returns = nil
	}
	if len(t.altered) == 0 && !t.instead && !answered && becomes == rval || t.regs.get(t.TID) != nil {
		return rval
	}
	if t.instead {
		t.regs.setNr(t.TID, t.call.Nr)
		t.instead = false
	}
	for arg, value := range t.altered {
		t.regs.setArg(arg, value)
	}
	t.altered = nil
	switch {
	case answered:
		t.regs.skip(t.TID, *t.answer)
		return rval
	case becomes != rval:
		t.regs.setResult(becomes)
	}
	t.regs.set(t.TID)
	return becomes
}

// interrupted reports whether a result is what the kernel gives a call that a signal, or a tracer,
// has interrupted.
func interrupted(rval int64) bool { return rval == -int64(unix.EINTR) || abi.Restarts(rval) }

// Tick sends a process a signal as a timer of the kernel's does: nobody is its sender.
func (s *Supervisor) Tick(p *Process, sig syscall.Signal) {
	p.tick = sig
	if s.Signal(p, sig) != nil {
		p.tick = 0
	}
}

// Timer is what a signal tells of the timer that sent it, timer_create(2).
type Timer struct {
	TID     int // the thread that gets it; 0: any of the process
	Signal  syscall.Signal
	ID      int32
	Overrun int32
	Value   uint64
}

// Expire sends a process the signal of one of its timers.
func (s *Supervisor) Expire(p *Process, t Timer) {
	if p.Ended {
		return
	}
	const siTimer = -2
	info := struct { // siginfo_t, sigaction(2)
		signo, errno, code, _ int32
		id, overrun           int32
		value                 uint64
		_                     [96]byte
	}{signo: int32(t.Signal), code: siTimer, id: t.ID, overrun: t.Overrun, value: t.Value}
	s.alarmed()
	if t.TID == 0 {
		syscall.RawSyscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(p.PID), uintptr(t.Signal), uintptr(unsafe.Pointer(&info)))
		return
	}
	syscall.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(p.PID), uintptr(t.TID), uintptr(t.Signal),
		uintptr(unsafe.Pointer(&info)), 0, 0)
}
