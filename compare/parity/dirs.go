package parity

import (
	"os"
	"sync"
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

func removeDir(dir string) {
	os.RemoveAll(dir)
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
		os.RemoveAll(dir)
	}
}
