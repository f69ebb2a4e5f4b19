package attrib

import (
	"path"
	"path/filepath"
	"strings"

	"paritykit/compare/unwind"
)

// The sanitizers (AddressSanitizer and its like) check a program while it runs. Their code comes
// with the compiler: a shared object of gcc's, a part of the program of clang's. It makes calls for
// itself, and it stands between the program and the C library: the program's read is an interceptor
// that calls the library's.

// sanitizer reports whether a frame is a sanitizer's.
func sanitizer(f *unwind.Frame) bool {
	if strings.Contains(f.File, "/libsanitizer/") || strings.Contains(f.File, "/compiler-rt/") {
		return true
	}
	if m := f.Module; installed(m) {
		return hasPrefix(filepath.Base(m.Path), "libasan.so", "libhwasan.so", "liblsan.so", "libtsan.so",
			"libubsan.so", "libclang_rt.")
	}
	// These names are reserved, and a program's own functions never have them.
	return f.Module.Main && hasPrefix(f.Func, "__interceptor_", "___interceptor_",
		"__sanitizer_", "_ZN11__sanitizer", "_ZN6__asan", "_ZN6__tsan", "_ZN6__lsan", "_ZN7__ubsan")
}

// intercepts reports whether a sanitizer's frame only passes on what the program calls, or what the
// library calls of the program's.
func intercepts(f *unwind.Frame) bool {
	return strings.Contains(f.Func, "interceptor_") || strings.Contains(f.Func, "ThreadStart") ||
		strings.Contains(f.Func, "thread_start") || strings.Contains(path.Base(f.File), "interceptors")
}

// sanitizes reports whether a sanitizer makes a call for itself: the frames are those between the
// call and the program's line. A sanitizer calls its own interceptors, too.
func sanitizes(frames []unwind.Frame) bool {
	for i := max(index(frames, sanitizer), 0); i < len(frames) && sanitizer(&frames[i]); i++ {
		if !intercepts(&frames[i]) {
			return true
		}
	}
	return false
}
