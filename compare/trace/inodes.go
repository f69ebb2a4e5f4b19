package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// inodes are the numbers of the files that were made since the tool began, as programs see them.
// The kernel gives a new file any number that is free, another one in each run; to a program they
// are counted, in the order in which it learns of them. Some keep them: git in its index, vim
// beside a file that is open. Files that were there before keep their numbers, in all runs.
//
// What has no time of birth (pipes, sockets, files of /proc) keeps its number, too, and so do all
// files where the file system does not keep that time.
type inodes map[birth]uint64

// birth tells a file from all others, also from one that had its number before it, at the same tick
// of the kernel's: the handle has how often the number was given (name_to_handle_at(2)), where the
// file system has that.
type birth struct {
	inode
	at     time.Duration
	handle string
}

// firstInode is beyond the numbers that a file system of common size has.
const firstInode = 1 << 30

// of is the number that a program sees, 0 if that is the file's own.
func (n *inodes) of(f birth, since time.Duration) uint64 {
	if f.at < since {
		return 0
	}
	if (*n)[f] == 0 {
		if *n == nil {
			*n = inodes{}
		}
		(*n)[f] = firstInode + uint64(len(*n))
	}
	return (*n)[f]
}

// bornAt finds out when a file was born. It reports false if that is not known.
func bornAt(path string, flags int) (birth, bool) {
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, path, flags, unix.STATX_INO|unix.STATX_BTIME, &st) != nil ||
		st.Mask&unix.STATX_BTIME == 0 {
		return birth{}, false
	}
	at := time.Duration(st.Btime.Sec)*time.Second + time.Duration(st.Btime.Nsec)
	f := birth{inode{unix.Mkdev(st.Dev_major, st.Dev_minor), st.Ino}, at, ""}
	follow := unix.AT_SYMLINK_FOLLOW
	if flags&unix.AT_SYMLINK_NOFOLLOW != 0 {
		follow = 0
	}
	if handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, path, follow); err == nil {
		f.handle = string(handle.Bytes())
	}
	return f, true
}

// renumber gives a file of which a call tells the number that programs see. It reports whether that
// is another one.
func (s *Supervisor) renumber(t *Thread, e *Event, d *abi.Dates, b []byte) bool {
	young := slices.ContainsFunc(d.At, func(at int) bool { // of its times that of its last change is the latest
		real, whole := date(b, at, d)
		return whole && real >= s.cfg.Clock.begun
	})
	if !young {
		return false
	}
	// Whether the call follows a link is not asked: the number says which one it was.
	path := t.place(e)
	return s.replace(b[d.Inode:], path, 0) || s.replace(b[d.Inode:], path, unix.AT_SYMLINK_NOFOLLOW)
}

// replace puts the number that programs see of a file in the place of its own, with which b begins.
// It does not if the tool finds another file there, as it does by some links of /proc.
func (s *Supervisor) replace(b []byte, path string, flags int) bool {
	f, known := bornAt(path, flags)
	if !known || f.ino != binary.LittleEndian.Uint64(b) {
		return false
	}
	shown := s.inodes.of(f, s.cfg.Clock.begun)
	if shown != 0 {
		binary.LittleEndian.PutUint64(b, shown)
	}
	return shown != 0
}

// place is where the tool finds the file that a call of a thread's names.
func (t *Thread) place(e *Event) string {
	call := abi.Lookup(e.Nr)
	of, name := fmt.Sprintf("/proc/%d/task/%d/", t.Proc.PID, t.TID), ""
	base := of + "cwd"
	for i, a := range call.Args {
		switch fd := int(int32(e.Args[i])); {
		case a.Kind == abi.Fd && i == 0, a.Kind == abi.AtFd && fd != unix.AT_FDCWD:
			base = fmt.Sprintf("%sfd/%d", of, fd)
		case a.Kind == abi.Path:
			if m := e.Find(i, abi.In); m != nil {
				name = string(bytes.TrimSuffix(m.Bytes, []byte{0}))
			}
		}
	}
	switch {
	case name == "":
		return base
	case name[0] == '/':
		return of + "root" + name
	}
	return base + "/" + name
}

// renumberEntries does the same for the entries of a directory.
func (s *Supervisor) renumberEntries(t *Thread, e *Event) {
	i := abi.Lookup(e.Nr).Index(func(a *abi.Arg) bool { return a.Kind == abi.Dirents })
	if i < 0 || s.cfg.Clock == nil || e.Result <= 0 {
		return
	}
	m := e.Find(i, abi.Out)
	dir := fmt.Sprintf("/proc/%d/task/%d/fd/%d", t.Proc.PID, t.TID, int(int32(e.Args[0])))
	var st unix.Stat_t
	if m == nil || unix.Stat(dir, &st) != nil || time.Duration(st.Ctim.Nano()) < s.cfg.Clock.begun {
		return // no entry is new
	}
	changed := false
	for b := m.Bytes; len(b) >= 19; { // struct linux_dirent64, getdents(2): inode, offset, size, type, name
		size := int(binary.LittleEndian.Uint16(b[16:]))
		if size < 19 || size > len(b) {
			break
		}
		name, _, _ := bytes.Cut(b[19:size], []byte{0})
		changed = s.replace(b, dir+"/"+string(name), unix.AT_SYMLINK_NOFOLLOW) || changed
		b = b[size:]
	}
	if changed {
		t.Write(m.Bytes, e.Args[i])
	}
}
