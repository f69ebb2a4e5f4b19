package parity

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/steer"
)

// TestFail lets each call of the small programs fail once: both sides then do the same, and something else than without.
func TestFail(t *testing.T) {
	for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
		c := load(t, name)
		c.Explores = nil
		bins := map[string]string{"c/" + name: original(t, "c/"+name), "go/" + name: original(t, "go/"+name)}
		run := func(fail ...steer.Failure) *Result {
			o := &Options{Root: root, Bin: bins, Count: 1, Timeout: time.Minute, Fail: fail}
			return o.Case(context.Background(), c)
		}
		list := run().Failures()
		if len(list) < 4 {
			t.Errorf("%s: only %d calls can fail", name, len(list))
		}
		for _, f := range list {
			r := run(f)
			seen := false
			for _, p := range r.Processes {
				for _, pair := range p.Pairs {
					seen = seen || p.Name == f.Process && pair.Go != nil && strings.HasPrefix(pair.Go.Op, f.Call+"(") &&
						strings.HasSuffix(pair.Go.Op, " = "+unix.ErrnoName(f.Errno))
				}
			}
			if !seen || r.Verdict.Exit() != 0 {
				t.Errorf("%s, %s: seen: %v; %s", name, f, seen, say(r))
			}
		}
	}
}
