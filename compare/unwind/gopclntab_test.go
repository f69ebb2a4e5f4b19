package unwind

import (
	"bytes"
	"os"
	"testing"
)

// runtime.clone's child starts on a new stack, also where the assembler has not seen that and has
// set no flag (arm64): what its calls find there is no return address.
func TestClone(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	im, err := openImage("", exe)
	if err != nil {
		t.Fatal(err)
	}
	table := *im.goTable()
	f, ok := table.named("runtime.clone")
	if !ok {
		t.Fatal("no runtime.clone")
	}
	table.functab = bytes.Clone(table.functab)
	table.functab[f.off+table.version.flag] &^= flagSPWrite
	code := make([]byte, f.end-f.entry)
	if !im.read(code, f.entry) {
		t.Fatal("no code of runtime.clone")
	}
	calls := 0
	for at := 0; ; calls++ {
		i := bytes.Index(code[at:], syscallCode)
		if i < 0 {
			break
		}
		at += i + len(syscallCode)
		r, ok := table.rule(f.entry+uint64(at)-1, true)
		if parent := calls == 0; !ok || (r.how == outermost) == parent {
			t.Errorf("system call %d: %+v, %v; want only the child's stack to end", calls, r, ok)
		}
	}
	if calls < 3 { // clone, gettid, exit
		t.Errorf("%d system calls in runtime.clone", calls)
	}
}
