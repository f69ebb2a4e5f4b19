package trace

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// newborn takes in a thread that the kernel attached for us at its creation. Its first stop may
// come before its creator's, so whose it is comes from /proc.
func (s *Supervisor) newborn(tid int) *Thread {
	pid, parent := procIDs(tid)
	made, reported := s.pending[tid]
	if made != nil {
		parent = made.PID // and not the one that CLONE_PARENT says
	}
	p := s.procs[pid]
	if p == nil || p.Ended {
		if maker := s.procs[parent]; maker == nil || maker.Ended {
			// The creator was killed, and the child given to us.
			parent = cmp.Or(s.creating(), s.late)
		}
		p = s.addProcess(pid, parent)
		p.Made = made
	}
	t := &Thread{TID: tid, Proc: p, unseen: s.cfg.NoRuntime}
	s.to(t, stopped)
	if tid == pid && !reported && s.creating() != 0 {
		s.to(t, early)
	}
	s.threads[tid] = t
	if s.now > 0 && tid == pid { // its copy of the time may be from before the last move
		s.show(t)
	}
	s.hear(tid)
	return t
}

// procIDs are the process and the parent of a thread that has not been waited for.
func procIDs(tid int) (pid, parent int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return tid, 0
	}
	for line := range strings.Lines(string(status)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ":\t"); key {
		case "Tgid":
			pid, _ = strconv.Atoi(value)
		case "PPid":
			parent, _ = strconv.Atoi(value)
			return pid, parent
		}
	}
	return tid, 0
}

// addProcess makes the record of a new process; parent is 0 for a program.
func (s *Supervisor) addProcess(pid, parent int) *Process {
	p := &Process{PID: pid, born: s.clock}
	s.live++
	s.procs[pid] = p
	s.trace.Add(p)
	s.descend(p, parent)
	return p
}

// descend says which process created p.
func (s *Supervisor) descend(p *Process, parent int) {
	p.Parent = parent
	if maker := s.procs[parent]; maker != nil && p.Execs == 0 {
		p.Role, p.Exe, p.space, p.dirty, p.filtered = maker.Role, maker.Exe, maker.space, maker.dirty, maker.filtered
		p.clock, p.leaf, p.asks = maker.clock, maker.leaf, maker.asks
	}
}

// creating is a process that is in a call that creates processes, and has not reported one; 0 if
// there is none.
func (s *Supervisor) creating() int {
	for _, t := range s.threads {
		if t.call != nil && t.call.Begun > 0 && mayFork(t.call.Nr) && !t.inStop() && !t.vforked {
			return t.Proc.PID
		}
	}
	return 0
}

// letEarly lets those processes go on that stopped before their creators did, when nobody is left
// who may have created them: he was killed.
func (s *Supervisor) letEarly() {
	if s.creating() != 0 {
		return
	}
	for _, t := range s.threads {
		if t.state == early {
			s.resume(t, 0)
		}
	}
}

// created handles the creator's side of a birth. Only here is it certain who created a process:
// with CLONE_PARENT its parent is another one, and a child whose creator has ended is given to
// somebody else.
func (s *Supervisor) created(t *Thread, event int) {
	child, err := eventMsg(t.TID)
	if err != nil || t.Proc.launching() {
		return // killed
	}
	s.births[child] = s.clock
	t.vforked = event == unix.PTRACE_EVENT_VFORK
	since := t.resumed
	if t.call != nil {
		since = t.call.Entered
	}
	heard := s.heard[child] >= since // and not an earlier one that had this id
	if !heard {
		s.pending[child] = t.call
	}
	switch p := s.procs[child]; {
	case p != nil && p.born >= since:
		if p.Parent != t.Proc.PID {
			s.descend(p, t.Proc.PID)
		}
	case event == unix.PTRACE_EVENT_CLONE || heard:
		// Perhaps a thread, and its first stop will tell. Or killed before it did anything.
	default:
		s.addProcess(child, t.Proc.PID)
	}
	if p := s.procs[child]; p != nil && p.born >= since {
		p.Made = t.call
	}
	if c := s.threads[child]; c != nil && c.state == early {
		s.resume(c, 0)
	}
}

// hear notes that something was reported of a thread.
func (s *Supervisor) hear(tid int) {
	s.heard[tid] = s.clock
	delete(s.pending, tid)
}

// ended removes a thread, and its process if it was the last: the kernel reports a leader's end
// after all others'.
func (s *Supervisor) ended(tid int, ws syscall.WaitStatus) error {
	s.hear(tid)
	if t := s.threads[tid]; t != nil {
		s.forget(t)
		if t.call != nil && mayFork(t.call.Nr) {
			s.late = t.Proc.PID
		}
	}
	s.letEarly()
	p := s.procs[tid]
	if p == nil || p.Ended {
		return nil
	}
	p.Ended = true
	s.live--
	s.alarmed() // SIGCHLD
	p.Status = Status{Code: ws.ExitStatus()}
	if ws.Signaled() {
		p.Status = Status{Signal: int(ws.Signal())}
	}
	if p.launching() {
		return p.console.unstarted(p.Status)
	}
	return s.record(&Event{Kind: Exit, PID: p.PID, TID: tid, Status: p.Status})
}

// forget removes a thread from what must be handled. Policies may still have it: it's not held any
// more.
func (s *Supervisor) forget(t *Thread) {
	s.to(t, gone)
	s.unfreeze(t)
	t.proc.close()
	delete(s.threads, t.TID)
}

// Filtered reports whether a process has a seccomp filter of its own.
func (p *Process) Filtered() bool { return p.filtered }

// launching reports whether a process is a launcher that has not yet become its program.
func (p *Process) launching() bool { return p.Execs == 0 && p.console != nil }

// executed follows a process into its new program. All its threads but one are gone, and that one
// now has the id of the process, whatever it was before.
func (s *Supervisor) executed(t *Thread) error {
	p := t.Proc
	call := t.call
	if former, err := eventMsg(t.TID); err == nil && former != t.TID {
		call = nil
		if f := s.threads[former]; f != nil {
			call = f.call
		}
	}
	for _, other := range s.threads {
		if other.Proc == p {
			s.forget(other)
		}
	}
	t.call = call
	s.threads[t.TID] = t
	s.to(t, stopped)
	s.prepare(t)
	launched := p.launching()
	p.Execs, p.space, p.slept = p.Execs+1, nil, nil
	was := p.Exe
	p.Exe, _ = os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID))
	s.notePrivilege(p)
	p.Itself = p.Itself || p.Execs == 1 && p.Exe == was
	s.trace.Strange = s.trace.Strange || s.cfg.NoRuntime && !launched && p.Exe != was
	if launched {
		s.began(t)
		return s.record(call) // the launcher's execve, which made it the program
	}
	return nil
}
