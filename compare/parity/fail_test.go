package parity

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFork(t *testing.T) {
	c := load(t, "pipe1")
	c.Explores = nil
	bins := map[string]string{}
	for _, key := range []string{"c/pipe1", "go/pipe1"} {
		bins[key] = original(t, key)
	}
	o := &Options{Root: root, Bin: bins, Count: 1, Timeout: time.Minute, Fail: []Failure{{"P", "fork", 1, unix.EAGAIN}}}
	r := o.Case(context.Background(), c)
	t.Log(say(r))
	for _, p := range r.Processes {
		for _, x := range p.Pairs {
			if x.C != nil {
				t.Log("c", x.C.Op)
			}
			if x.Go != nil {
				t.Log("g", x.Go.Op)
			}
		}
	}
}
