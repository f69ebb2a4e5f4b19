package attrib

import "testing"

func TestGoPackage(t *testing.T) {
	for fn, want := range map[string]string{
		"main.main":                                "main",
		"main.(*server).serve.func1":               "main",
		"golang.org/x/sys/unix.Pipe2":              "golang.org/x/sys/unix",
		"gopkg.in/yaml%2ev3.Unmarshal":             "gopkg.in/yaml.v3",
		"internal/runtime/syscall/linux.Syscall6":  "internal/runtime/syscall/linux",
		"slices.SortFunc[go.shape.[]a/b.T]":        "slices",
		"example.com/x.Map[go.shape.int,a/b.Kind]": "example.com/x",
		"_start": "",
	} {
		if got := goPackage(fn); got != want {
			t.Errorf("%s is of %q, want %q", fn, got, want)
		}
	}
}

func TestGoStub(t *testing.T) {
	for fn, want := range map[string]bool{
		"internal/runtime/syscall/linux.Syscall6":    true,
		"runtime/internal/syscall.Syscall6":          true, // Go 1.19 to 1.23
		"syscall.RawSyscall6":                        true,
		"golang.org/x/sys/unix.Syscall":              true,
		"runtime/internal/atomic.Load":               false,
		"runtime.futex":                              false,
		"syscall.openat":                             false,
		"example.com/runtime/internal/syscall.Mine6": false,
	} {
		if got := goStub(fn); got != want {
			t.Errorf("%s is a stub: %v, want %v", fn, got, want)
		}
	}
}
