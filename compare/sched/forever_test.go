package sched

import (
	"testing"

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
