package parity

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// TestCollided: only a file that the run has not made, and that is gone, was another run's.
func TestCollided(t *testing.T) {
	dir := t.TempDir()
	own, gone, there := filepath.Join(dir, "run", "own"), filepath.Join(dir, "gone"), filepath.Join(dir, "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mkdir := func(path string, result int64) *trace.Event {
		return &trace.Event{Kind: trace.Call, Nr: unix.SYS_MKDIRAT, Args: [6]uint64{0, 1}, Result: result,
			Memory: []trace.Memory{{Arg: 1, When: abi.In, Bytes: append([]byte(path), 0)}}}
	}
	const exists = -int64(unix.EEXIST)
	for _, c := range []struct {
		name   string
		events []*trace.Event
		want   bool
	}{
		{"nothing", nil, false},
		{"another run's", []*trace.Event{mkdir(gone, exists)}, true},
		{"one that was there before", []*trace.Event{mkdir(there, exists)}, false},
		{"its own, which it has removed", []*trace.Event{mkdir(gone, 0), mkdir(gone, exists)}, false},
		{"in its own directory", []*trace.Event{mkdir(own, exists)}, false},
		{"a relative path", []*trace.Event{mkdir("gone", exists)}, false},
		{"another error", []*trace.Event{mkdir(gone, -int64(unix.EACCES))}, false},
	} {
		out := &outcome{dir: filepath.Join(dir, "run"), trace: &trace.Trace{Events: c.events}}
		if got := out.collided(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
