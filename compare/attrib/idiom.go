package attrib

import (
	"slices"
	"strings"

	"paritykit/compare/unwind"
)

// Idiom is a library function that makes several calls to carry out one idea. What the library is
// known to do besides is plumbing, and folded as noise of the idiom's name; whatever else is called
// under its frames is the program's, because a callback of the program's may have asked for it by a
// jump, which leaves no frame. The few functions that are this kit's own, or make nothing but
// plumbing, say what is kept instead.
type Idiom struct {
	Name     string
	plumbing []string // calls; "fcntl F_GETFL" is the one with that command
	keep     []string
	kept     bool // keep counts
	Chance   bool // what it writes is no two times the same, and how many writes that takes
}

// Keeps reports whether a call is the idea itself, or the program's.
func (i *Idiom) Keeps(call string) bool {
	name, _, _ := strings.Cut(call, " ")
	if i.kept {
		return slices.Contains(i.keep, call) || slices.Contains(i.keep, name)
	}
	return !slices.Contains(i.plumbing, call) && !slices.Contains(i.plumbing, name)
}

// idioms by the function that the program calls. A function that is not here and that makes several
// calls is no problem: each of its calls is an op then.
var idioms = map[string]*Idiom{
	// glibc registers the child's robust-futex list and runs fork handlers.
	"fork": forking, "vfork": forking, "_Fork": forking,
	// The loader finds the library, reads it and maps it. Which one that is the program decides.
	"dlopen": loading, "dlmopen": loading,
	// A stack for the child, and the signals that must not reach it before it's ready.
	"posix_spawn": spawning, "posix_spawnp": spawning,
	// How high descriptors can be.
	"posix_spawn_file_actions_addopen":  spawning,
	"posix_spawn_file_actions_adddup2":  spawning,
	"posix_spawn_file_actions_addclose": spawning,
	// It ignores SIGINT and SIGQUIT meanwhile. musl's has an error pipe.
	"system": {Name: "system", plumbing: slices.Concat(memory, locks, limits, []string{"pipe2", "read", "close"})},
	"popen":  {Name: "stdio", plumbing: slices.Concat(memory, locks, buffers, limits, []string{"fcntl F_GETFD"})},
	"pclose": {Name: "stdio", plumbing: slices.Concat(memory, locks)},
	// The child is this program again; the memfd with its role, the list of descriptors to hand
	// on and the error pipe serve that, and so does what the child does until it is in its
	// role.
	"paritykit/go/fork.Start": Starting,
	"paritykit/go/fork.Main":  {Name: "fork", kept: true, keep: []string{"exit_group"}},
	// A stack for the thread, its guard page, and the signals that must not reach it before
	// it's ready.
	"pthread_create": threading,
	"pthread_join":   joining, "pthread_timedjoin_np": joining,
	"raise": raising, "abort": raising, "pthread_kill": raising,
	// Stdio moves data. Whether it speaks to a terminal, and how large its buffer had better
	// be, it asks for its own sake.
	"printf": stdio, "vprintf": stdio, "fprintf": stdio, "vfprintf": stdio,
	"puts": stdio, "fputs": stdio, "putchar": stdio, "putc": stdio, "fputc": stdio,
	"fwrite": stdio, "fflush": stdio, "getchar": stdio, "getc": stdio,
	"fgetc": stdio, "fgets": stdio, "fread": stdio, "getline": stdio, "getdelim": stdio,
	"scanf": stdio, "fscanf": stdio, "fopen": stdio, "freopen": stdio, "fclose": stdio,
	// It makes a stream for a moment, and asks where its descriptor stands.
	"dprintf":  {Name: stdio.Name, plumbing: slices.Concat(locks, buffers, []string{"lseek"})},
	"vdprintf": {Name: stdio.Name, plumbing: slices.Concat(locks, buffers, []string{"lseek"})},
	// It makes one, too, as long as nothing has been written to the standard error.
	"perror": {Name: stdio.Name, plumbing: slices.Concat(locks, buffers, []string{"dup", "fcntl F_GETFL", "close"})},
	// Can the descriptor do what the mode says?
	"fdopen": {Name: "stdio", plumbing: slices.Concat(locks, buffers, []string{"fcntl F_GETFL"})},
	// Whether the file can be waited for with epoll, and if not, how to block on it.
	"os.newFile": {Name: "Go file set-up", kept: true},
	// An error pipe to the child, which ends with its execve.
	// It writes the maps of user and group ids, too.
	"syscall.forkExec": {Name: "fork+exec", kept: true, keep: slices.Concat(becoming,
		[]string{"clone", "clone3", "execve", "dup2", "dup3", "openat", "write", "ptrace"})},
	// Which protocol a socket has, in order to take apart an address that accept or recvfrom
	// gave.
	"golang.org/x/sys/unix.anyToSockaddr": {Name: "address", kept: true},
	// It stops all other goroutines meanwhile.
	heapDump: {Name: "heap dump", kept: true, keep: []string{"write"}, Chance: true},
	// A file of that name in a directory of PATH, which may be executed.
	"os/exec.LookPath": {Name: "PATH search", kept: true},
	// It has a descriptor of the child, and closes that when it has waited for it.
	"os.(*processHandle).closeHandle": {Name: "pidfd", kept: true},
	// A probe child that shows whether the kernel can wait for pidfds.
	"os.checkPidfd": {Name: "pidfd probe", kept: true},
}

// What the C libraries do for their own sake: for memory, for a lock, and to find out what a stream
// leads to.
var (
	memory  = []string{"brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "getrandom"}
	locks   = []string{"futex", "gettid"}
	buffers = []string{"ioctl TCGETS", "ioctl TIOCGWINSZ"} // musl asks for the window's size
	limits  = []string{"prlimit64", "getrlimit"}
	thread  = []string{"set_robust_list", "rseq", "set_tid_address"} // what each begins with
)

// in is the idiom in a C library. Of glibc all that allocates memory has a name on the stack
// (malloc); of others, and of a static program, it may have none, so that there the calls for
// memory are plumbing, too.
func (i *Idiom) in(m *unwind.Module) *Idiom {
	if i == nil || i.kept || hasPrefix(m.SONAME, "libc.so.6", "libpthread.so") || allocating[i] == nil {
		return i
	}
	return allocating[i]
}

// allocating are the idioms with the calls for memory.
var allocating = func() map[*Idiom]*Idiom {
	list := map[*Idiom]*Idiom{}
	for _, i := range idioms {
		if !i.kept && list[i] == nil {
			list[i] = &Idiom{Name: i.Name, plumbing: slices.Concat(i.plumbing, memory)}
		}
	}
	return list
}()

// spawned is what a library does in a child, on the program's behalf, until the child executes its
// program.
var spawned = &Idiom{Name: "fork+exec", plumbing: slices.Concat(memory, locks, limits, []string{
	"rt_sigprocmask", "rt_sigaction", "fcntl", "getpid", "sigaltstack", "write"})} // to the error pipe

// becoming are the calls by which a child becomes what its program finds itself to be. (Which
// signals that finds blocked or ignored, and which descriptors open, its execve says, however they
// came to be.)
var becoming = []string{"chdir", "fchdir", "chroot", "setsid", "setpgid", "setuid", "setgid",
	"setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset", "prctl", "unshare",
	"setns", "mount", "umount2", "ioctl", "tcsetpgrp", "setpriority", "ioprio_set", "setrlimit",
	"umask", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity"}

// allocation is what musl does to get memory.
var allocation = &Idiom{Name: "malloc", plumbing: memory}

var joining = &Idiom{Name: "thread", plumbing: slices.Concat(locks, []string{"munmap", "madvise"})}

var stdio = &Idiom{Name: "stdio", plumbing: slices.Concat(locks, buffers)}

var raising = &Idiom{Name: "raise", plumbing: []string{"getpid", "gettid", "futex"}}

var loading = &Idiom{Name: "loader", kept: true, keep: []string{"open", "openat"}}

var forking = &Idiom{Name: "fork", plumbing: slices.Concat(locks, thread)}

var spawning = &Idiom{Name: "posix_spawn",
	plumbing: slices.Concat(memory, locks, limits, []string{"close", "pipe2", "read", "wait4"})}

// startUp is the noise before main, which nobody on the stack has asked for.
const startUp = "libc start-up"

// startingUp is what the C libraries do then, musl's loader among them. What else is called a
// constructor of the program's may have asked for, by a jump.
var startingUp = &Idiom{Name: startUp, plumbing: slices.Concat(memory, locks, limits, thread,
	[]string{"arch_prctl", "readlink", "readlinkat", "uname", "open", "openat", "read", "pread64",
		"fstat", "newfstatat", "close", "fcntl", "access", "faccessat", "poll", "ppoll"})}

// threading is what the C library does to start a thread.
var threading = &Idiom{Name: "thread",
	plumbing: slices.Concat(memory, locks, thread, []string{"rt_sigaction", "membarrier"})}

// aroundThread is what it does in a thread before its function begins and when that has ended, and
// nothing else.
var aroundThread = &Idiom{Name: "thread",
	plumbing: slices.Concat(locks, thread, []string{"exit", "madvise", "munmap"})}

// Polling is what Go makes calls by on descriptors for which it waits in its runtime. All of them
// are the program's.
var Polling = &Idiom{Name: "poll"}

// Starting is how a Go program starts its child: this kit's fork.
var Starting = &Idiom{Name: forking.Name, kept: true,
	keep: []string{"clone", "clone3", "fork", "vfork"}}
