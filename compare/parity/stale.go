package parity

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"paritykit/compare/casefile"
)

// stale says of each program of the sides which of its source files was written after it: what is
// compared is not what stands there. One that the case has just built is as new as its build
// thinks it must be.
func (o *Options) stale(c *casefile.Case, sides [2]side) (list []string) {
	for i, s := range sides {
		for k := range s.commands {
			cmd := &s.commands[k]
			if c != nil && builtBy(c, i, cmd.Role) {
				continue
			}
			info, err := os.Stat(cmd.Path)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			if source := newer(o.listed.of(cmd.Path, info.ModTime()), info.ModTime()); source != "" {
				what := fmt.Sprintf("what was written into %s after %s was built (build it again)", o.relative(source), o.relative(cmd.Path))
				if !slices.Contains(list, what) {
					list = append(list, what)
				}
			}
		}
	}
	return list
}

// builtBy reports whether a case builds side i of a role's program.
func builtBy(c *casefile.Case, i int, role string) bool {
	for _, step := range c.Steps {
		if step.Verb == "start" && step.Who == role {
			s := c.Side(i, step.Args[0])
			return s != nil && s.Build != ""
		}
	}
	return false
}

// newer returns the first of the files that was written after a moment, "" if none was.
func newer(files []string, than time.Time) string {
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.ModTime().After(than) {
			return file
		}
	}
	return ""
}

// sourceLists has the source files of programs, which take some time to find, by the program's path
// and the time at which it was built. Its zero value is ready for use, by several goroutines, too.
type sourceLists struct {
	sync.Mutex
	known map[program][]string
}

type program struct {
	path  string
	built time.Time
}

func (l *sourceLists) of(path string, built time.Time) []string {
	l.Lock()
	defer l.Unlock()
	key := program{path, built}
	files, known := l.known[key]
	if !known {
		if l.known == nil {
			l.known = map[program][]string{}
		}
		files = sourcesOf(path)
		l.known[key] = files
	}
	return files
}

// sourcesOf are the source files that a program's debug information names, but for those of its
// compiler and its libraries; none if it has no such information.
func sourcesOf(path string) (files []string) {
	f, err := elf.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		return nil
	}
	seen, goroot := map[string]bool{}, ""
	for r := data.Reader(); ; r.SkipChildren() {
		unit, err := r.Next()
		if err != nil || unit == nil {
			break
		}
		if unit.Tag != dwarf.TagCompileUnit {
			continue
		}
		lines, err := data.LineReader(unit)
		if err != nil || lines == nil {
			continue
		}
		for _, file := range lines.Files() {
			if file == nil || seen[file.Name] {
				continue
			}
			seen[file.Name] = true
			files = append(files, file.Name)
			if dir, ok := strings.CutSuffix(file.Name, "src/runtime/proc.go"); ok {
				goroot = dir
			}
		}
	}
	return slices.DeleteFunc(files, func(name string) bool {
		return strings.HasPrefix(name, "/usr/") || goroot != "" && strings.HasPrefix(name, goroot) ||
			strings.HasPrefix(name, "/rustc/") || strings.Contains(name, "/pkg/mod/")
	})
}
