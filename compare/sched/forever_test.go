package sched

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/trace"
)

// What nothing outside the run can end, also without a script.
func TestForever(t *testing.T) {
	const address = 0x7f0000000000
	for _, test := range []struct {
		name            string
		nr              uint64
		args            [6]uint64
		alone, scripted bool
	}{
		{"pause, as arm64 has it", unix.SYS_PPOLL, [6]uint64{}, true, true},
		{"a sleep by ppoll", unix.SYS_PPOLL, [6]uint64{2: address}, false, false},
		{"ppoll of a descriptor", unix.SYS_PPOLL, [6]uint64{address, 1}, false, true},
		{"ppoll with a time limit", unix.SYS_PPOLL, [6]uint64{address, 1, address}, false, false},
		{"futex", unix.SYS_FUTEX, [6]uint64{address}, true, true},
		{"futex with a time limit", unix.SYS_FUTEX, [6]uint64{3: address}, false, false},
	} {
		e := &trace.Event{Nr: test.nr, Args: test.args}
		if got := (&Policy{}).forever(nil, e); got != test.alone {
			t.Errorf("%s: %v, want %v", test.name, got, test.alone)
		}
		if got := (&Policy{script: &script{}}).forever(nil, e); got != test.scripted {
			t.Errorf("%s, in a scripted run: %v, want %v", test.name, got, test.scripted)
		}
	}
}

// TestRings: what the kernel does for a process can end its wait for an eventfd.
func TestRings(t *testing.T) {
	if rings(os.Getpid()) {
		t.Error("this process has no ring")
	}
	var ring uintptr
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&ring)), 0); errno != 0 {
		t.Skip("io_setup: ", errno)
	}
	if !rings(os.Getpid()) {
		t.Error("this process has one")
	}
	unix.Syscall(unix.SYS_IO_DESTROY, ring, 0, 0)
}
