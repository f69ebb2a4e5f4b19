package unwind

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gcc compiles a file of testdata and returns the program's path. The test is
// skipped without gcc.
func gcc(t testing.TB, source string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	out := filepath.Join(t.TempDir(), "prog")
	args := append(flags, "-w", "-pthread", "-o", out, filepath.Join("testdata", source))
	return run(t, out, "gcc", args...)
}

// goBuild compiles a file or folder of testdata and returns the program's path.
func goBuild(t testing.TB, source string, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "prog")
	args := append([]string{"build", "-o", out}, flags...)
	return run(t, out, "go", append(args, "./"+filepath.Join("testdata", source))...)
}

func run(t testing.TB, out, tool string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-buildvcs=false") // whatever the Makefile wants for the kit
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, text)
	}
	return out
}

// marks returns the lines of a source file that have a mark: "@name".
func marks(t testing.TB, source string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", source))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		for _, open := range []string{"/* @", "// @"} {
			if _, rest, ok := strings.Cut(string(line), open); ok {
				lines[strings.Fields(rest)[0]] = n
			}
		}
	}
	return lines
}

// show writes frames as a test's tables do: "~inner:3 main:7".
func show(frames []Frame) string {
	var words []string
	for _, f := range frames {
		inlined := ""
		if f.Inlined {
			inlined = "~"
		}
		words = append(words, fmt.Sprintf("%s%s:%d", inlined, f.Func, f.Line))
	}
	return strings.Join(words, " ")
}
