package attrib

import (
	"slices"

	"paritykit/compare/unwind"
)

// CPython is a program in C, and what it runs has no frames of its own: all calls of a Python
// program are the interpreter's. But what it does before it opens the program's source is the same
// for each one: it looks for its library, imports a part of it, and finds the program's directory.

// pythonStart is what the interpreter is known to do for that. Modules that a user has it import
// then (sitecustomize) may do anything else.
var pythonStart = &Idiom{Name: "Python start-up", plumbing: slices.Concat(memory, locks, []string{
	"open", "openat", "read", "lseek", "close", "fstat", "newfstatat", "getdents64", "readlink",
	"getcwd", "fcntl", "dup", "ioctl", "sysinfo", "uname", "rt_sigaction", "getuid", "geteuid", "getgid",
	"getegid", "getpid"})}

// pythonStarts reports whether frames, innermost first, are those of an interpreter that gets
// ready. Reading the source is the program's first work. What follows the program is its own, too:
// there the interpreter writes what was printed last.
func pythonStarts(frames []unwind.Frame) bool {
	if index(frames, named("Py_InitializeFromConfig")) >= 0 { // it evaluates modules, too
		return index(frames, named("Py_BytesMain", "Py_Main", "Py_InitializeEx")) >= 0
	}
	return index(frames, named("Py_RunMain")) >= 0 && index(frames, named("PyEval_EvalCode")) < 0 &&
		index(frames, named("PyImport_GetImporter", "_Py_wreadlink", "_Py_wrealpath")) >= 0
}
