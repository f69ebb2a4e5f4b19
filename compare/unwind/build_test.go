package unwind

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A machine without compilers gets the programs from another one. UNWIND_PROGRAMS names the folder
// that they go through. The tests are run first where the compilers are, with the architecture in
// UNWIND_BUILD_FOR: then each builds its first program and is skipped.
var (
	programs = os.Getenv("UNWIND_PROGRAMS")
	buildFor = os.Getenv("UNWIND_BUILD_FOR")
)

// target is the architecture that programs are built for.
func target() string { return cmp.Or(buildFor, runtime.GOARCH) }

// crossGCC are gcc's names where it compiles for another machine.
var crossGCC = map[string]string{"": "gcc", "arm64": "aarch64-linux-gnu-gcc"}

// gcc compiles a file of testdata and returns the program's path. The test is
// skipped without gcc.
func gcc(t testing.TB, source string, flags ...string) string {
	t.Helper()
	tool := crossGCC[buildFor]
	return build(t, source, flags, func(out string) {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
		file := filepath.Join("testdata", source)
		run(t, tool, append(flags, "-w", "-pthread", "-o", out, file)...)
	})
}

// goBuild compiles a file or folder of testdata and returns the program's path.
func goBuild(t testing.TB, source string, flags ...string) string {
	t.Helper()
	return build(t, source, flags, func(out string) {
		args := append([]string{"build", "-o", out}, flags...)
		run(t, "go", append(args, "./"+filepath.Join("testdata", source))...)
	})
}

// build returns the path of a program, and compiles it unless another machine has.
func build(t testing.TB, source string, flags []string, compile func(out string)) string {
	t.Helper()
	if programs == "" {
		out := filepath.Join(t.TempDir(), "prog")
		compile(out)
		return out
	}
	name := strings.Join(append([]string{source}, flags...), " ")
	out := filepath.Join(programs, strings.ReplaceAll(name, "/", "_"))
	if buildFor != "" {
		compile(out)
		t.Skip("built for " + buildFor)
	}
	if _, err := os.Stat(out); err != nil {
		t.Skip("no compiler, and not built elsewhere: " + name)
	}
	return out
}

func run(t testing.TB, tool string, args ...string) {
	t.Helper()
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-buildvcs=false") // whatever the Makefile wants for the kit
	if buildFor != "" {
		cmd.Env = append(cmd.Env, "GOARCH="+buildFor, "CC="+crossGCC[buildFor])
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, text)
	}
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
