package trace

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// TestCloseInput closes a program's input while other makes fork: the program must have found the
// end before the policy is asked what comes next, although a child that has not yet become its own
// program has a copy of every descriptor of ours.
func TestCloseInput(t *testing.T) {
	stop := make(chan struct{})
	var forks sync.WaitGroup
	defer forks.Wait()
	defer close(stop)
	slow := make([]string, 12) // execve takes longest over copying the arguments
	for i := range slow {
		slow[i] = strings.Repeat("x", 120<<10)
	}
	for range 2 {
		forks.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					exec.Command("/bin/true", slow...).Run()
				}
			}
		})
	}
	for range 30 {
		cmd := marked("/bin/cat")
		cmd.Typed = true
		step := 0
		_, err := attempt(t, Config{Driven: true, Policy: &script{quiet: func(s *Supervisor) Quiet {
			switch step++; step {
			case 1:
				s.CloseInput("P")
				return Moved
			case 2:
				if s.Live() > 0 {
					t.Error("nothing moves, and the program has not found the end of its input")
				}
			}
			return Over
		}}}, cmd)
		if err != nil || step != 2 {
			t.Fatalf("%v after %d steps\n%s", err, step, waiting(err))
		}
	}
}
