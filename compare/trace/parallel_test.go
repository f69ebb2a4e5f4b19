package trace

import (
	"fmt"
	"os/exec"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestParallel runs many supervisors at once, and children of other makes beside them: nobody gets
// another one's children, be they orphans, zombies or in good order.
func TestParallel(t *testing.T) {
	life := build(t, "life", "-static")
	var wg sync.WaitGroup
	for i := range 4 {
		for _, c := range []struct{ way, want string }{
			{"zombies", "P: exit 0\nP.1: exit 0\nP.2: exit 1\nP.3: exit 2"},
			{"daemon", "P: exit 0\nP.1: exit 0\nP.1.1: exit 8"},
			{"orphan", "P: exit 1\nP.1: exit 2"},
			{"stop_sibling", "P: exit 1\nP.1: exit 1\nP.2: exit 0"},
			{"vforks", "P: exit 3\nP.1: exit 2\nP.1.1: exit 1\nP.1.1.1: exit 0"},
		} {
			wg.Go(func() {
				tr, err := attempt(t, Config{AllCPUs: i%2 == 1}, marked(life, c.way))
				if got := tale(tr, ""); err != nil || got != c.want {
					t.Errorf("%s: %v %s\n%s", c.way, err, got, waiting(err))
				}
			})
		}
		wg.Go(func() {
			for n := range 30 {
				cmd := exec.Command(life, "quit", fmt.Sprint(n))
				err := cmd.Run()
				if got := cmd.ProcessState.ExitCode(); got != n {
					t.Errorf("os/exec: exit %d, want %d: %v", got, n, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestOnThread looks for the threads that a supervisor must not have.
func TestOnThread(t *testing.T) {
	life := build(t, "life", "-static")
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			child := exec.Command(life, "block") // some thread has a child now
			if err := child.Start(); err != nil {
				t.Error(err)
				return
			}
			onThread(func() {
				if unix.Gettid() == unix.Getpid() || hasChildren() {
					t.Error("on the first thread, or on one that has children")
				}
			})
			child.Process.Kill()
			child.Wait()
		})
	}
	wg.Wait()
}

// TestIdlest: runs side by side take different CPUs, and tools side by side begin with different
// ones.
func TestIdlest(t *testing.T) {
	cpus, on := []int{0, 3, 5}, map[int]int{}
	for _, want := range []int{0, 3, 5, 0} {
		got := idlest(cpus, on, 4711+2) // 4713 is 0 modulo 3
		if on[got]++; got != want {
			t.Errorf("CPU %d, want %d", got, want)
		}
	}
	begin := map[int]bool{}
	for pid := range 3 {
		begin[idlest(cpus, nil, 4711+pid)] = true
	}
	if len(begin) != 3 {
		t.Errorf("three tools begin with the CPUs %v", begin)
	}
}
