package trace

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// entry handles a PTRACE_EVENT_SECCOMP stop: a call of interest is about to be made.
func (s *Supervisor) entry(t *Thread) error {
	if t.regs.get(t.TID) != nil {
		return nil // killed while it was stopped
	}
	if s.cfg.Turns && t.regs.nr() == unix.SYS_SCHED_YIELD {
		s.yield(t)
		return nil
	}
	t.yields = 0
	e := s.newEvent()
	*e = Event{PID: t.Proc.PID, TID: t.TID, Nr: t.regs.nr(), Args: t.regs.args(), Result: NotReturned}
	t.call, t.vforked = e, false
	s.ahead.fetch(t.TID, t.regs.sp(), s.wantedStack(t), e)
	defer s.ahead.forget()
	if s.ahead.refused {
		return fmt.Errorf("process %d (%s) can't be read: its program file may not be read, or it has forbidden it (PR_SET_DUMPABLE in prctl(2)); "+
			"root can read it", t.Proc.PID, t.Proc.Exe)
	}
	s.capture.enter(e, memory{t.TID, &s.ahead})
	if t.Proc.launching() {
		// Still the launcher. Its execve is the run's first event if it succeeds.
		s.resume(t, 0)
		return nil
	}
	s.capture.before(e)
	t.Proc.begun = true
	if !s.cfg.NoStack {
		e.Stack = s.stacks.at(t, &s.ahead)
		e.Goroutine = s.goroutine(t)
		s.wanted.note(t, e)
	}
	if s.reads(e) {
		s.reading(t, e)
		return nil
	}
	s.keepTraced(t)
	s.touches(t, e)
	if err := s.record(e); err != nil {
		return err
	}
	action := Proceed()
	if s.cfg.Policy != nil {
		action = s.cfg.Policy.Enter(s, t, e)
	}
	s.act(t, action)
	return nil
}

// act carries out what a policy wants.
func (s *Supervisor) act(t *Thread, a Action) {
	switch a.verb {
	case hold:
		s.to(t, held)
		return
	case skip:
		t.call.Skip = true
		t.regs.skip(t.TID, a.result)
	}
	t.makesIPC = !s.cfg.Keep && a.verb != skip && makesIPC(t, t.call)
	t.call.Begun = s.clock
	s.release(t, t.call)
	s.begins(t)
	s.resume(t, 0)
}

// exit handles a syscall-exit-stop.
func (s *Supervisor) exit(t *Thread) error {
	e := t.call
	if e == nil || s.info.get(t.TID) != nil {
		t.call = nil
		s.resume(t, 0)
		return nil
	}
	s.info.rval = t.restore(s.info.rval)
	t.call = nil
	if t.answer != nil {
		if interrupted(s.info.rval) {
			s.info.rval = *t.answer
			e.Skip = true
		}
		t.answer = nil
	}
	s.clock++
	e.Left, e.Result = s.clock, s.info.rval
	call := abi.Lookup(e.Nr).For(&e.Args)
	s.capture.exit(e, t.mem())
	s.capture.ends(e)
	s.redate(t, e)
	s.renumberEntries(t, e)
	s.accepted(e)
	t.Proc.dirty = t.Proc.dirty || mapsCode(call, e)
	t.Proc.filtered = t.Proc.filtered || addsFilter(call, e)
	if call.Sends {
		s.alarmed()
	}
	if mayFork(e.Nr) {
		s.letEarly()
	}
	s.opened(t, call, e)
	if t.makesIPC {
		s.remains.note(e)
	}
	if s.cfg.NoDelay && e.Nr == unix.SYS_SOCKET && e.Result >= 0 {
		sendAtOnce(e.PID, int(e.Result))
	}
	if s.woken(t, e) {
		s.queue(t, 0)
		return nil
	}
	s.resume(t, 0)
	return nil
}

// mapsCode reports whether a call may have put code where none was. Code that goes away is of no
// interest: nobody calls from there any more, and code that takes its place must be mapped by such
// a call.
func mapsCode(call *abi.Call, e *Event) bool {
	if call.Changes&abi.Code == 0 {
		return false
	}
	prot := call.Index(func(a *abi.Arg) bool { return a.Name == "prot" })
	return prot < 0 || e.Args[prot]&unix.PROT_EXEC != 0
}

// addsFilter reports whether a call has given its process a seccomp filter.
func addsFilter(call *abi.Call, e *Event) bool {
	return call.Changes&abi.Filter != 0 && e.Result >= 0
}

// keepTraced takes CLONE_UNTRACED out of a clone's flags: with it a process could leave the run.
func (s *Supervisor) keepTraced(t *Thread) {
	e := t.call
	switch e.Nr {
	case unix.SYS_CLONE:
		if e.Args[0]&unix.CLONE_UNTRACED != 0 {
			t.regs.setArg(0, e.Args[0]&^unix.CLONE_UNTRACED)
			t.regs.set(t.TID)
		}
	case unix.SYS_CLONE3:
		var word [8]byte
		if t.mem().Read(word[:], e.Args[0]) == len(word) {
			flags := binary.NativeEndian.Uint64(word[:])
			if flags&unix.CLONE_UNTRACED != 0 {
				// ptrace writes where the program itself may not: the structure can
				// be a constant.
				ptrace(unix.PTRACE_POKEDATA, t.TID, uintptr(e.Args[0]), uintptr(flags&^unix.CLONE_UNTRACED))
			}
		}
	}
}
