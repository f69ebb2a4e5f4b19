package sched

import (
	"sync"
	"testing"
)

func TestFreePort(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	taken := map[int]bool{}
	var release []func()
	for range 200 {
		wg.Go(func() {
			port, done, err := FreePort()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			if taken[port] {
				t.Errorf("port %d twice", port)
			}
			if next := nextPID(); next == 0 || port >= next && port < next+manyPIDs/2 {
				t.Errorf("port %d, and the next process is about %d", port, next)
			}
			taken[port] = true
			release = append(release, done)
		})
	}
	wg.Wait()
	for _, done := range release {
		done()
	}
	for port := range taken {
		if free, err := unused(port); err != nil || !free {
			t.Errorf("port %d is still in use", port)
		}
	}
}
