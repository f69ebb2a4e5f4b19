package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"paritykit/compare/abi"
	"paritykit/compare/casefile"
	"paritykit/compare/rules"
)

var update = flag.Bool("update", false, "rewrite what the documents show of the tool and the programs")

// refresh is the command that a failure names.
const refresh = "make docs"

// sh runs a command line in the source tree as a reader would, whatever the terminal, and returns
// what it printed and its exit status.
func sh(t *testing.T, line string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "COLUMNS=", "NO_COLOR=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", line, err)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("%s\n%s%s", line, out, stderr.String())
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// treeFiles returns the files of the source tree for which want holds, by path from its root.
func treeFiles(t *testing.T, want func(name string) bool) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "build" || e.Name() == ".git") {
			return filepath.SkipDir
		}
		if e.Type().IsRegular() && want(e.Name()) {
			name, _ := filepath.Rel(root, file)
			text, err := os.ReadFile(file)
			texts[name] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// documents returns all Markdown files of the source tree.
func documents(t *testing.T) map[string]string {
	return treeFiles(t, func(name string) bool { return path.Ext(name) == ".md" })
}

var (
	reportMark    = regexp.MustCompile(`^<!-- report: (.*) -->\n$`)
	generatedMark = regexp.MustCompile(`^<!-- ([a-z]+) -->\n$`)
)

const endMark = "<!-- end -->\n"

// TestDocuments goes through each document from its first line to its last, as a reader would. It
// runs every command of an sh block (a comment says with which status it exits), and holds every
// report and every generated part against what the tool says now. Blocks of another kind (console,
// text) are not run.
func TestDocuments(t *testing.T) {
	makeBuild(t)
	docs := documents(t)
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		t.Run(name, func(t *testing.T) {
			now := live(t, docs[name])
			if t.Failed() || now == docs[name] {
				return
			}
			if !*update {
				t.Fatalf("%s shows something else than the tool does now; to refresh all documents: %s", name, refresh)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// live runs a document and returns it as it should be.
func live(t *testing.T, text string) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	var b strings.Builder
	for i := 0; i < len(lines); i++ {
		b.WriteString(lines[i])
		// rest returns what stands before an end, which it goes to.
		rest := func(end string) string {
			first := i + 1
			for i = first; i < len(lines) && lines[i] != end; i++ {
			}
			if i == len(lines) {
				t.Fatalf("line %d: no %q follows", first, end)
			}
			return strings.Join(lines[first:i], "")
		}
		if lines[i] == "```sh\n" {
			block := rest("```\n")
			for line := range strings.Lines(block) {
				want := 0
				if _, comment, ok := strings.Cut(line, "# exits "); ok {
					fmt.Sscan(comment, &want)
				}
				if out, code := sh(t, line); code != want {
					t.Errorf("exits %d, not %d: %s%s", code, want, line, out)
				}
			}
			b.WriteString(block + lines[i])
		} else if m := reportMark.FindStringSubmatch(lines[i]); m != nil {
			old := rest(endMark)
			out, code := sh(t, m[1])
			if code > 1 || out == "" {
				t.Errorf("no report, exit status %d: %s", code, m[1])
			}
			now := "```\n" + out + "```\n"
			if timelessText(old) == timelessText(now) {
				now = old
			}
			b.WriteString(now + endMark)
		} else if m := generatedMark.FindStringSubmatch(lines[i]); m != nil {
			generate := generators[m[1]]
			if generate == nil {
				t.Fatalf("line %d: nothing generates %q", i+1, m[1])
			}
			rest(endMark)
			b.WriteString(generate(t) + endMark)
		}
	}
	return b.String()
}

// Numbers that differ from run to run: the counts of noise, and all of a table of costs.
var (
	noiseCounts = regexp.MustCompile(`(for themselves, \w+) \d+, (\w+) \d+`)
	costs       = regexp.MustCompile(`(?m)^(  what it costs) .*$|^(  (?:  )?[\w ,+-]*?\w)  +[\d.-]+( ms| MiB)? .*$`)
	rare        = regexp.MustCompile(`(?m)^    (signal|signal return|restarted call|libc lock)\n`) // kinds of noise that are not in every run
)

// timelessText is a report without them.
func timelessText(s string) string {
	s = noiseCounts.ReplaceAllString(s, "$1 n, $2 n")
	if strings.Contains(s, "what it costs") {
		s = rare.ReplaceAllString(costs.ReplaceAllString(s, "$1$2"), "")
	}
	return s
}

// generators make the parts of documents that stand between <!-- NAME --> and <!-- end -->.
var generators = map[string]func(t *testing.T) string{
	"map": programs,
	"rules": func(*testing.T) string {
		var b strings.Builder
		for _, r := range rules.All {
			b.WriteString(item(fmt.Sprintf("**%s**: %s.", r.Name, r.Why)))
		}
		return b.String()
	},
	"uncompared": uncompared,
	"verbs":      func(*testing.T) string { return "```\n" + casefile.Verbs() + "```\n" },
}

// uncompared lists what of a call is not compared: the arguments and fields by the reason, and the
// calls that no run looks at.
func uncompared(*testing.T) string {
	lists := map[string]map[string][]string{} // by reason and call
	note := func(why, call, part string) {
		if lists[why] == nil {
			lists[why] = map[string][]string{}
		}
		if part = strings.TrimSpace(part); !slices.Contains(lists[why][call], part) {
			lists[why][call] = append(lists[why][call], part)
		}
	}
	abi.Walk(func(c *abi.Call, _, _ [6]uint64) {
		if c.Untraced != "" {
			note(c.Untraced, c.Name, "")
		}
		for _, p := range c.Parts() {
			if n := len(p.Fields); n > 0 && p.Fields[n-1].OfDir != "" {
				note(p.Fields[n-1].OfDir, c.Name, p.Name(c))
			} else if n > 0 && p.Fields[n-1].Bits != 0 {
				f := p.Fields[n-1]
				note(f.Why, c.Name, p.Name(c)+" ("+f.Names.Flags(f.Bits)+")")
			}
			switch {
			case !c.Known:
				note(p.Why, "calls that the kernel has no more", "")
			case p.Why != "":
				note(p.Why, c.Name, p.Within(c))
			}
		}
	})
	for why, files := range abi.Files() {
		for _, file := range files {
			note(why, "what is read from", file)
		}
	}
	var b strings.Builder
	for _, why := range slices.Sorted(maps.Keys(lists)) {
		var calls []string
		for _, call := range slices.Sorted(maps.Keys(lists[why])) {
			calls = append(calls, strings.TrimSpace(call+" "+strings.Join(lists[why][call], ", ")))
		}
		b.WriteString(item(fmt.Sprintf("**%s**: %s.", why, strings.Join(calls, "; "))))
	}
	return b.String()
}

// columns is how wide text is.
const columns = 100

// item is an item of a list.
func item(text string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields("- " + text) {
		n := utf8.RuneCountInString(word)
		if i > 0 && width+1+n > columns {
			b.WriteString("\n ")
			width = 1
		}
		if i > 0 {
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String() + "\n"
}

// programs is the list of the programs: where they are, what they show, and how the cases that they
// take part in came out.
func programs(t *testing.T) string {
	t.Helper()
	results, err := allCases()
	if err != nil {
		t.Fatal(err)
	}
	_, cases, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]map[string]int{}
	for i, c := range cases {
		for _, p := range c.Programs {
			if verdicts[p] == nil {
				verdicts[p] = map[string]int{}
			}
			verdicts[p][string(results[i].Verdict)]++
		}
	}
	sources, _ := filepath.Glob(filepath.Join(root, "c/*.c"))
	var b strings.Builder
	for _, file := range sources {
		name := strings.TrimSuffix(filepath.Base(file), ".c")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		header := strings.NewReplacer("\n * ", " ", "\n *", "\n").Replace(string(text))
		_, about, _ := strings.Cut(header, name+": ")
		about, _, _ = strings.Cut(about, ".")
		var list []string
		for _, v := range slices.Sorted(maps.Keys(verdicts[name])) {
			list = append(list, fmt.Sprintf("%d `%s`", verdicts[name][v], v))
		}
		b.WriteString(item(fmt.Sprintf("**%s** ([C](c/%s.c), [Go](go/%s/main.go)): %s (%s).",
			name, name, name, about, strings.Join(list, ", "))))
	}
	return b.String()
}

// TestDocumentReferences looks at everything that a document refers to, in what is run and in what
// is not.
func TestDocumentReferences(t *testing.T) {
	docs := documents(t)
	tree := newTree(t, docs)
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		for _, problem := range tree.problems(name) {
			t.Errorf("%s: %s", name, problem)
		}
		if name != "README.md" && !strings.Contains(docs["README.md"], "]("+name) {
			t.Errorf("README.md has no link to %s", name)
		}
	}
	mention := regexp.MustCompile(`[\w/.-]*\b[A-Z]+\.md\b`)
	source := func(name string) bool {
		return slices.Contains([]string{".go", ".c", ".case", ".txt", ""}, path.Ext(name)) && !strings.HasSuffix(name, "_test.go")
	}
	for name, text := range treeFiles(t, source) {
		for _, doc := range mention.FindAllString(text, -1) {
			if docs[doc] == "" && docs[path.Join(path.Dir(name), doc)] == "" {
				t.Errorf("%s: there is no document %s", name, doc)
			}
		}
	}
}

// tree is what documents can refer to.
type tree struct {
	docs    map[string]string
	exists  func(path string) bool // from the root
	targets []string               // of the Makefile
}

func newTree(t *testing.T, docs map[string]string) *tree {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	tr := &tree{docs: docs, exists: func(name string) bool {
		_, err := os.Stat(filepath.Join(root, name))
		return err == nil
	}}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllSubmatch(makefile, -1) {
		tr.targets = append(tr.targets, string(m[1]))
	}
	return tr
}

var (
	codeSpan  = regexp.MustCompile("`([^`\n]+(?:\n[^`\n]+)?)`")
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	aFlag     = regexp.MustCompile(`^-([a-z][a-z-]*)(=.*)?$`)
	ownPath   = regexp.MustCompile(`^(c|go|compare|scripts|\.ci)/[a-z0-9_./-]+(\.md)?$`)
	plainWord = regexp.MustCompile(`^[a-z]+$`)
)

// problems says what is wrong with a document: dead links, flags, commands, make targets and paths
// that do not exist, and what is too long or too wide.
func (tr *tree) problems(name string) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	text := tr.docs[name]
	most := 250
	if name == "README.md" {
		most = 200
	}
	if n := strings.Count(text, "\n"); n > most {
		add("%d lines, more than %d", n, most)
	}
	var prose strings.Builder
	fenced := false
	n := 0
	for line := range strings.Lines(text) {
		n++
		fence := strings.HasPrefix(line, "```")
		if fence {
			fenced = !fenced
		} else if fenced {
			problems = append(problems, tr.codeProblems(line)...)
		} else {
			prose.WriteString(line)
		}
		if m := reportMark.FindStringSubmatch(line); m != nil {
			problems = append(problems, tr.codeProblems(m[1])...)
			continue // the reader does not see it
		}
		// What can't be broken may be wider, but not on the first page.
		breakable := !fenced && !strings.HasPrefix(line, "|") && !strings.Contains(line, "](")
		if w := utf8.RuneCountInString(strings.TrimRight(line, "\n")); w > columns && (breakable || name == "README.md") {
			add("line %d has %d columns, more than %d", n, w, columns)
		}
	}
	for _, m := range codeSpan.FindAllStringSubmatch(prose.String(), -1) {
		span := strings.Join(strings.Fields(m[1]), " ")
		problems = append(problems, tr.codeProblems(span)...)
		first, _, _ := strings.Cut(span, " ")
		if m := aFlag.FindStringSubmatch(first); m != nil && !slices.ContainsFunc(commands, func(c *command) bool { return slices.Contains(c.flags, m[1]) }) {
			add("no command has the flag -%s", m[1])
		}
		if ownPath.MatchString(span) && !tr.exists(span) {
			add("there is no %s", span)
		}
	}
	for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(prose.String(), "`code`"), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		to := name
		if file != "" {
			to = path.Join(path.Dir(name), file)
		}
		if !tr.exists(to) {
			add("dead link %s", m[1])
		} else if anchor != "" && !slices.Contains(anchors(tr.docs[to]), anchor) {
			add("dead link %s: %s has no such heading", m[1], to)
		}
	}
	return problems
}

// codeProblems looks at a line of code: the commands of parity, their flags, and the targets of
// make.
func (tr *tree) codeProblems(line string) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	words := strings.Fields(line)
	for i, word := range words {
		if i+1 == len(words) || !plainWord.MatchString(words[i+1]) {
			continue
		}
		next := words[i+1]
		switch {
		case word == "make" && !slices.Contains(tr.targets, next):
			add("there is no make %s", next)
		case path.Base(word) == "parity" && find(next) == nil:
			add("there is no command parity %s", next)
		case path.Base(word) == "parity" && next == "help" && i+2 < len(words):
			if topic := words[i+2]; plainWord.MatchString(topic) && find(topic) == nil && !slices.Contains(topics, topic) {
				add("there is no parity help %s", topic)
			}
		case path.Base(word) == "parity":
			for _, w := range words[i+2:] {
				if w == "--" || w == "|" || w == "#" {
					break
				}
				if m := aFlag.FindStringSubmatch(w); m != nil && !slices.Contains(find(next).flags, m[1]) {
					add("parity %s has no flag -%s", next, m[1])
				}
			}
		}
	}
	return problems
}

// anchors are the places in a document that a link can lead to: its headings, written as GitHub
// writes them.
func anchors(text string) (list []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return list
}

// TestDocumentProblems: what is wrong in a document is found, and what is right is not.
func TestDocumentProblems(t *testing.T) {
	other := "# Other things\n\n## What's `-v`, then?\n"
	for _, test := range []struct{ text, want string }{
		{"[other](b/OTHER.md), [there](b/OTHER.md#whats--v-then),\n[here](#title), [far](https://example.org/#x)\n", ""},
		{"[gone](b/GONE.md)\n", "dead link b/GONE.md"},
		{"![gone](gone.png)\n", "dead link gone.png"},
		{"[there](b/OTHER.md#nothing)\n", "dead link b/OTHER.md#nothing: b/OTHER.md has no such heading"},
		{"[here](#titel)\n", "dead link #titel: README.md has no such heading"},
		{"`[not a link](gone)`\n", ""},
		{"`parity run -v pipe1`, `build/parity diff -in DIR -- ls -l -- ls -a`,\n`-html FILE`, `parity help rules`\n", ""},
		{"`parity run -verbose`\n", "parity run has no flag -verbose"},
		{"`parity\nrun -verbose`\n", "parity run has no flag -verbose"},
		{"`parity diff -mix -- a -- b`\n", "parity diff has no flag -mix"},
		{"`-verbose`\n", "no command has the flag -verbose"},
		{"```console\nbuild/parity run -verbose\n```\n", "parity run has no flag -verbose"},
		{"<!-- report: build/parity run -verbose -->\n", "parity run has no flag -verbose"},
		{"`parity compare`\n", "there is no command parity compare"},
		{"`parity help words`\n", "there is no parity help words"},
		{"`make parity`, `make -s`\n", ""},
		{"```sh\nmake tests\n```\n", "there is no make tests"},
		{"`c/pipe1.c`, `c/NAME.c`, `c/pipe1=FILE`\n", ""},
		{"`c/pipe9.c`\n", "there is no c/pipe9.c"},
		{strings.Repeat("x ", 51) + "\n", "line 3 has 102 columns, more than 100"},
		{strings.Repeat("\n", 200), "202 lines, more than 200"},
	} {
		docs := map[string]string{"README.md": "# Title\n\n" + test.text, "b/OTHER.md": other}
		tr := newTree(t, docs)
		tr.exists = func(name string) bool { return docs[name] != "" || name == "c/pipe1.c" }
		if got := strings.Join(tr.problems("README.md"), "; "); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}
