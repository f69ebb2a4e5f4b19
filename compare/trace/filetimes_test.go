package trace

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMoved: what was done to a file before the clock moves is dated before that moment, whichever
// of its clocks the kernel dates it by; what is done afterwards is not.
func TestMoved(t *testing.T) {
	f := &fileTimes{}
	for i := range 20 {
		before := clockTime(unix.CLOCK_REALTIME)
		f.changed = before
		f.moved(time.Duration(i+1) * time.Second)
		if shown := f.shown(before); shown != time.Duration(i)*time.Second {
			t.Fatalf("move %d: what was done before shows %v", i, shown)
		}
		if shown := f.shown(coarse()); shown != time.Duration(i+1)*time.Second {
			t.Fatalf("move %d: what is done after it shows %v", i, shown)
		}
	}
}
