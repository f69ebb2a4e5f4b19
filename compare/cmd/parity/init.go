package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/casefile"
)

// initCase writes a first case from two commands.
func (t *tool) initCase(args []string) (int, error) {
	rest, err := t.parse("init", args)
	if err != nil {
		return 0, err
	}
	a, b, err := split("init", rest)
	if err != nil {
		return 0, err
	}
	path, text := newCase(t.output, a, b)
	if _, err := casefile.Parse(path, []byte(text)); err != nil {
		return 0, fmt.Errorf("the case would be wrong: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return 0, fmt.Errorf("%s is there already; name another file with -o", path)
	}
	if err != nil {
		return 0, err
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(t.stdout, "wrote %s; now: parity run %s\n", path, shellQuote(path))
	return 0, nil
}

// initSide is one of the two commands as a case has it.
type initSide struct {
	name, label string
	build, run  string
	args        []string
}

// newCase is the text of a case of two commands. It stands in the working directory, or at path.
func newCase(path string, a, b []string) (file, text string) {
	x, y := programOf(a, path), programOf(b, path)
	if x.label == y.label {
		x.label, y.label = "old", "new"
	}
	copies := bring(filepath.Dir(path), x.args, y.args)
	args := share(&x, &y)
	if file = path; file == "" {
		file = x.name + ".case"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "# %s behaves as %s does.\n", strings.Join(b, " "), strings.Join(a, " "))
	s.WriteString("#\n# A first case, made by parity init. What the verbs mean: parity help verbs.\n\n")
	fmt.Fprintf(&s, "program %s\n\n", x.name)
	s.WriteString("# How each side is built and run; paths are relative to this file.\n")
	for _, p := range []initSide{x, y} {
		fmt.Fprintf(&s, "side %s %s", p.label, x.name)
		if p.build != "" {
			s.WriteString(" build " + strconv.Quote(p.build))
		}
		s.WriteString(" run " + strconv.Quote(p.run) + "\n")
	}
	s.WriteString("\n# Files that the programs find in the directory in which they run, and more:\n")
	for _, c := range copies {
		s.WriteString("copy  " + arguments([]string{c}) + "\n")
	}
	if len(copies) == 0 {
		s.WriteString("# copy  some/directory\n")
	}
	s.WriteString(`# put   input.txt "one line\n"
# env   NAME "value"
# stdin P input.txt

# A port in another language seldom makes the very same calls. To compare only
# what a user sees, the output, the exit status and the files:
# compare output

`)
	s.WriteString(strings.TrimRight("start P "+x.name+" "+arguments(args), " ") + "\n")
	s.WriteString("# send   P \"what somebody types\\n\"\n# expect P \"what is printed then\"\n# close  P\n")
	s.WriteString("wait  P\n")
	return file, s.String()
}

// bring finds the files and directories that arguments name: each run of a case has a directory of
// its own, where none of them is unless it is copied. It returns them as a case in dir has them,
// and makes the arguments what they are called there. A directory that has the case in it stays
// where it is, and so does what an absolute path names.
func bring(dir string, commands ...[]string) (copies []string) {
	from := map[string]string{} // by the name in the run's directory
	for _, args := range commands {
		for i, arg := range args {
			clean := filepath.Clean(arg)
			if _, err := os.Stat(arg); arg == "" || err != nil || filepath.IsAbs(arg) || filepath.Base(clean) == "." || filepath.Base(clean) == ".." {
				continue
			}
			name, path := filepath.Base(clean), relativePath(dir, clean)
			if had, taken := from[name]; taken && had != path {
				continue // two files of one name
			} else if !taken {
				from[name] = path
				copies = append(copies, path)
			}
			args[i] = name
		}
	}
	return copies
}

// share takes from two commands the arguments with which both end: those are the case's. What else
// either has is part of how it is run.
func share(x, y *initSide) (args []string) {
	n := 0
	for n < min(len(x.args), len(y.args)) && x.args[len(x.args)-1-n] == y.args[len(y.args)-1-n] {
		n++
	}
	args = x.args[len(x.args)-n:]
	for _, p := range []*initSide{x, y} {
		for _, own := range p.args[:len(p.args)-n] {
			p.run += " " + shellQuote(own)
		}
	}
	return args
}

// arguments are arguments as a line of a case has them.
func arguments(args []string) string {
	var words []string
	for _, a := range args {
		if strings.HasPrefix(a, "$") {
			a = "$" + a
		}
		if q := strconv.Quote(a); q != `"`+a+`"` || a == "" || strings.ContainsAny(a, " #`") {
			a = q
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// languages are those that can be built by one command: by the ending of a source file, the label
// and what makes a program of it, or runs it.
var languages = map[string]struct{ label, build, run string }{
	".c":   {"c", "cc -g -o %s %s", ""},
	".cc":  {"cpp", "c++ -g -o %s %s", ""},
	".cpp": {"cpp", "c++ -g -o %s %s", ""},
	".go":  {"go", "go build -o %s %s", ""},
	".rs":  {"rust", "rustc -g -o %s %s", ""},
	".py":  {"python", "", "python3"},
	".pl":  {"perl", "", "perl"},
	".sh":  {"sh", "", "sh"},
}

// programOf finds out what a command is: a source file that has to be built, a script, or a program
// that is built already.
func programOf(command []string, path string) initSide {
	word := relativeTo(filepath.Dir(path), command[0])
	ext := filepath.Ext(word)
	base := strings.TrimSuffix(filepath.Base(word), ext)
	p := initSide{name: nameFor(base), label: "a", run: shellQuote(word), args: slices.Clone(command[1:])}
	info, err := os.Stat(command[0])
	isFile := err == nil && info.Mode().IsRegular()
	language, known := languages[ext]
	switch {
	case isFile && known && language.build != "":
		p.label = language.label
		out := filepath.Join(filepath.Dir(word), base+"-"+p.label)
		p.build, p.run = fmt.Sprintf(language.build, shellQuote(out), shellQuote(dotted(word))), shellQuote(dotted(out))
	case isFile && known:
		p.label, p.run = language.label, language.run+" "+shellQuote(dotted(word))
	case err == nil && info.IsDir(): // of a Go package
		p.label = "go"
		out := filepath.Join(word, filepath.Base(word)+"-go")
		p.build, p.run = fmt.Sprintf("go build -o %s %s", shellQuote(out), shellQuote(dotted(word))), shellQuote(dotted(out))
	case isFile:
		if _, err := buildinfo.ReadFile(command[0]); err == nil {
			p.label = "go"
		}
	}
	return p
}

// nameFor makes a program's name of a file's.
func nameFor(base string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, base)
	if name = strings.TrimLeft(name, "-"); name == "" {
		return "program"
	}
	return name
}

// relativeTo is a path that was typed as a case in dir has it. A name without a slash is looked for
// in PATH there as here.
func relativeTo(dir, word string) string {
	source := languages[filepath.Ext(word)].label != ""
	if filepath.IsAbs(word) || !strings.Contains(word, "/") && !source {
		return word
	}
	return dotted(relativePath(dir, word))
}

// relativePath is a path that was typed here as one from dir.
func relativePath(dir, path string) string {
	from, err := filepath.Abs(dir)
	if err != nil {
		return path
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(from, to)
	if err != nil {
		return to
	}
	return rel
}

// dotted is a path that nobody takes for a name to be looked for in PATH.
func dotted(path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, "../") || strings.HasPrefix(path, "./") {
		return path
	}
	return "./" + path
}
