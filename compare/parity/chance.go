package parity

import (
	"os"
	"path/filepath"
	"slices"
)

// What stands in a file into which a program has written what differs in every run is not compared:
// only that the file is there. See canon.Run.Chance.

// findChance finds these files at the end of a run that began in a directory; "" is the tool's own.
func (out *outcome) findChance(dir string) {
	for _, name := range out.run.Chance() {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if info, err := os.Stat(name); err == nil { // of one that was renamed the bytes are compared
			out.chance = append(out.chance, info)
		}
	}
	for name, f := range out.files {
		if info, err := os.Lstat(filepath.Join(out.dir, name)); err == nil && out.isChance(name, info) {
			f.data = nil
			out.files[name] = f
		}
	}
}

// isChance reports whether a file is one of these. If so, the report names it.
func (out *outcome) isChance(name string, info os.FileInfo) bool {
	if !slices.ContainsFunc(out.chance, func(f os.FileInfo) bool { return os.SameFile(f, info) }) {
		return false
	}
	if !slices.Contains(out.large, name) {
		out.large = append(out.large, name)
	}
	return true
}
