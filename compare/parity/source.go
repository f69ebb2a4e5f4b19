package parity

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
)

// Source is a source file of one side.
type Source struct {
	File  string `json:"file"` // as sites name it
	Text  string `json:"text"`
	Steps []Step `json:"steps"` // in the order of their lines

	ends []int // the lines on which functions end, see functions
}

// Step is a comment that says what the lines below it do, word for word the same in both languages,
// so that a reader of one finds them in the other: "// child: ask the question".
type Step struct {
	Line int    `json:"line"`
	Step string `json:"step"` // "child: ask the question"
}

// Place is a line of the program, or a function where lines are not known.
type Place struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Func string `json:"func,omitempty"`
}

func placeOf(s attrib.Site) Place { return Place{s.File, s.Line, s.Func} }

var stepComment = regexp.MustCompile(`^\s*// ([a-z]+: \S.*?)\s*$`)

// newSource reads a text.
func newSource(file, text string) *Source {
	s := &Source{File: file, Text: text, Steps: []Step{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if m := stepComment.FindStringSubmatch(line); m != nil {
			s.Steps = append(s.Steps, Step{n, m[1]})
		}
	}
	return s
}

// functions are the lines on which functions end: where a line begins with a brace, which is how
// both gofmt and the C programs here write it.
func (s *Source) functions() []int {
	if s.ends != nil {
		return s.ends
	}
	n := 0
	s.ends = []int{}
	for line := range strings.Lines(s.Text) {
		n++
		if strings.HasPrefix(line, "}") {
			s.ends = append(s.ends, n)
		}
	}
	return s.ends
}

// Function is the first and the last line of the function that a line is in, with what stands above
// it.
func (s *Source) Function(line int) (first, last int) {
	ends := s.functions()
	i, _ := slices.BinarySearch(ends, line)
	if i > 0 {
		first = ends[i-1]
	}
	if i == len(ends) {
		return first + 1, strings.Count(s.Text, "\n") + 1
	}
	return first + 1, ends[i]
}

// At is the step that a line belongs to: the last one above it in its function, "" if it stands
// before the first. Within reports whether the function has steps at all.
func (s *Source) At(line int) (step string, within bool) {
	first, last := s.Function(line)
	for _, st := range s.Steps {
		if st.Line < first || st.Line > last {
			continue
		}
		within = true
		if st.Line <= line {
			step = st.Step
		}
	}
	return step, within
}

// sources are the files that the sites of a side name, in the order in which they were first named.
type sources struct {
	root  string
	known map[string]*Source // nil: it cannot be shown
	list  []*Source
	lines map[line]stepAt
}

// line is a line of a file, stepAt what Source.At says of it.
type (
	line struct {
		file string
		n    int
	}
	stepAt struct {
		step   string
		within bool
	}
)

func newSources(root string) *sources {
	return &sources{root: root, known: map[string]*Source{}, lines: map[line]stepAt{}}
}

// most is how large a source file is that is still shown.
const most = 256 << 10

// languages are the endings of files that are read because a program's debug information names
// them. It could name any file, and what is read here goes into reports that people hand on.
var languages = []string{".c", ".h", ".go", ".s", ".S", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".rs"}

// file finds a source file, nil if there is none to show.
func (s *sources) file(name string) *Source {
	src, seen := s.known[name]
	if seen || name == "" || !slices.Contains(languages, filepath.Ext(name)) {
		return src
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.root, path)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() <= most {
		if text, err := os.ReadFile(path); err == nil {
			src = newSource(name, string(text))
			s.list = append(s.list, src)
		}
	}
	s.known[name] = src
	return src
}

// step finds the step of a call: that of its line or, where it was made in a function without
// steps, of the line further out that led there. Via is the way out to that line.
func (s *sources) step(op *canon.Op) (step string, via []Place) {
	if step, within := s.at(op.Site); within {
		return step, nil
	}
	for _, site := range op.Callers {
		via = append(via, placeOf(site))
		if step, within := s.at(site); within {
			return step, via
		}
	}
	return "", nil
}

// at is Source.At of a site, found once for each.
func (s *sources) at(site attrib.Site) (step string, within bool) {
	at := line{site.File, site.Line}
	found, known := s.lines[at]
	if !known {
		if src := s.file(site.File); src != nil {
			found.step, found.within = src.At(site.Line)
		}
		s.lines[at] = found
	}
	return found.step, found.within
}
