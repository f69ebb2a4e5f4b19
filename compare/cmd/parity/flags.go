package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/casefile"
	"paritykit/compare/parity"
	"paritykit/compare/trace"
)

// choice is the value of -color.
type choice string

func (c *choice) String() string { return string(*c) }

func (c *choice) Set(s string) error {
	switch s {
	case "auto", "always", "never":
		*c = choice(s)
		return nil
	}
	return errors.New("must be auto, always or never")
}

// on reports whether to write colour; see no-color.org.
func (c *choice) on(w io.Writer) bool {
	return *c == "always" || *c == "auto" && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// closely is the value of -compare.
type closely struct{ output *bool }

func (c closely) String() string {
	if c.output != nil && *c.output {
		return "output"
	}
	return "calls"
}

func (c closely) Set(s string) error {
	if s != "calls" && s != "output" {
		return errors.New("must be calls or output")
	}
	*c.output = s == "output"
	return nil
}

// cpus is the value of -cpus.
type cpus struct{ all *bool }

func (c cpus) String() string {
	if c.all != nil && *c.all {
		return "all"
	}
	return "one"
}

func (c cpus) Set(s string) error {
	if s != "one" && s != "all" {
		return errors.New("must be one or all")
	}
	*c.all = s == "all"
	return nil
}

// limit is the value of -limit.
type limit struct{ limits *trace.Limits }

func (l limit) String() string { return "" }

func (l limit) Set(s string) error {
	name, text, _ := strings.Cut(s, "=")
	fields := map[string]*int{"threads": &l.limits.Threads, "calls": &l.limits.Calls,
		"output": &l.limits.Output, "memory": &l.limits.Memory}
	digits := strings.TrimRight(text, "kMG")
	units := map[string]int{"": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
	n, err := strconv.ParseInt(digits, 10, 32)
	if unit := units[text[len(digits):]]; fields[name] != nil && err == nil && n > 0 && unit > 0 {
		*fields[name] = int(n) * unit
		return nil
	}
	return errors.New("want threads=N, calls=N, output=N or memory=N, where N is a number such as 2000, 8M or 2G")
}

// bins is the value of -bin.
type bins struct{ paths *map[string]string }

func (b bins) String() string { return "" }

func (b bins) Set(s string) error {
	name, path, ok := strings.Cut(s, "=")
	side, program, one := strings.Cut(name, "/")
	if !ok || side == "" || one && program == "" || path == "" {
		return errors.New("want side/program=path or side=dir, such as c/pipe1=./mine or c=./mine")
	}
	if *b.paths == nil {
		*b.paths = map[string]string{}
	}
	(*b.paths)[name] = path
	return nil
}

// findBins looks for the programs of the cases in the directories of -bin side=dir; for a program
// that -bin side/program=path replaces it keeps that. It refuses a replacement that no case would
// use, which would look as if it had passed.
func findBins(paths map[string]string, cases []*casefile.Case) error {
	programs, sides := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		for _, program := range c.Programs {
			programs[program] = true
		}
		for i := range 2 {
			sides[parity.SideName(c, i)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		side, program, one := strings.Cut(name, "/")
		if !sides[side] {
			return fmt.Errorf("-bin %s: no case that is to run has a side %s; there is %s", name, side,
				strings.Join(slices.Sorted(maps.Keys(sides)), ", "))
		}
		if one {
			if !programs[program] {
				return fmt.Errorf("-bin %s: no case that is to run has a program %s (parity list)", name, program)
			}
			continue
		}
		found := false
		for program := range programs {
			path := filepath.Join(paths[name], program)
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				continue
			}
			found = true
			if key := side + "/" + program; paths[key] == "" {
				paths[key] = path
			}
		}
		if !found {
			return fmt.Errorf("-bin %s=%s: no program of a case that is to run is in it: %s",
				name, paths[name], strings.Join(slices.Sorted(maps.Keys(programs)), " "))
		}
	}
	return nil
}

// load finds cases: those that are named, as the kit's by their names, as files, or as directories
// with files below them; if none is named all of the kit's or, where there is no kit, all below the
// working directory. It returns what the names of source files begin at: the source tree of the
// kit if one of its cases is among them, otherwise the working directory.
func load(names []string) (root string, cases []*casefile.Case, err error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", nil, err
	}
	kit := findRoot(wd)
	dir := filepath.Join(kit, "compare", "cases")
	if len(names) == 0 && kit != "" {
		cases, err = casefile.Load(dir)
		return kit, cases, err
	}
	if len(names) == 0 {
		if cases, err = casefile.Load("."); err != nil {
			return "", nil, fmt.Errorf("%w; to write one: parity init -- A [ARG ...] -- B [ARG ...]", err)
		}
	}
	for _, name := range names {
		some, err := casesOf(name, kit, dir)
		if err != nil {
			return "", nil, err
		}
		cases = append(cases, some...)
	}
	for _, c := range cases {
		if c.Sides == nil { // its programs are the kit's, or the system's
			if kit == "" {
				return "", nil, fmt.Errorf("%s: the case does not say how %s is run; add: side LABEL %[2]s run \"…\", once for each side",
					c.Path, c.Programs[0])
			}
			return kit, cases, nil
		}
	}
	return wd, cases, nil
}

// casesOf finds the cases that a name stands for. dir has those of the kit, if there is one.
func casesOf(name, kit, dir string) ([]*casefile.Case, error) {
	path := name
	switch info, err := os.Stat(name); {
	case filepath.Ext(name) == ".case":
	case kit != "" && !strings.Contains(name, "/") && present(filepath.Join(dir, name+".case")):
		path = filepath.Join(dir, name+".case")
	case err == nil && info.IsDir():
		return casefile.Load(name)
	case kit == "" || strings.Contains(name, "/"):
		path = name + ".case"
	default:
		path = filepath.Join(dir, name+".case")
	}
	c, err := casefile.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no case %q: no file %s%s", name, path, suggest(name, kit, dir))
	}
	return []*casefile.Case{c}, err
}

func present(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// suggest names the case that somebody may have meant.
func suggest(name, kit, dir string) string {
	list := " (parity list shows the cases)"
	if kit == "" {
		dir, list = filepath.Dir(name), ""
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.case"))
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".case")
	}
	if near := nearest(name, files); near != "" {
		return list + "; did you mean " + near + "?"
	}
	return list
}

// findRoot is the kit's source tree that the working directory is in, or the one that the tool was
// built in; "" if there is neither.
func findRoot(wd string) string {
	starts := []string{wd}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			if present(filepath.Join(dir, "compare", "cases")) {
				return dir
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return ""
}
