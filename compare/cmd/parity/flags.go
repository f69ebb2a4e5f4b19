package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/casefile"
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

// bins is the value of -bin.
type bins struct{ paths *map[string]string }

func (b bins) String() string { return "" }

func (b bins) Set(s string) error {
	name, path, ok := strings.Cut(s, "=")
	side, program, one := strings.Cut(name, "/")
	if !ok || side != "c" && side != "go" || one && program == "" || path == "" {
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
	programs := map[string]bool{}
	for _, c := range cases {
		for _, program := range c.Programs {
			programs[program] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		side, program, one := strings.Cut(name, "/")
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

// load finds the source tree and the named cases, all if none is named. A name with a slash or an
// ending is a file.
func load(names []string) (root string, cases []*casefile.Case, err error) {
	root, err = findRoot()
	if err != nil {
		return "", nil, err
	}
	dir := filepath.Join(root, "compare", "cases")
	if len(names) == 0 {
		cases, err = casefile.Load(dir)
		return root, cases, err
	}
	for _, name := range names {
		path := name
		if filepath.Ext(name) != ".case" {
			path = filepath.Join(dir, name+".case")
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return "", nil, fmt.Errorf("no case %q: no file %s%s (parity list shows the cases)", name, path, suggest(name, dir))
		}
		if err != nil {
			return "", nil, err
		}
		c, err := casefile.Parse(path, text)
		if err != nil {
			return "", nil, err
		}
		cases = append(cases, c)
	}
	return root, cases, nil
}

// suggest names the case of the kit that somebody may have meant.
func suggest(name, dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*.case"))
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".case")
	}
	if near := nearest(name, files); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// findRoot is the source tree that the working directory is in, or the one that the tool was built
// in.
func findRoot() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	starts := []string{wd}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			if _, err := os.Stat(filepath.Join(dir, "compare", "cases")); err == nil {
				return dir, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", fmt.Errorf("no compare/cases in %s or above it: run this in the source tree, or use its build/parity", wd)
}
