package parity

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// The directories that runs have been given and that are still there.
var dirs struct {
	sync.Mutex
	list map[string]bool
}

// makeDir makes a directory for a run.
func makeDir() (string, error) {
	dir, err := os.MkdirTemp("", "parity-")
	if err != nil {
		return "", err
	}
	dirs.Lock()
	defer dirs.Unlock()
	if dirs.list == nil {
		dirs.list = map[string]bool{}
	}
	dirs.list[dir] = true
	return dir, nil
}

// copied makes a new directory with a copy of what is in dir, modes and times of modification
// included: a program that passes them on, as cp -p does, does the same in each run.
func copied(dir string) (string, error) {
	to, err := makeDir()
	if err == nil {
		err = os.CopyFS(to, os.DirFS(dir))
	}
	if err == nil {
		err = copyAttributes(to, dir)
	}
	if err != nil {
		removeDir(to)
		return "", fmt.Errorf("copying %s: %w", dir, err)
	}
	return to, nil
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
			return &fs.PathError{Op: "utimensat", Path: copied, Err: err}
		}
	}
	return nil
}

func removeDir(dir string) {
	removeAll(dir)
	dirs.Lock()
	defer dirs.Unlock()
	delete(dirs.list, dir)
}

// RemoveDirs removes what runs would have removed at their end, for a tool that ends before them.
// What was to be kept (Options.Work) goes as well.
func RemoveDirs() {
	dirs.Lock()
	defer dirs.Unlock()
	for dir := range dirs.list {
		removeAll(dir)
	}
}

// removeAll removes a directory in which a program, or what it began with, may have directories
// that nobody may write.
func removeAll(dir string) {
	if os.RemoveAll(dir) == nil {
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
