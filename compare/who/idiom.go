package who

import "slices"

// Idiom is a library function that makes several calls to carry out one idea. The calls in keep are that idea; what else is
// done under its frames is plumbing and is folded as noise of the idiom's name.
type Idiom struct {
	Name string
	keep []string
}

// Keeps says whether a call is the idea itself.
func (i *Idiom) Keeps(call string) bool { return slices.Contains(i.keep, call) }

// idioms by the function that the program calls. A function that is not here and that makes several calls is no problem: each
// of its calls is an op then.
var idioms = map[string]*Idiom{
	// glibc registers the child's robust-futex list and runs fork handlers.
	"fork": forking, "vfork": forking, "_Fork": forking,
	// A stack for the child, and the signals that must not reach it before it's ready.
	"posix_spawn": spawning, "posix_spawnp": spawning,
	// How high descriptors can be.
	"posix_spawn_file_actions_addopen": spawning, "posix_spawn_file_actions_adddup2": spawning, "posix_spawn_file_actions_addclose": spawning,
	"system": {Name: "system", keep: append([]string{"wait4", "waitid", "rt_sigaction"}, forking.keep...)}, // it ignores SIGINT and SIGQUIT meanwhile
	"popen":  {Name: "stdio", keep: append([]string{"pipe", "pipe2", "close", "fcntl"}, forking.keep...)},
	"pclose": {Name: "stdio", keep: []string{"close", "wait4", "waitid"}},
	// The child is this program again; the memfd with its role, the list of descriptors to hand on and the error pipe serve
	// that, and so does what the child does until it is in its role.
	"paritykit/go/internal/fork.Start": Starting,
	"paritykit/go/internal/fork.Main":  {Name: "fork", keep: []string{"exit_group"}},
	// A stack for the thread, its guard page, and the signals that must not reach it before it's ready.
	"pthread_create": {Name: "thread", keep: []string{"clone", "clone3"}},
	"raise":          raising, "abort": raising, "pthread_kill": raising,
	// Stdio moves data. Whether it speaks to a terminal, and how large its buffer had better be, it asks for its own sake.
	"printf": stdio, "vprintf": stdio, "fprintf": stdio, "vfprintf": stdio, "dprintf": stdio, "puts": stdio, "fputs": stdio, "putchar": stdio,
	"putc": stdio, "fputc": stdio, "fwrite": stdio, "fflush": stdio, "perror": stdio, "getchar": stdio, "getc": stdio, "fgetc": stdio,
	"fgets": stdio, "fread": stdio, "getline": stdio, "getdelim": stdio, "scanf": stdio, "fscanf": stdio,
	"fopen": opening, "fdopen": opening, "freopen": opening, "fclose": closing,
	// Whether the file can be waited for with epoll, and if not, how to block on it.
	"os.newFile": {Name: "Go file set-up"},
	// An error pipe to the child, which ends with its execve.
	"syscall.forkExec": {Name: "fork+exec", keep: slices.Concat([]string{"clone", "clone3", "execve", "dup2", "dup3"}, becoming)},
	// Which protocol a socket has, in order to take apart an address that accept or recvfrom gave.
	"golang.org/x/sys/unix.anyToSockaddr": {Name: "address"},
	// A file of that name in a directory of PATH, which may be executed.
	"os/exec.LookPath": {Name: "PATH search"},
	// A probe child that shows whether the kernel can wait for pidfds.
	"os.checkPidfd": {Name: "pidfd probe"},
}

// Spawning is what a library does in a child, on the program's behalf, until the child executes its program.
var Spawning = &Idiom{Name: "fork+exec", keep: slices.Concat([]string{"execve", "execveat", "open", "openat", "close", "dup2", "dup3"}, becoming)}

// becoming are the calls by which a child becomes what its program finds itself to be. (Which signals that finds blocked or ignored, and
// which descriptors open, its execve says, however they came to be.)
var becoming = []string{"chdir", "fchdir", "chroot", "setsid", "setpgid", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
	"setgroups", "capset", "prctl", "unshare", "setns", "mount", "umount2", "ioctl", "tcsetpgrp", "setpriority", "ioprio_set",
	"sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity", "setrlimit", "umask"}

var stdio = &Idiom{Name: "stdio", keep: []string{"read", "readv", "write", "writev", "lseek"}}

var closing = &Idiom{Name: "stdio", keep: []string{"close", "read", "readv", "write", "writev", "lseek"}}

var opening = &Idiom{Name: "stdio", keep: []string{"open", "openat", "close", "dup", "dup2", "dup3", "lseek"}}

var raising = &Idiom{Name: "raise", keep: []string{"tgkill", "tkill", "kill"}}

var forking = &Idiom{Name: "fork", keep: []string{"clone", "clone3", "fork", "vfork"}}

var spawning = &Idiom{Name: "posix_spawn", keep: forking.keep}

// Starting is how a Go program starts its child: this kit's fork.
var Starting = &Idiom{Name: forking.Name, keep: forking.keep}
