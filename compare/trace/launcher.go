package trace

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// launcherName is the argv[0] under which this program becomes the launcher. No file has this name and no shell sets
// argv[0], so nobody gets here by accident.
const launcherName = "parity: launcher"

// Descriptors of the launcher besides 0, 1 and 2, closed by its execve.
const (
	goFD   = 3 // read: one byte comes when the tracer has seized us
	failFD = 4 // write: why the program could not be executed
)

// init takes over when the process was started as a launcher. It must be init and not main: the main goroutine is still
// on the process's first thread here, and only a seized first thread keeps its id across execve.
func init() {
	if len(os.Args) >= 3 && os.Args[0] == launcherName {
		runtime.LockOSThread()
		err := launch(os.Args[1], os.Args[2], os.Args[3:])
		f := os.NewFile(failFD, "failure")
		fmt.Fprint(f, err)
		os.Exit(127)
	}
}

// launch waits to be seized, then becomes the program: argv[0] in path, with the calls listed in pass not reported.
func launch(pass, path string, argv []string) error {
	var one [1]byte
	if n, _ := syscall.Read(goFD, one[:]); n != 1 {
		return fmt.Errorf("the tracer gave up") // or died: then nobody reads this
	}
	clean()
	if err := installFilter(pass); err != nil {
		return err
	}
	// syscall.Exec and not a bare execve: it gives back the RLIMIT_NOFILE that Go's start-up raised.
	if err := syscall.Exec(path, argv, os.Environ()); err != nil {
		return fmt.Errorf("%d", err.(syscall.Errno))
	}
	return nil
}

// clean gives the program the same start whoever started the tool: no descriptors beyond the standard three (make's job
// server leaks some), no ignored or blocked signals (nohup and Python leave some), addresses that do not change from run to
// run.
func clean() {
	if unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC) != nil { // before Linux 5.11
		for fd := 3; fd < 1024; fd++ {
			unix.CloseOnExec(fd)
		}
	}
	for sig := 1; sig <= 64; sig++ {
		var old sigaction
		if rtSigaction(sig, nil, &old) == nil && old.handler == sigIgn {
			rtSigaction(sig, &sigaction{}, nil)
		}
	}
	unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil)
	// Not allowed in some containers, and only a nicety: a program that prints an address then prints the same twice.
	const addrNoRandomize = 0x0040000
	syscall.RawSyscall(unix.SYS_PERSONALITY, addrNoRandomize, 0, 0)
	// If the tool dies from here on, PTRACE_O_EXITKILL ends us; the program must not find a death signal set.
	unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
}

// installFilter makes the kernel report all calls but those passed. The verdict depends on the call's number alone, so
// that the kernel can answer from its bitmap of always-allowed calls (Linux 5.11) without running the filter.
func installFilter(pass string) error {
	const (
		offNr   = 0 // struct seccomp_data, seccomp(2)
		offArch = 4
	)
	load := func(off uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
	}
	ret := func(verdict uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
	}
	jumpEq := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	// 32-bit code calls by other numbers and with other structures: it raises SIGSYS, see Supervisor.signal.
	prog := []unix.SockFilter{load(offArch), jumpEq(auditArch, 1, 0), ret(unix.SECCOMP_RET_TRAP), load(offNr)}
	for _, s := range strings.Fields(pass) {
		nr, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return fmt.Errorf("launcher: bad call number %q", s)
		}
		prog = append(prog, jumpEq(uint32(nr), 0, 1), ret(unix.SECCOMP_RET_ALLOW))
	}
	prog = append(prog, ret(unix.SECCOMP_RET_TRACE))
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	_, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return fmt.Errorf("seccomp(SECCOMP_SET_MODE_FILTER): %w (does the container forbid it?)", errno)
	}
	return nil
}
