package main

import (
	"errors"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"paritykit/compare/parity"
	"paritykit/compare/report"
)

// show runs cases, or two commands, and shows both sources with the calls that each line made.
func (t *tool) show(args []string) (int, error) {
	rest, err := t.parse("show", args)
	if err != nil {
		return 0, err
	}
	if t.width < 0 {
		return 0, errors.New("-width must be above zero")
	}
	var results []*parity.Result
	if slices.Contains(rest, "--") {
		a, b, err := t.commands("show", rest)
		if err != nil {
			return 0, err
		}
		results = append(results, t.options.Diff(t.ctx, a, b))
	} else {
		if len(rest) == 0 {
			return 0, errors.New("show wants a case: parity show pipe1 (parity list shows the cases)")
		}
		root, cases, err := load(rest)
		if err != nil {
			return 0, err
		}
		t.options.Root = root
		if err := findBins(t.options.Bin, cases); err != nil {
			return 0, err
		}
		for _, done := range t.cases(cases) {
			results = append(results, done.result)
		}
	}
	if err := t.files.write(results); err != nil {
		return 0, err
	}
	if t.json {
		return worst(results), report.JSON(t.stdout, results)
	}
	text := t.text(nil)
	for _, r := range results {
		text.Show(t.stdout, r, t.columns())
	}
	text.Summary(t.stdout, results)
	return worst(results), nil
}

// columns is how wide to write: what -width says, or the terminal, or COLUMNS; a page of a listing
// otherwise.
func (t *tool) columns() int {
	if t.width > 0 {
		return t.width
	}
	if width := t.terminalWidth(); width > 0 {
		return width
	}
	const listing = 132
	return listing
}

// terminalWidth is how wide the terminal is that standard output goes to, or COLUMNS; 0 if neither
// is known.
func (t *tool) terminalWidth() int {
	out := t.stdout
	if w, ok := out.(*watched); ok {
		out = w.Writer
	}
	if f, ok := out.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	return max(width, 0)
}
