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
	register(dir)
	return dir, nil
}

func register(dir string) {
	dirs.Lock()
	defer dirs.Unlock()
	if dirs.list == nil {
		dirs.list = map[string]bool{}
	}
	dirs.list[dir] = true
}

// enter makes the copy of In in which a command runs. Its name is the same for all runs, which never
// overlap: a program may print it. So is the directory around it, which nobody else uses.
func (o *Options) enter() (dir string, err error) {
	if o.entered == "" {
		o.entered, err = makeDir()
	} else {
		err = os.Mkdir(o.entered, 0o700)
		register(o.entered)
	}
	dir = filepath.Join(o.entered, "run")
	if err == nil {
		err = copyDir(dir, o.In)
	}
	if err != nil {
		removeDir(o.entered)
		return "", fmt.Errorf("copying %s: %w", o.In, err)
	}
	return dir, nil
}

// leave makes room for the next run. It returns where the files of this one are now.
func (o *Options) leave() (dir string, err error) {
	defer removeDir(o.entered)
	left := filepath.Join(o.entered, "run")
	if dir, err = makeDir(); err != nil {
		return "", err
	}
	// To move a directory that one may not write takes root. The program may have removed it.
	if err := os.Chmod(left, 0o700); err != nil {
		return dir, nil
	}
	os.Remove(dir) // os.Rename refuses what is there, be it empty
	return dir, os.Rename(left, dir)
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
