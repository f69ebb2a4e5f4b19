package report

import "strings"

// manual is the page of the manual that documents a call, "read(2)", and the command that shows it;
// nothing for what is no call, or none that has a name. Section 2 has a page for nearly every call under the kernel's
// name, too, but a reader of C knows most by the C library's.
func manual(name string) (page, command string) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		if strings.HasPrefix(name, "SIG") && ident(name) == name {
			return "signal(7)", "man 7 signal"
		}
		return "", ""
	}
	if c, ok := libraryNames[name]; ok {
		name = c
	}
	return name + "(2)", "man 2 " + name
}

// libraryNames are those under which the manual's section 2 speaks of calls that the kernel has
// another name for, and of the one that stands for Go's signal.Notify.
var libraryNames = map[string]string{
	"exit": "_exit", "exit_group": "_exit", "fadvise64": "posix_fadvise", "getdents64": "getdents", "newfstatat": "fstatat",
	"notify": "sigaction", "pread64": "pread", "prlimit64": "prlimit", "pselect6": "pselect", "pwrite64": "pwrite",
	"rt_sigaction": "sigaction", "rt_sigpending": "sigpending", "rt_sigprocmask": "sigprocmask", "rt_sigreturn": "sigreturn",
	"rt_sigsuspend": "sigsuspend", "rt_sigtimedwait": "sigtimedwait",
}
