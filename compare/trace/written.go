package trace

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// Written is a regular file that a program of the run opened for writing. What becomes of it need not
// show in any call: it may be written through memory (mmap(2)), by splice(2) or by a ring (io_uring(7)).
type Written struct {
	Path   string // absolute, as /proc/PID/fd told when it was opened
	Before []byte // its content then, after it had been truncated if it was
	Large  bool   // it had more than mostBefore bytes, which are not kept
}

// mostBefore is how many bytes are kept of what a file had in it before.
const mostBefore = 4 << 20

// opened notes a file that was opened for writing, the first time in a run.
func (s *Supervisor) opened(t *Thread, e *Event) {
	if e.Result < 0 || !writable(e) {
		return
	}
	at := fmt.Sprintf("/proc/%d/fd/%d", t.TID, e.Result)
	path, err := os.Readlink(at)
	if err != nil || !strings.HasPrefix(path, "/") || s.known[path] {
		return
	}
	info, err := os.Stat(at)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[path] = true
	w := Written{Path: path, Large: info.Size() > mostBefore}
	if !w.Large {
		if w.Before, err = os.ReadFile(at); err != nil {
			return
		}
	}
	s.trace.Written = append(s.trace.Written, w)
}

// writable reports whether a call opens a file for writing.
func writable(e *Event) bool {
	var flags uint64
	switch abi.Lookup(e.Nr).Name {
	case "creat":
		return true
	case "open":
		flags = e.Args[1]
	case "openat":
		flags = e.Args[2]
	case "openat2":
		if how := e.Find(2, abi.In); how != nil && len(how.Bytes) >= 8 {
			flags = binary.LittleEndian.Uint64(how.Bytes)
		}
	default:
		return false
	}
	return flags&unix.O_ACCMODE != unix.O_RDONLY && flags&unix.O_PATH == 0
}
