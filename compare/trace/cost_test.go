package trace

import (
	"testing"
	"time"
)

// TestCost: what each process took, and not what its children, or the launcher, took.
func TestCost(t *testing.T) {
	tr := traced(t, Config{Cost: true}, build(t, "cost", "-O0", "-Wno-error=unused-result"))
	if len(tr.Processes) != 2 {
		t.Fatalf("%d processes", len(tr.Processes))
	}
	mother, child := tr.Processes[0].Cost, tr.Processes[1].Cost
	t.Logf("%+v %+v", mother, child)
	between := func(what string, n, least, most int) {
		t.Helper()
		if n < least || n > most {
			t.Errorf("%s: %d, want %d to %d", what, n, least, most)
		}
	}
	between("threads", mother.Threads, 2, 2)
	between("threads of the child", child.Threads, 1, 1)
	between("peak", mother.Peak, 32<<10, 48<<10) // KiB; this test's own program, the launcher, has more
	between("peak of the child", child.Peak, 8<<10, 16<<10)
	between("CPU time in ms", int(mother.CPU/time.Millisecond), 50, 2000)
	// Both threads wait for each other 20 times, and each of some 90 calls means two stops that
	// are not counted.
	between("switches", mother.Voluntary, 20, 80)
	if child.CPU >= mother.CPU || child.CPU <= 0 {
		t.Errorf("the child took %v", child.CPU)
	}
	// Nobody asked, nobody is told.
	if c := traced(t, Config{}, build(t, "cost", "-Wno-error=unused-result")).Processes[0].Cost; c != (Cost{}) {
		t.Errorf("%+v", c)
	}
}
