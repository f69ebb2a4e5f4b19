package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// textbook has sources with the textbook's traps, which stand in for the originals.
const textbook = "compare/cmd/parity/testdata/originals"

// runIn runs a command in a directory, with a C compiler of its own.
func runIn(t *testing.T, dir, cc string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CC="+cc)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// write writes a file, with the directories that it is in, and returns its path.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// originalsRow is what c/NOTES.md says of a case in which the originals differ: the verdict, and
// the first difference. In the calls … stands for anything.
type originalsRow struct{ verdict, process, c, port string }

// originalsTable reads the table in c/NOTES.md, by case.
func originalsTable(t *testing.T) map[string]originalsRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "c", "NOTES.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## The originals\n")
	section, _, _ = strings.Cut(section, "\n## ")
	row := regexp.MustCompile("(?m)^\\| (\\S+) \\| \\S+ \\| [^|]+ \\| (\\w+) \\| " +
		"`(.+)`: `(.+)`, `(.+)` \\|$")
	table := map[string]originalsRow{}
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		table[m[1]] = originalsRow{m[2], m[3], m[4], m[5]}
	}
	rows := strings.Count(section, "\n| ") - 2 // without the head
	if len(table) != rows || rows < 1 {
		t.Fatalf("c/NOTES.md: of %d rows about originals %d can be read", rows, len(table))
	}
	return table
}

// like reports whether a text is as a pattern says, in which … stands for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$").MatchString(text)
}

// TestOriginals holds the stand-ins against the ports, and what comes of it against c/NOTES.md.
func TestOriginals(t *testing.T) {
	makeBuild(t)
	// What spins ends at the memory limit, which does not depend on the machine's speed. One
	// run of each side shows it as well as two.
	stdout, stderr, code := runIn(t, root, "gcc -fno-stack-protector",
		"scripts/originals", textbook, "-json", "-count", "1", "-timeout", "1m")
	if code != 2 || stderr != "" {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	var doc struct {
		Cases []struct {
			Name, Verdict, Error string
			Differences          []struct {
				Process string
				Sides   [2]struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	cases, _ := filepath.Glob(filepath.Join(root, "compare", "cases", "*.case"))
	if len(doc.Cases) != len(cases) {
		t.Errorf("%d cases were run of %d", len(doc.Cases), len(cases))
	}
	table := originalsTable(t)
	for _, c := range doc.Cases {
		want, differs := table[c.Name]
		delete(table, c.Name)
		switch {
		case !differs && (c.Verdict == "same" || c.Verdict == "equivalent"):
		case !differs:
			t.Errorf("%s: %s %s\nbut c/NOTES.md does not name it", c.Name, c.Verdict, c.Error)
		case c.Verdict != want.verdict:
			t.Errorf("%s: %s %s\nbut c/NOTES.md: %s", c.Name, c.Verdict, c.Error, want.verdict)
		case len(c.Differences) == 0:
			t.Errorf("%s: %s, without a difference", c.Name, c.Error)
		default:
			d := c.Differences[0]
			if d.Process != want.process || !like(want.c, d.Sides[0].Text) || !like(want.port, d.Sides[1].Text) {
				t.Errorf("%s: the first difference is %s: %.80s, %.80s\nbut c/NOTES.md: %s: %s, %s",
					c.Name, d.Process, d.Sides[0].Text, d.Sides[1].Text, want.process, want.c, want.port)
			}
		}
	}
	for name := range table {
		t.Errorf("c/NOTES.md tells of a case %s, which was not run", name)
	}
}

// TestOriginalsGuarded: with a guarded stack a case differs that else does not, as c/NOTES.md says.
func TestOriginalsGuarded(t *testing.T) {
	makeBuild(t)
	stdout, stderr, code := runIn(t, root, "gcc -fstack-protector-strong",
		"scripts/originals", textbook, "nc-echo")
	first := `- C   write(stderr, "*** stack smashing detected ***`
	if code != 1 || !strings.Contains(stdout, first) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestOriginalsFound: a source below the directory takes its program's place, and no other.
func TestOriginalsFound(t *testing.T) {
	makeBuild(t)
	dir := t.TempDir()
	source := write(t, filepath.Join(dir, "my book", "chapter '10'", "pipe1.c"),
		"#include <stdio.h>\nint main(void)\n{\n\tputs(\"mine\");\n}\n")
	stdout, stderr, code := runIn(t, dir, "gcc",
		filepath.Join(root, "scripts/originals"), "my book", "pipe1", "pipe3")
	if code != 1 || !strings.Contains(stdout, source+":4") ||
		!strings.Contains(stdout, "1 different, 1 equivalent") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	ours := ": echo_mpclient.c echo_mpserv.c echo_storeserv.c pipe2.c pipe3.c\n"
	if !strings.Contains(stderr, ours) {
		t.Errorf("does not say which programs stay the kit's own:\n%s", stderr)
	}
	// The command that the report ends with must be about the same programs.
	_, more, _ := strings.Cut(stdout, "  more: ")
	more, _, _ = strings.Cut(more, "\n")
	if again, code := sh(t, more); code != 1 || !strings.Contains(again, source+":4") {
		t.Errorf("%s: exit %d\n%s", more, code, again)
	}
}

// TestOriginalsErrors: what keeps sources from being used is an error that names it.
func TestOriginalsErrors(t *testing.T) {
	makeBuild(t)
	dir := t.TempDir()
	good, bad := "int main(void) { return 0; }\n", "int main(void) { return\n"
	none, twice, broken := filepath.Join(dir, "no originals"), dir+"/twice", dir+"/broken"
	write(t, none+"/pipe4.c", good)
	write(t, twice+"/1/pipe1.c", good)
	write(t, twice+"/2/pipe1.c", good)
	write(t, broken+"/pipe1.c", bad)
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"no argument", []string{"scripts/originals"},
			[]string{"usage: scripts/originals DIR"}},
		{"not a directory", []string{"scripts/originals", broken + "/pipe1.c"},
			[]string{broken + "/pipe1.c is not a directory"}},
		{"no sources", []string{"scripts/originals", none},
			[]string{"nothing to build below " + none, " echo_storeserv.c pipe1.c "}},
		{"no sources for make", []string{"make", "parity", "ORIGINALS=" + none},
			[]string{"nothing to build below " + none}},
		{"two of one name", []string{"scripts/originals", twice},
			[]string{"more than one pipe1.c", "\n" + twice + "/1/pipe1.c\n", "\n" + twice + "/2/pipe1.c\n"}},
		{"does not compile", []string{"scripts/originals", broken},
			[]string{broken + "/pipe1.c does not build with gcc -g -w"}},
	} {
		stdout, stderr, code := runIn(t, root, "gcc", c.args...)
		if code != 2 {
			t.Errorf("%s: exit %d\n%s", c.name, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, stderr)
			}
		}
	}
}
