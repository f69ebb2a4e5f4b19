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
	call := func(nr uint64, path string, result int64) *trace.Event {
		return &trace.Event{Kind: trace.Call, Nr: nr, Args: [6]uint64{0, 1}, Result: result,
			Memory: []trace.Memory{{Arg: 1, When: abi.In, Bytes: append([]byte(path), 0)}}}
	}
	mkdir := func(path string, result int64) *trace.Event { return call(unix.SYS_MKDIRAT, path, result) }
	rmdir := func(path string) *trace.Event { return call(unix.SYS_UNLINKAT, path, 0) }
	stat := func(path string, result int64) *trace.Event { return call(unix.SYS_STATX, path, result) }
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
		{"another run's, of which it asks", []*trace.Event{stat(gone, 0)}, true},
		{"one that is not there", []*trace.Event{stat(gone, -int64(unix.ENOENT))}, false},
		{"one that was there before, of which it asks", []*trace.Event{stat(there, 0)}, false},
		{"its own, of which it asks", []*trace.Event{mkdir(gone, 0), stat(gone, 0)}, false},
		{"one that it removes", []*trace.Event{stat(gone, 0), rmdir(gone)}, false},
		{"of a process", []*trace.Event{stat("/proc/4194305", 0)}, false},
		{"another error", []*trace.Event{mkdir(gone, -int64(unix.EACCES))}, false},
	} {
		out := &outcome{dir: filepath.Join(dir, "run"), trace: &trace.Trace{Events: c.events}}
		if got := out.collided(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
