package parity

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// A file that a program has written and that has no name at the end of its run, or not the one
// under which it was opened (one that was removed, one of O_TMPFILE, one in memory that
// memfd_create(2) has made), is compared as it is at the end, like any other. It often serves as
// memory, so what is in it may be chance: addresses, ids of threads. If two runs of a side have it
// otherwise, it is not looked at.

// addGone adds such a file to those that are compared, if it is the program's and not a library's.
func (out *outcome) addGone(w *trace.Written) {
	if !slices.ContainsFunc(out.run.Processes, func(p *canon.Process) bool {
		return slices.ContainsFunc(p.Ops, func(op *canon.Op) bool { return op.Event == w.Event })
	}) {
		return
	}
	was := out.held(strings.TrimSuffix(w.Path, " (deleted)"))
	name := was + " (gone)"
	for n := 2; ; n++ {
		if _, taken := out.written[name]; !taken {
			break
		}
		name = fmt.Sprintf("%s (gone)#%d", was, n)
	}
	if !w.Kept {
		out.large = append(out.large, name)
		return
	}
	out.written[name] = left{data: w.After, before: w.Before, known: !w.Large}
	out.gone = append(out.gone, name)
}

// held is a path as it is held against those of other runs: with names for the ids in it, and
// without the inode number by which the kernel calls a file that never had a name.
func (out *outcome) held(path string) string {
	if dir, base := filepath.Split(path); unnamed.MatchString(base) {
		path = dir + "O_TMPFILE"
	}
	return string(out.run.Text([]byte(path)))
}

// unnamed is what the kernel calls a file of O_TMPFILE, see open(2).
var unnamed = regexp.MustCompile(`^#\d+$`)

// dropChance takes out of the runs of a side the files without a name in which these differ.
func dropChance(outs []*outcome) {
	for _, name := range outs[0].gone {
		f, chance := outs[0].written[name], false
		for _, out := range outs[1:] {
			g, there := out.written[name]
			chance = chance || there && !bytes.Equal(f.data, g.data) && !bytes.Equal(outs[0].run.Marked(f.data), out.run.Marked(g.data))
		}
		if !chance {
			continue
		}
		for _, out := range outs {
			delete(out.written, name)
		}
		outs[0].large = append(outs[0].large, name)
	}
}
