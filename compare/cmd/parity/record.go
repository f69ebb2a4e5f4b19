package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"paritykit/compare/parity"
)

// record runs one side of a case, or a command, and writes what it did.
func (t *tool) record(args []string) (int, error) {
	rest, err := t.parse("record", args)
	if err != nil {
		return 0, err
	}
	var rec *parity.Recording
	path := t.output
	if command := rest; strings.Contains(" "+strings.Join(args, " ")+" ", " -- ") {
		if len(command) == 0 {
			return 0, errors.New("record wants a case or a command: parity record -- CMD [ARG ...]")
		}
		if path == "" {
			return 0, errors.New("record wants -o FILE for a command")
		}
		if err := t.input(); err != nil {
			return 0, err
		}
		rec, err = t.options.RecordCommand(t.ctx, command)
	} else {
		root, cases, loadErr := load(rest)
		if loadErr != nil {
			return 0, loadErr
		}
		if len(rest) == 0 || len(cases) != 1 {
			return 0, errors.New("record wants one case: parity record CASE")
		}
		c := cases[0]
		t.options.Root = root
		if path == "" {
			path = filepath.Join(c.Dir(), c.Name+".recording")
		}
		rec, err = t.options.RecordCase(t.ctx, c, t.side)
	}
	if err != nil {
		return 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	err = rec.Write(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(t.stdout, "wrote %s: what %s did\n", path, rec.Label)
	return 0, nil
}

// input sees to what commands share: the directory and the standard input.
func (t *tool) input() (err error) {
	if t.options.Root, err = os.Getwd(); err != nil {
		return err
	}
	t.options.Stdin, err = standardInput(t.ctx, os.Stdin, t.options.Timeout)
	return err
}

// recorded is the value of -recorded.
type recorded struct{ rec **parity.Recording }

func (r recorded) String() string { return "" }

func (r recorded) Set(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	*r.rec, err = parity.ReadRecording(f, path)
	return err
}
