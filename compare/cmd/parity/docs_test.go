package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	casefile "paritykit/compare/case"
	"paritykit/compare/rules"
)

var update = flag.Bool("update", false, "rewrite the generated parts of README.md")

// sh runs a command line in the source tree as a reader would, and returns what it printed and its exit status.
func sh(t *testing.T, line string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = root
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

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeCommands runs every command in README's sh blocks, in order. A comment says with which status it exits.
func TestReadmeCommands(t *testing.T) {
	makeBuild(t)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) == 0 {
		t.Fatal("README has no commands")
	}
	for _, b := range blocks {
		for line := range strings.Lines(b[1]) {
			line = strings.TrimSpace(line)
			if line == "make test" {
				continue // it is what runs this
			}
			want := 0
			if _, comment, ok := strings.Cut(line, "# exits "); ok {
				fmt.Sscan(comment, &want)
			}
			if out, code := sh(t, line); code != want {
				t.Errorf("%s exits %d, not %d:\n%s", line, code, want, out)
			}
		}
	}
}

// Numbers that differ from run to run: the counts of noise, and all of a table of costs.
var (
	noiseCounts = regexp.MustCompile(`(for themselves, \w+) \d+, (\w+) \d+`)
	costs       = regexp.MustCompile(`(?m)^(  what it costs) .*$|^(  (?:  )?[\w ,+-]*?\w)  +[\d.-]+( ms| MiB)? .*$`)
	rare        = regexp.MustCompile(`(?m)^    (signal|signal return|restarted call|libc lock)\n`) // kinds of noise that are not in every run
)

// timelessText is a report in README without them.
func timelessText(s string) string {
	s = noiseCounts.ReplaceAllString(s, "$1 n, $2 n")
	if strings.Contains(s, "what it costs") {
		s = rare.ReplaceAllString(costs.ReplaceAllString(s, "$1$2"), "")
	}
	return s
}

// programs is the map of the programs: where they are, what they show, and how the cases that they begin came out.
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
	files, _ := filepath.Glob(filepath.Join(root, "c/*.c"))
	var b strings.Builder
	b.WriteString("| program | C | Go | what it shows | verdict |\n| --- | --- | --- | --- | --- |\n")
	for _, file := range files {
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
			what := "1 case"
			if n := verdicts[name][v]; n > 1 {
				what = fmt.Sprintf("%d cases", n)
			}
			list = append(list, v+" in "+what)
		}
		fmt.Fprintf(&b, "| %s | [c/%s.c](c/%s.c) | [go/%s/main.go](go/%s/main.go) | %s | %s |\n", name, name, name, name, name, about, strings.Join(list, ", "))
	}
	return b.String()
}

// TestReadmeReports holds the reports, the rules and the verbs in README against what the tool says now.
func TestReadmeReports(t *testing.T) {
	makeBuild(t)
	sh(t, "sed 's/sizeof(str)/sizeof(str) - 1/' c/pipe1.c >build/short.c && gcc -g -o build/short build/short.c")
	old := readme(t)
	text := regexp.MustCompile("(?s)<!-- report: (.*?) -->\n```\n(.*?)```\n").ReplaceAllStringFunc(old, func(s string) string {
		command := regexp.MustCompile("<!-- report: (.*?) -->").FindStringSubmatch(s)[1]
		out, _ := sh(t, command)
		if timelessText(s) == timelessText(section(command, out)) {
			return s
		}
		return section(command, out)
	})
	var list strings.Builder
	for _, r := range rules.All {
		fmt.Fprintf(&list, "  - `%s`: %s.\n", r.Name, r.Why)
	}
	text = regexp.MustCompile("(?s)<!-- rules -->\n.*?<!-- end -->").ReplaceAllLiteralString(text, "<!-- rules -->\n"+list.String()+"<!-- end -->")
	text = regexp.MustCompile("(?s)<!-- verbs -->\n.*?<!-- end -->").ReplaceAllLiteralString(text, "<!-- verbs -->\n```\n"+casefile.Verbs()+"```\n<!-- end -->")
	text = regexp.MustCompile("(?s)<!-- map -->\n.*?<!-- end -->").ReplaceAllLiteralString(text, "<!-- map -->\n"+programs(t)+"<!-- end -->")
	if text == old {
		return
	}
	if !*update {
		t.Fatal("README's generated parts are out of date: go test ./compare/cmd/parity -run Readme -update")
	}
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func section(command, out string) string {
	return fmt.Sprintf("<!-- report: %s -->\n```\n%s```\n", command, out)
}
