package parity

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"paritykit/compare/casefile"
	"paritykit/compare/trace"
)

// lay puts the files of a case into the directory in which its programs run, and returns the
// commands with the files that are their standard input.
func lay(c *casefile.Case, dir string, commands []trace.Command) ([]trace.Command, error) {
	commands = slices.Clone(commands)
	for _, s := range c.Before {
		var err error
		switch s.Verb {
		case "put":
			err = put(filepath.Join(dir, s.Args[0]), s.Args[1])
		case "copy":
			from := fromCase(c, s.Args[0])
			err = copyAny(filepath.Join(dir, filepath.Base(from)), from)
		case "stdin":
			i := slices.IndexFunc(commands, func(cmd trace.Command) bool { return cmd.Role == s.Who })
			commands[i].Input, err = input(c, dir, s.Args[0])
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", c.Path, s.Line, s.Verb, err)
		}
	}
	return commands, nil
}

// fromCase is a path as the case file has it.
func fromCase(c *casefile.Case, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir(), path)
}

// putTime is when all files were written that a case puts there: a program that prints the time of
// a file prints the same in each run.
var putTime = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// put writes a file, and makes the directories that lead to it.
func put(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		return err
	}
	return os.Chtimes(path, putTime, putTime)
}

// copyAny copies a file or a directory.
func copyAny(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return copyDir(to, from)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, data, info.Mode().Perm()); err != nil {
		return err
	}
	if err := os.Chmod(to, info.Mode()); err != nil { // whatever the umask
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// input is a file as standard input: one that is there to begin with, or one beside the case file.
func input(c *casefile.Case, dir, name string) (*trace.Input, error) {
	path := fromCase(c, name)
	if filepath.IsLocal(name) {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			path = filepath.Join(dir, name)
		}
	}
	data, err := os.ReadFile(path)
	return &trace.Input{Data: data, File: true}, err
}
