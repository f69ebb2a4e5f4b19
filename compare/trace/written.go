package trace

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// Written is a regular file that a program of the run opened for writing, or made in memory
// (memfd_create(2)). What becomes of it need not show in any call: it may be written through memory
// (mmap(2)), by splice(2) or by a ring (io_uring(7)).
type Written struct {
	Path   string // absolute: as /proc told when it was opened and, at the end of the run, what has become of that
	Before []byte // its content then, after it had been truncated if it was
	Large  bool   // it had more than mostBefore bytes, which are not kept
	Gone   bool   // it has no name any more
	Lost   bool   // what has become of it is not known: there were too many to hold them all
	After  []byte // of one that is gone: its content at the end of the run …
	Kept   bool   // … if that is known
	Event  *Event // the call that opened it first

	file *os.File // by which it is known under whatever name it has at the end; nil if it can't be held
}

// mostHeld is how many files are held until the end of a run.
const mostHeld = 200

// mostBefore is how many bytes are kept of what a file had in it before.
const mostBefore = 4 << 20

// opened notes a file that was opened for writing, the first time in a run.
func (s *Supervisor) opened(t *Thread, call *abi.Call, e *Event) {
	if e.Result < 0 || !writable(call, e) && e.Nr != unix.SYS_MEMFD_CREATE {
		return
	}
	at := fmt.Sprintf("/proc/%d/fd/%d", t.TID, e.Result)
	path, err := os.Readlink(at)
	if err != nil || !strings.HasPrefix(path, "/") {
		return
	}
	info, err := os.Stat(at)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	s.files.changed = clockTime(unix.CLOCK_REALTIME)
	key := identity(info)
	if s.known[key] {
		return
	}
	if s.known == nil {
		s.known = map[inode]bool{}
	}
	s.known[key] = true
	w := Written{Path: path, Event: e, Large: info.Size() > mostBefore}
	if !w.Large {
		if w.Before, err = os.ReadFile(at); err != nil {
			return
		}
	}
	if len(s.trace.Written) < mostHeld {
		w.file, _ = os.Open(at)
	}
	s.trace.Written = append(s.trace.Written, w)
}

// inode is what a file is known by, whatever its name.
type inode struct{ dev, ino uint64 }

func identity(info os.FileInfo) inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{uint64(st.Dev), st.Ino}
}

// release closes the files that a call would find open which must not be by anybody else: all of a
// file system that is unmounted, or one that is to have a lease. Under which name such a file is at
// the end is not known then.
func (s *Supervisor) release(t *Thread, e *Event) {
	call := abi.Lookup(e.Nr).For(&e.Args)
	if call.Role != abi.Excludes || len(s.trace.Written) == 0 {
		return
	}
	at := fmt.Sprintf("/proc/%d/fd/%d", t.TID, int32(e.Args[0]))
	whole := call.Args[0].Kind == abi.Path
	if m := e.Find(0, abi.In); whole && m != nil {
		path := string(bytes.TrimRight(m.Bytes, "\x00"))
		at = fmt.Sprintf("/proc/%d/cwd/%s", t.TID, path)
		if strings.HasPrefix(path, "/") {
			at = fmt.Sprintf("/proc/%d/root%s", t.TID, path)
		}
	}
	var about, st unix.Stat_t
	if unix.Stat(at, &about) != nil {
		return
	}
	for i := range s.trace.Written {
		w := &s.trace.Written[i]
		if w.file != nil && unix.Fstat(int(w.file.Fd()), &st) == nil && st.Dev == about.Dev &&
			(whole || st.Ino == about.Ino) {
			w.file.Close()
			w.file = nil
		}
	}
}

// settleWritten finds out under which names the files are at the end of the run: they may have been
// renamed. Of those that have none it is the last moment to see what is in them.
func (s *Supervisor) settleWritten() {
	for i := range s.trace.Written {
		w := &s.trace.Written[i]
		if w.Lost = w.file == nil; w.Lost {
			continue
		}
		var st unix.Stat_t
		path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", w.file.Fd()))
		if err == nil && unix.Fstat(int(w.file.Fd()), &st) == nil {
			w.Path, w.Gone = path, st.Nlink == 0 || nameless(path)
		}
		if w.Gone && st.Size <= mostBefore {
			w.After, err = io.ReadAll(w.file)
			w.Kept = err == nil
		}
		w.file.Close()
	}
}

// writable reports whether a call opens a file for writing.
func writable(call *abi.Call, e *Event) bool {
	flags := e.Flags(call)
	return call.Makes == abi.File && flags&unix.O_ACCMODE != unix.O_RDONLY && flags&unix.O_PATH == 0
}

// nameless reports whether a path is one under which a file was opened that it no longer has. It
// may have another one (link(2)), which nobody tells.
func nameless(path string) bool {
	_, err := os.Lstat(path)
	return err != nil && strings.HasSuffix(path, " (deleted)")
}
