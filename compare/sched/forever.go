package sched

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// stuck reports whether all threads wait in calls that no time ends.
func (p *Policy) stuck(s *trace.Supervisor) bool {
	if p.time.foreign {
		return false
	}
	for _, t := range s.Threads() {
		e := t.Call()
		if e != nil && p.live.Call(e).Background() || p.sysmons.watches(t) || t.Parked() { // nobody will continue it
			continue
		}
		if e == nil {
			nr, args, ok := t.Unseen()
			if !ok {
				return false
			}
			e = &trace.Event{PID: t.Proc.PID, Nr: nr, Args: args}
		}
		if !p.forever(s, e) {
			return false
		}
	}
	return true
}

// forever reports whether a call that blocks can end only by what another process of the run does,
// or the script. Calls that time, hardware or a process outside can end are not among them, nor is
// any that is not known here: a run that waits for such a thing is no deadlock. The sockets, FIFOs
// and locks of a scripted run lead nowhere but to its own programs. Of other runs it must be known
// who is at the other end: somebody outside may connect to a socket that listens.
func (p *Policy) forever(s *trace.Supervisor, e *trace.Event) bool {
	sig, scripted := abi.Lookup(e.Nr).For(&e.Args), p.script != nil
	switch {
	case !sig.Endless(&e.Args):
		return false
	case sig.Makes == abi.File:
		return scripted // a FIFO's other end: a disk would not let it sleep
	}
	switch sig.Waits {
	case abi.ForChild, abi.ForSignal, abi.ForProgram, abi.ForMemory:
		return true
	case abi.ForConnection, abi.ForAnswer:
		return scripted
	case abi.ForLock:
		return scripted || keepsLocked(s, e.PID)
	case abi.ForMessage:
		return scripted || private(sig, e)
	case abi.ForReady: // of nothing, it is libc's pause where the kernel has none (arm64)
		if scripted || sig.OfNothing(&e.Args) {
			return true
		}
		fds, known := awaited(sig, e)
		return known && !slices.ContainsFunc(fds, func(fd int) bool { return !p.leadsWithin(s, e.PID, fd) })
	}
	moves := false
	for i := range sig.Args {
		if a := &sig.Args[i]; a.Kind == abi.Fd && (a.Use == abi.Takes || a.Use == abi.Puts) {
			fd := int(int32(e.Args[i]))
			if !p.leadsWithin(s, e.PID, fd) && !(a.Use == abi.Takes && silent(s, e.PID, fd)) {
				return false
			}
			moves = true
		}
	}
	return moves
}

// awaited are the descriptors of which a call waits for one. They can't be told if they stand in
// memory that was not looked at.
func awaited(sig *abi.Call, e *trace.Event) (fds []int, known bool) {
	for i := range sig.Args {
		m := e.Find(i, abi.In)
		switch a := &sig.Args[i]; {
		case a.Kind == abi.Fd: // of an epoll instance
			return []int{int(int32(e.Args[i]))}, true
		case a.Kind == abi.FdSet && m != nil:
			known = true
			for fd := range 8 * len(m.Bytes) {
				if m.Bytes[fd/8]>>(fd%8)&1 != 0 {
					fds = append(fds, fd)
				}
			}
		case a.Kind == abi.Struct && m != nil && a.Struct.Name == "pollfd":
			known = true
			for b := m.Bytes; len(b) >= a.Struct.Size; b = b[a.Struct.Size:] {
				if fd := int(int32(binary.LittleEndian.Uint32(b))); fd >= 0 {
					fds = append(fds, fd)
				}
			}
		}
	}
	return fds, known
}

// leadsWithin reports whether nobody outside the run can be at the other end of a descriptor.
func (p *Policy) leadsWithin(s *trace.Supervisor, pid, fd int) bool {
	path := fmt.Sprintf("/proc/%d/fd/%d", pid, fd)
	to, _ := os.Readlink(path)
	switch {
	case to == "anon_inode:[eventfd]":
		return !rings(pid)
	// Only the programs of the run have its pipes: what stands at their other ends is read, or
	// has been closed, by us.
	case strings.HasPrefix(to, "pipe:"), to == "anon_inode:[signalfd]",
		to == "anon_inode:[timerfd]": // which is set to nothing, or its time would come
		return true
	case to == "anon_inode:[pidfd]":
		of := number(pid, fd, "Pid:")
		return len(of) == 1 && (of[0] < 0 || s.Trace().Process(of[0]) != nil)
	case to == "anon_inode:[eventpoll]":
		return !slices.ContainsFunc(number(pid, fd, "tfd:"), func(fd int) bool { return !p.leadsWithin(s, pid, fd) })
	case strings.HasPrefix(to, "/dev/pts/"): // nobody types there
		return p.script != nil
	case strings.HasPrefix(to, "socket:"):
		return p.script != nil || peerWithin(s, pid, fd)
	}
	info, err := os.Stat(path)
	return p.script != nil && err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// silent reports whether a descriptor is the terminal that the tool gave a program, on which nobody
// types.
func silent(s *trace.Supervisor, pid, fd int) bool {
	to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	return slices.ContainsFunc(s.Trace().Programs, func(c *trace.Program) bool { return c.TTY == to })
}

// rings reports whether a process has given the kernel work of whose end an eventfd may tell it: by
// io_setup(2) or io_uring_setup(2), both of which map memory.
func rings(pid int) bool {
	maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	return bytes.Contains(maps, []byte("/[aio]")) || bytes.Contains(maps, []byte("anon_inode:[io_uring]"))
}

// number reads the numbers behind a word from what the kernel says of a descriptor, see
// proc_pid_fdinfo(5).
func number(pid, fd int, word string) (list []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, fd))
	for line := range strings.Lines(string(text)) {
		var n int
		if rest, found := strings.CutPrefix(line, word); found {
			if _, err := fmt.Sscan(rest, &n); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// peerWithin reports whether the other end of a socket was made by a process of the run, as that of
// a pair was.
func peerWithin(s *trace.Supervisor, pid, fd int) bool {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(process)
	own, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return false
	}
	defer unix.Close(own)
	peer, err := unix.GetsockoptUcred(own, unix.SOL_SOCKET, unix.SO_PEERCRED)
	return err == nil && peer.Pid > 0 && s.Trace().Process(int(peer.Pid)) != nil
}

// keepsLocked reports whether a process of the run has the lock for which one of them waits, see
// proc_locks(5): "7: POSIX ADVISORY WRITE 4711 …", and behind it "7: -> POSIX …" of who waits.
func keepsLocked(s *trace.Supervisor, pid int) bool {
	text, _ := os.ReadFile("/proc/locks")
	var id string
	holder := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case len(f) > 5 && f[1] == "->" && f[0] == id && f[5] == fmt.Sprint(pid):
			return s.Trace().Process(holder) != nil
		case len(f) > 4 && f[1] != "->":
			id, holder = f[0], 0
			fmt.Sscan(f[4], &holder)
		}
	}
	return false
}

// private reports whether nobody outside can know the object of System V IPC that a call is about:
// it has no key, see proc_sysvipc(5).
func private(sig *abi.Call, e *trace.Event) bool {
	for i := range sig.Args {
		file := map[abi.Kind]string{abi.SemID: "sem", abi.MsgID: "msg"}[sig.Args[i].Kind]
		if file == "" {
			continue
		}
		text, _ := os.ReadFile("/proc/sysvipc/" + file)
		for line := range bytes.Lines(text) {
			var key, id int
			if n, _ := fmt.Sscan(string(line), &key, &id); n == 2 && id == int(int32(e.Args[i])) {
				return key == 0
			}
		}
	}
	return false
}
