package parity

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// collisions is how often a run is begun anew because another one was in its way.
const collisions = 5

// alone makes run k of a side again if it has met another run: by now those of this tool have
// ended.
func (o *Options) alone(ctx context.Context, s side, k int, out *outcome) *outcome {
	for n := 0; n < collisions && ctx.Err() == nil && out.collided(); n++ {
		if out.dir != "" {
			removeDir(out.dir)
		}
		out = o.run(ctx, s, k > 0)
	}
	return out
}

// collided reports whether a run has met a file of another run's: one that it could not make
// because it was there, or of which it asked what it is, and which is gone now although the run has
// neither made nor removed it. Random bytes are the same in all runs, and so are the names of
// temporary files: where two runs go on at the same time, of this tool's or of another one's, one
// can find those of the other in a directory that they share, such as /tmp.
func (out *outcome) collided() bool {
	if out.trace == nil {
		return false
	}
	own, met := map[string]bool{}, map[string]bool{}
	for _, e := range out.trace.Events {
		path := out.names(e)
		switch {
		case path == "":
		case e.Result == -int64(unix.EEXIST), e.Result >= 0 && abi.Lookup(e.Nr).Dated != nil:
			met[path] = true
		case e.Result >= 0:
			own[path] = true
		}
	}
	for path := range met {
		if _, err := os.Lstat(path); !own[path] && errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// names is the file outside the run's directory that a call names; "" if it names none. Of relative
// paths it is not known where they begin, and what is below /proc and /dev/pts comes and goes.
func (out *outcome) names(e *trace.Event) string {
	if e.Kind != trace.Call {
		return ""
	}
	path := ""
	for i, a := range abi.Lookup(e.Nr).Args {
		if m := e.Find(i, abi.In); a.Kind == abi.Path && m != nil {
			path = strings.TrimSuffix(string(m.Bytes), "\x00") // the last one: link(2), rename(2)
		}
	}
	if !filepath.IsAbs(path) || strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/dev/pts/") {
		return ""
	}
	if rel, err := filepath.Rel(out.dir, path); out.dir != "" && err == nil && filepath.IsLocal(rel) {
		return ""
	}
	return path
}
