package parity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// collided reports whether a run could not make a file because there was one of that name, which the
// run has not made and which is gone now. Random bytes are the same in all runs, and so are the names
// of temporary files: where two runs go on at the same time, of this tool's or of another one's, one
// can find those of the other in a directory that they share, such as /tmp.
func (out *outcome) collided() bool {
	if out.trace == nil {
		return false
	}
	own := map[string]bool{}
	for _, e := range out.trace.Events {
		path := out.makes(e)
		switch {
		case path == "":
		case e.Result >= 0:
			own[path] = true
		case e.Result == -int64(unix.EEXIST) && !own[path]:
			if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				return true
			}
		}
	}
	return false
}

// makes is the file outside the run's directory that a call makes, or would make if it did not fail;
// "" if it makes none. Of relative paths it is not known where they begin.
func (out *outcome) makes(e *trace.Event) string {
	if e.Kind != trace.Call || e.Result < 0 && e.Result != -int64(unix.EEXIST) {
		return ""
	}
	path := ""
	for i, a := range abi.Lookup(e.Nr).Args {
		if m := e.Find(i, abi.In); a.Kind == abi.Path && m != nil {
			path = strings.TrimSuffix(string(m.Bytes), "\x00") // the last one: link(2), rename(2)
		}
	}
	if rel, err := filepath.Rel(out.dir, path); !filepath.IsAbs(path) || out.dir != "" && err == nil && filepath.IsLocal(rel) {
		return ""
	}
	return path
}
