package parity

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Each run has a directory of its own, in which its program begins. It stands in another one, which
// the tool keeps locked (flock(2)) for as long as the directory is needed: whatever ends the tool
// ends the lock, and then the next run removes what was left, see sweep. The directory of the run
// itself is not locked, because a program may do that, too.
//
//	/tmp/parity-run-0123456789      locked
//	/tmp/parity-run-0123456789/run  where the program begins
var dirs struct {
	sync.Mutex
	locks map[string]int // descriptors, by the directory that is locked; -1 where that can't be done
}

const (
	passing = "parity-run-"  // how the names of the directories begin that are not kept
	kept    = "parity-work-" // and of those that are: nobody removes them but who asked for them
)

// makeDir makes a directory for a run. Its name always has the same length.
func (o *Options) makeDir() (string, error) {
	begin := passing
	if o.Work {
		begin = kept
	}
	for {
		around := filepath.Join(os.TempDir(), fmt.Sprintf("%s%010d", begin, rand.Uint32()))
		switch err := claim(around); {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return "", err
		}
		dir := filepath.Join(around, "run")
		if err := os.Mkdir(dir, 0o700); err != nil {
			removeDir(dir)
			return "", err
		}
		return dir, nil
	}
}

// claim makes a directory and locks it. A tool that looks for what others have left may have seen
// it in between, and is then about to remove it.
func claim(dir string) error {
	for {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		fd, err := lock(dir, unix.LOCK_EX)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		dirs.Lock()
		defer dirs.Unlock()
		if dirs.locks == nil {
			dirs.locks = map[string]int{}
		}
		dirs.locks[dir] = fd
		return nil
	}
}

// lock locks a directory, and returns a descriptor that keeps it locked. It fails with
// fs.ErrNotExist if the directory has gone when it has the lock.
func lock(dir string, how int) (fd int, err error) {
	if fd, err = unix.Open(dir, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err != nil {
		return -1, err
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, how)
	}
	var open, there unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &open)
	}
	if err == nil {
		err = unix.Lstat(dir, &there)
	}
	if err == nil && (open.Dev != there.Dev || open.Ino != there.Ino) {
		err = fs.ErrNotExist
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// ours are the names of directories that makeDir makes and does not keep.
var ours = regexp.MustCompile("^" + passing + "[0-9]{10}$")

// sweep removes what tools have left that were killed: the directories that nobody has locked.
func sweep() {
	list, _ := os.ReadDir(os.TempDir())
	for _, entry := range list {
		dir := filepath.Join(os.TempDir(), entry.Name())
		if !ours.MatchString(entry.Name()) || !entry.IsDir() || !owned(dir) {
			continue
		}
		if fd, err := lock(dir, unix.LOCK_EX|unix.LOCK_NB); err == nil {
			removeAll(dir)
			unix.Close(fd)
		}
	}
}

// owned reports whether a file belongs to the tool's user.
func owned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// enter makes the copy of In in which a command runs. Its name is the same for all runs, which
// never overlap: a program may print it. So is the directory around it, which nobody else uses.
func (o *Options) enter() (dir string, err error) {
	if o.entered == "" {
		if o.entered, err = o.makeDir(); err != nil {
			return "", err
		}
		err = os.Remove(o.entered)
	} else {
		err = claim(filepath.Dir(o.entered))
	}
	if err == nil {
		err = copyDir(o.entered, o.In)
	}
	if err != nil {
		removeDir(o.entered)
		return "", fmt.Errorf("copying %s: %w", o.In, err)
	}
	return o.entered, nil
}

// leave makes room for the next run. It returns where the files of this one are now.
func (o *Options) leave() (dir string, err error) {
	defer removeDir(o.entered)
	if dir, err = o.makeDir(); err != nil {
		return "", err
	}
	// To move a directory that one may not write takes root. The program may have removed it.
	if err := os.Chmod(o.entered, 0o700); err != nil {
		return dir, nil
	}
	os.Remove(dir) // os.Rename refuses what is there, be it empty
	return dir, os.Rename(o.entered, dir)
}

// copyDir makes a copy of a directory, modes and times of modification included: a program that
// passes them on, as cp -p does, does the same in each run.
func copyDir(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return copyAttributes(to, from)
}

// copyAttributes gives what is below to the modes and the times of what it is a copy of. A
// directory comes after what is in it, which needs its permission to write and changes its time.
func copyAttributes(to, from string) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	var paths []string
	err = filepath.WalkDir(from, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(paths) {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		copied := filepath.Join(to, rel)
		if info.Mode()&fs.ModeSymlink == 0 {
			if err := os.Chmod(copied, info.Mode()); err != nil {
				return err
			}
		}
		time := unix.NsecToTimespec(info.ModTime().UnixNano())
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, copied, []unix.Timespec{time, time}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "chtimes", Path: copied, Err: err}
		}
	}
	return nil
}

// removeDir removes the directory of a run, "" if it has none.
func removeDir(dir string) {
	if dir == "" {
		return
	}
	around := filepath.Dir(dir)
	dirs.Lock()
	fd, there := dirs.locks[around]
	delete(dirs.locks, around)
	dirs.Unlock()
	if !there {
		return
	}
	removeAll(around)
	if fd >= 0 {
		unix.Close(fd)
	}
}

// RemoveDirs removes what runs would have removed at their end, for a tool that ends before them.
// What was to be kept (Options.Work) goes as well.
func RemoveDirs() {
	dirs.Lock()
	defer dirs.Unlock()
	for dir := range dirs.locks {
		removeAll(dir)
	}
}

// removeAll removes a directory in which a program, or what it began with, may have directories
// that nobody may write, and file systems that a program has mounted there: what is in those is not
// the run's.
func removeAll(dir string) {
	if !unmount(dir) || os.RemoveAll(dir) == nil {
		return
	}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && err == nil {
			os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
}

// unmount takes away what is mounted below a directory, and reports whether nothing is any more.
func unmount(dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	points := mountPoints(dir)
	for _, point := range slices.Backward(points) {
		unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	}
	return err == nil && (len(points) == 0 || len(mountPoints(dir)) == 0)
}

// mountPoints are the directories below one on which something is mounted, in the order in which it
// was, see proc_pid_mountinfo(5).
func mountPoints(dir string) (list []string) {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		// A space and its like are written as a backslash and three octal digits.
		point, err := strconv.Unquote(`"` + strings.ReplaceAll(fields[4], `"`, `\"`) + `"`)
		if err == nil && strings.HasPrefix(point, dir+"/") {
			list = append(list, point)
		}
	}
	return list
}
