package canon

import (
	"bytes"
	"slices"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// idiom is a library function that makes several calls to carry out one idea. The calls in keep are that idea; what else is
// done under its frames is plumbing and is folded as noise of the idiom's name.
type idiom struct {
	name string
	keep []string
}

// idioms by the function that the program calls. A function that is not here and that makes several calls is no problem: each
// of its calls is an op then.
var idioms = map[string]*idiom{
	// glibc registers the child's robust-futex list and runs fork handlers.
	"fork": forking, "vfork": forking, "_Fork": forking,
	// The child is this program again; the memfd with its role, the list of descriptors to hand on and the error pipe serve
	// that, and so does what the child does until it is in its role.
	"paritykit/go/internal/fork.Start": starting,
	"paritykit/go/internal/fork.Main":  {name: "fork", keep: []string{"exit_group"}},
	// A stack for the thread, its guard page, and the signals that must not reach it before it's ready.
	"pthread_create": {name: "thread", keep: []string{"clone", "clone3"}},
	"raise":          raising, "abort": raising, "pthread_kill": raising,
	// Stdio moves data. Whether it speaks to a terminal, and how large its buffer had better be, it asks for its own sake.
	"printf": stdio, "vprintf": stdio, "fprintf": stdio, "vfprintf": stdio, "dprintf": stdio, "puts": stdio, "fputs": stdio, "putchar": stdio,
	"putc": stdio, "fputc": stdio, "fwrite": stdio, "fflush": stdio, "perror": stdio, "getchar": stdio, "getc": stdio, "fgetc": stdio,
	"fgets": stdio, "fread": stdio, "getline": stdio, "getdelim": stdio, "scanf": stdio, "fscanf": stdio,
	"fopen": opening, "fdopen": opening, "freopen": opening, "fclose": closing,
	// Whether the file can be waited for with epoll, and if not, how to block on it.
	"os.newFile": {name: "Go file set-up"},
	// An error pipe to the child, which ends with its execve.
	"syscall.forkExec": {name: "fork+exec", keep: []string{"clone", "clone3", "execve", "chdir", "chroot", "dup2", "dup3",
		"setsid", "setpgid", "setuid", "setgid", "setgroups"}},
	// A probe child that shows whether the kernel can wait for pidfds.
	"os.checkPidfd": {name: "pidfd probe"},
}

// spawning is what a library does in a child, on the program's behalf, until the child executes its program.
var spawning = &idiom{name: "fork+exec", keep: []string{"execve", "execveat", "chdir", "fchdir", "chroot", "open", "openat", "close", "dup2",
	"dup3", "setsid", "setpgid", "setuid", "setgid", "setgroups"}}

var stdio = &idiom{name: "stdio", keep: []string{"read", "readv", "write", "writev", "lseek"}}

var closing = &idiom{name: "stdio", keep: []string{"close", "read", "readv", "write", "writev", "lseek"}}

var opening = &idiom{name: "stdio", keep: []string{"open", "openat", "close", "dup", "dup2", "dup3", "lseek"}}

var raising = &idiom{name: "raise", keep: []string{"tgkill", "tkill", "kill"}}

var forking = &idiom{name: "fork", keep: []string{"clone", "clone3", "fork", "vfork"}}

var starting = &idiom{name: forking.name, keep: forking.keep}

// unwrapped are calls for which the C library has no function: if one comes out of the library, and not out of its syscall(2),
// then the library wanted it, for a lock, a condition, or to wait for a thread.
var unwrapped = map[string]bool{"futex": true, "set_robust_list": true, "rseq": true, "set_tid_address": true}

var writes = map[string]bool{"write": true, "writev": true}

// fold says what kind of noise a call is, "" if it is an op.
func (c *maker) fold(call *pending) string {
	if c.options.Raw {
		return ""
	}
	name, a := call.sig.Name, call.asker
	switch {
	case call.again:
		return "restarted call"
	case call.caught != 0:
		return ""
	case writes[name] && len(call.args) > 0 && (call.args[0].Value == "tty" || call.args[0].Value == "stderr"):
		return "" // output is the program's, whoever makes the call for it
	case name == "exit_group":
		// However a process ends itself, its end is the program's: also when a library decides on it.
		return ""
	case name == "rt_sigreturn" || name == "restart_syscall":
		return "signal return" // the kernel's and the C library's own, see sigreturn(2)
	case a.noise != "":
		return a.noise
	case unwrapped[name] && a.library != "" && a.library != "syscall":
		return "libc lock"
	case name == "rt_sigprocmask" && a.library != "" && a.library != "syscall" && reserved(call.event):
		return "libc signals"
	case a.idiom != nil && !slices.Contains(a.idiom.keep, name):
		return a.idiom.name
	}
	return ""
}

// reserved says whether a set of signals has one that the C libraries keep to themselves, the first two of the real-time signals. A
// program cannot put them into a set, see sigaddset(3); a library blocks them while it starts a thread, and musl unblocks them when
// the program first handles any signal.
func reserved(e *trace.Event) bool {
	const first = 32
	m := e.Find(1, abi.In)
	return m != nil && word(m.Bytes)>>(first-1)&3 != 0
}

// reexecutes says whether a child's first deed is to execute the program that it already is, with the same arguments: a
// program that can't copy itself starts itself again. started is how its parent was started.
func (c *maker) reexecutes(parent, child int) bool {
	own := c.startOf(parent)
	for _, e := range c.trace.Events {
		if e.PID != child || e.Kind != trace.Call || abi.Lookup(e.Nr).Name != "execve" {
			continue
		}
		if e.Result != 0 || own == nil {
			return false
		}
		argv, ownArgv := e.Find(1, abi.In), own.Find(1, abi.In)
		t, mother := c.trace.Process(child), c.trace.Process(parent)
		return t != nil && mother != nil && t.Exe == mother.Exe &&
			argv != nil && ownArgv != nil && bytes.Equal(argv.Bytes, ownArgv.Bytes)
	}
	return false
}

// startOf is the execve with which a process, or the ancestor that it's a copy of, began its program.
func (c *maker) startOf(pid int) (own *trace.Event) {
	for _, e := range c.trace.Events {
		if e.PID == pid && e.Kind == trace.Call && e.Result == 0 && abi.Lookup(e.Nr).Name == "execve" {
			own = e
		}
	}
	if t := c.trace.Process(pid); own == nil && t != nil && t.Parent != 0 && t.Parent != pid {
		return c.startOf(t.Parent)
	}
	return own
}
