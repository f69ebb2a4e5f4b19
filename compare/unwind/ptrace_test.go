package unwind

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// stop is what a tracee looked like when it entered a system call.
type stop struct {
	tid, nr int
	args    [6]uint64
	regs    Regs
	space   *Space
	pcs     []uint64
}

// frames returns the logical frames of the stack, innermost first.
func (s stop) frames() []Frame {
	var frames []Frame
	for _, pc := range s.pcs {
		frames = append(frames, s.space.Frames(pc)...)
	}
	return frames
}

// names is for messages.
func (s stop) names() []string {
	var names []string
	for _, f := range s.frames() {
		name := f.Func
		if name == "" {
			name = fmt.Sprintf("%s+%#x", f.Module.Path, f.Offset)
		}
		names = append(names, name)
	}
	return names
}

// written returns what a write system call writes, "" for other calls.
func (s stop) written() string {
	if s.nr != syscall.SYS_WRITE {
		return ""
	}
	p := make([]byte, s.args[2])
	n := vm(s.tid).Read(p, s.args[1])
	return string(p[:max(n, 0)])
}

// ended reports whether the stack ends where a thread begins. The loader's
// first function has no call-frame information that would say so.
func (s stop) ended() bool {
	last := s.pcs[len(s.pcs)-1]
	return s.space.rule(last).how == outermost || s.space.Frames(last)[0].Module.Loader
}

// vm reads a process with process_vm_readv(2).
type vm int

func (pid vm) Read(p []byte, addr uint64) int {
	local := syscall.Iovec{Base: &p[0], Len: uint64(len(p))}
	remote := [2]uint64{addr, uint64(len(p))}
	n, _, _ := syscall.Syscall6(sysProcessVMReadv, uintptr(pid),
		uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	return int(n)
}

// syscallInfo is the start of struct ptrace_syscall_info, ptrace(2).
type syscallInfo struct {
	op   uint8
	_    [7]byte
	_    [2]uint64
	nr   uint64
	args [6]uint64
	_    [4]uint64
}

// entry returns the system call that the thread is entering.
func entry(tid int) (info syscallInfo, ok bool) {
	const ptraceGetSyscallInfo, opEntry = 0x420e, 1
	_, _, e := syscall.Syscall6(syscall.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(tid),
		unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return info, e == 0 && info.op == opEntry
}

// trace runs a program and all that it starts, and calls visit at the entry of
// each of their system calls.
func trace(t testing.TB, images *Images, program string, visit func(stop)) {
	t.Helper()
	runtime.LockOSThread() // ptrace belongs to a thread
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	pid, err := syscall.ForkExec(program, []string{program}, &syscall.ProcAttr{
		Env:   []string{"PATH=/usr/bin:/bin"},
		Files: []uintptr{null.Fd(), null.Fd(), 2},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		t.Skipf("ptrace of %s: %v", program, err)
	}
	tr := tracer{images: images, visit: visit, spaces: map[int]*Space{}}
	if err := tr.run(pid); err != nil {
		t.Fatal(err)
	}
}

type tracer struct {
	images *Images
	visit  func(stop)
	spaces map[int]*Space // by thread group
}

func (tr *tracer) run(pid int) error {
	const all = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK |
		syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEEXEC | 1<<20 // EXITKILL
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil {
		return fmt.Errorf("wait4: %v", err)
	}
	if err := syscall.PtraceSetOptions(pid, all); err != nil {
		return fmt.Errorf("PTRACE_SETOPTIONS: %v", err)
	}
	live := map[int]bool{pid: true}
	syscall.PtraceSyscall(pid, 0)
	for len(live) > 0 {
		tid, err := syscall.Wait4(-1, &ws, syscall.WALL, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait4: %v", err)
		}
		signal := 0
		switch {
		case ws.Exited() || ws.Signaled():
			delete(live, tid)
			continue
		case ws.StopSignal() == syscall.SIGTRAP|0x80:
			tr.stopped(tid)
		case ws.StopSignal() == syscall.SIGTRAP && ws.TrapCause() > 0:
			if ws.TrapCause() == syscall.PTRACE_EVENT_EXEC {
				clear(tr.spaces)
			}
		case !live[tid]: // the first stop of a new thread
		default:
			signal = int(ws.StopSignal())
		}
		live[tid] = true
		syscall.PtraceSyscall(tid, signal)
	}
	return nil
}

func (tr *tracer) stopped(tid int) {
	call, ok := entry(tid)
	if !ok {
		return
	}
	var pr syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &pr) != nil {
		return
	}
	s := stop{tid: tid, nr: int(call.nr), args: call.args, regs: PtraceRegs(&pr)}
	group := threadGroup(tid)
	for range 2 {
		if s.space = tr.spaces[group]; s.space != nil {
			s.pcs = s.space.Stack(&s.regs, vm(tid), nil)
			if s.space.at(s.pcs[len(s.pcs)-1]) != nil {
				break
			}
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", tid))
		if err != nil {
			return
		}
		tr.spaces[group] = tr.images.Space(ParseMaps(text), "")
		s.space = tr.spaces[group]
		s.pcs = s.space.Stack(&s.regs, vm(tid), nil)
	}
	if vm(tid).Read(make([]byte, 8), s.regs.SP()) == 8 { // else killed meanwhile, by another thread's exit_group
		tr.visit(s)
	}
}

func threadGroup(tid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	group := tid
	if _, rest, ok := strings.Cut(string(text), "\nTgid:"); ok {
		fmt.Sscan(rest, &group)
	}
	return group
}
