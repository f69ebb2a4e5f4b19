package attrib

import (
	"path/filepath"
	"strings"

	"paritykit/compare/unwind"
)

// startCode is what the compiler and crt1.o put into every executable.
var startCode = map[string]bool{
	"_start": true, "_init": true, "_fini": true, "__libc_csu_init": true, "frame_dummy": true,
	"__do_global_dtors_aux": true, "register_tm_clones": true, "deregister_tm_clones": true, "": false,
}

// cLibraries are the libraries that are C's own (and C++'s): a call made in them was asked for by
// the line that called them. All other libraries count as parts of the program.
var cLibraries = []string{"libc.so", "libc-", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libresolv.so", "libutil.so",
	"libanl.so", "libnss_", "libgcc_s.so", "libstdc++.so", "libc++.so", "libc++abi.so", "ld-linux", "ld-musl", "libc.musl"}

// A library that is only named like one of these, and stands where the program's own do, is part of
// the program.
func cLibrary(m *unwind.Module) bool {
	if !m.Main && !installed(m) {
		return false
	}
	name := m.SONAME
	if name == "" && !m.Main {
		name = filepath.Base(m.Path)
	}
	for _, prefix := range cLibraries {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// installed reports whether a module stands where the system's libraries do.
func installed(m *unwind.Module) bool {
	for _, dir := range []string{"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/", "/usr/libexec/", "/nix/store/", "/gnu/store/"} {
		if strings.HasPrefix(m.Path, dir) {
			return true
		}
	}
	return false
}

// libcName reports whether a function of a static program without debug information is the C
// library's. Its functions have names that are reserved (a leading underscore) or that stand for
// the same address as a reserved name, but for a few.
func libcName(f unwind.Frame) bool {
	return !f.Own && (strings.HasPrefix(f.Func, "_") || f.Reserved || f.Func == "exit" || f.Func == "perror")
}

// cOwn are the functions of the C library that make calls for their own sake, whoever calls them,
// and what to call that.
var cOwn = map[string]string{
	"malloc": "malloc", "calloc": "malloc", "realloc": "malloc", "free": "malloc", "memalign": "malloc",
	"aligned_alloc": "malloc", "posix_memalign": "malloc", "valloc": "malloc", "pvalloc": "malloc", "reallocarray": "malloc",
	"__libc_malloc": "malloc", "__libc_free": "malloc", "malloc_trim": "malloc",
	"_IO_file_doallocate": "stdio", // asks what kind of file it is, to choose the size of its buffer
	// They load the catalogues of a language, which differ from machine to machine, when the
	// program has only said that it minds the user's language.
	"setlocale": "locale", "newlocale": "locale", "bindtextdomain": "locale", "textdomain": "locale", "gettext": "locale",
	"dcgettext": "locale", "dgettext": "locale", "dcngettext": "locale", "iconv_open": "locale",
	// They look up the time zone.
	"tzset": "time zone", "localtime": "time zone", "localtime_r": "time zone", "mktime": "time zone", "strftime": "time zone",
}

// cPlumbing says what the C library's frames between a call and the program's line make of the
// call.
func cPlumbing(frames []unwind.Frame) (noise string, i *Idiom) {
	for _, f := range frames {
		if f.Module.Loader {
			return "loader", nil
		}
		if kind := cOwn[f.Func]; kind != "" {
			return kind, nil
		}
		if found := idioms[f.Func]; found != nil {
			i = found.in(f.Module)
		}
	}
	return "", i
}
