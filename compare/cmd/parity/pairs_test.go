package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A programPair is two small programs whose right verdict is known, in a file of testdata/pairs.
// Lines of a key and a value stand first:
//
//	expect  "same" (exit status 0), "different" (1) or "error" (2)
//	says    what stands in the report
//	flags   of parity diff
//	cc, cflags, libs  of the compiler
//	goflags  of go build
//	lib     the soname of a shared library of each program, made from lib.c
//	needs   "root": it shows what only the superuser may do
//	before, after  commands that sh runs then, in the working directory
//	stdin   what the tool finds on its standard input, with escapes
//
// The sources follow as in a txtar archive. In them and in these lines <<x||y>> stands for x in the
// first program and for y in the second; @W@ is a directory for both, @EMPTY@ an empty one, @CWD@
// the working directory, and @A@ the first program.
type programPair struct {
	head  map[string]string
	names []string // of the files, in their order
	files map[string]string
}

var (
	fileLine = regexp.MustCompile(`^-- (\S+) --\n?$`)
	keys     = []string{"expect", "says", "flags", "cc", "cflags", "goflags", "libs", "lib", "needs", "before", "after", "stdin"}
)

func readPair(t *testing.T, text string) *programPair {
	t.Helper()
	p := &programPair{head: map[string]string{}, files: map[string]string{}}
	name := ""
	for line := range strings.Lines(text) {
		if m := fileLine.FindStringSubmatch(line); m != nil {
			name = m[1]
			p.names = append(p.names, name)
		} else if name != "" {
			p.files[name] += line
		} else if key, value, _ := strings.Cut(strings.TrimSpace(line), " "); key != "" {
			if !slices.Contains(keys, key) {
				t.Fatalf("no such key: %s", key)
			}
			p.head[key] = value
		}
	}
	return p
}

var eachSide = regexp.MustCompile(`(?s)<<(.*?)\|\|(.*?)>>`)

// of is a text for one of the two programs.
func of(side int, text string) string {
	return eachSide.ReplaceAllStringFunc(text, func(s string) string {
		// The innermost << counts: one before it is C's shift.
		i := strings.LastIndex(s[:strings.Index(s, "||")], "<<")
		return s[:i] + eachSide.FindStringSubmatch(s[i:])[1+side]
	})
}

// build compiles both programs, under one name, so that symbols and addresses agree.
func (p *programPair) build(t *testing.T, dir string, fill func(string) string) (made [2]string) {
	t.Helper()
	for side, letter := range []string{"a", "b"} {
		own := filepath.Join(dir, letter)
		header, err := os.ReadFile("testdata/pairs/pairs.h")
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(own, "pairs.h"), string(header))
		source := ""
		for _, name := range p.names {
			if stem, _, _ := strings.Cut(name, "."); (stem == "a" || stem == "b") && stem != letter {
				continue
			}
			to := name
			if name != "lib.c" {
				source = "prog" + filepath.Ext(name)
				to = source
			}
			write(t, filepath.Join(own, to), of(side, fill(p.files[name])))
		}
		made[side] = filepath.Join(dir, letter+".bin")
		words := func(key string) []string { return strings.Fields(of(side, p.head[key])) }
		run := func(args ...string) {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Dir = own
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%q: %v\n%s", args, err, out)
			}
		}
		if filepath.Ext(source) == ".go" {
			write(t, filepath.Join(own, "go.mod"), "module pair\n\ngo 1.26\n")
			cgo := "CGO_ENABLED=0"
			flags := words("goflags")
			if strings.Contains(fill(p.files[p.names[0]]), `import "C"`) || slices.Contains(flags, "-race") {
				cgo = "CGO_ENABLED=1" // whatever the Makefile wants for the kit
			}
			run(slices.Concat([]string{"env", cgo, "go", "build", "-buildvcs=false", "-o", made[side]}, flags, []string{"."})...)
			continue
		}
		libs := words("libs")
		if filepath.Ext(source) == ".rs" {
			need(t, "rustc")
			run(slices.Concat([]string{"rustc"}, words("cflags"), []string{"-o", made[side], source})...)
			continue
		}
		if lib := p.head["lib"]; lib != "" {
			run("gcc", "-w", "-g", "-shared", "-fPIC", "-Wl,-soname,"+lib, "-o", lib, "lib.c")
			libs = []string{"-Wl,--no-as-needed", "-L" + own, "-l:" + lib, "-Wl,-rpath," + own}
		}
		cc, cflags := words("cc"), words("cflags")
		if len(cc) == 0 {
			cc = []string{"gcc"}
		}
		if _, given := p.head["cflags"]; !given {
			cflags = []string{"-g"}
		}
		need(t, cc[0])
		run(slices.Concat(cc, cflags, []string{"-w", "-o", made[side], source}, libs)...)
	}
	return made
}

// need skips a test without a compiler that scripts/setup installs where it may.
func need(t *testing.T, compiler string) {
	if _, err := exec.LookPath(compiler); err == nil {
		return
	}
	how := "no " + compiler + "; run: scripts/setup test"
	if os.Getenv("CI") == "true" {
		t.Fatal(how)
	}
	t.Skip(how)
}

// TestPairs judges pairs of programs as a careful Unix programmer would. The name of a pair tells
// what it is about; a wrong "same" is the worst that the tool can say.
func TestPairs(t *testing.T) {
	makeBuild(t)
	files, _ := filepath.Glob("testdata/pairs/*.txtar")
	if len(files) == 0 {
		t.Fatal("no pairs")
	}
	slots := make(chan struct{}, runtime.NumCPU())
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, dir := readPair(t, string(text)), t.TempDir()
			places := map[string]string{"@W@": "scratch", "@EMPTY@": "empty", "@CWD@": "cwd", "@A@": "a.bin"}
			fill := func(s string) string {
				for name, place := range places {
					s = strings.ReplaceAll(s, name, filepath.Join(dir, place))
				}
				return s
			}
			if p.head["needs"] == "root" && os.Geteuid() != 0 {
				t.Skip("needs root")
			}
			for _, sub := range []string{"scratch/d1", "scratch/d2", "empty", "cwd"} {
				os.MkdirAll(filepath.Join(dir, sub), 0o755)
			}
			made := p.build(t, dir, fill)
			cwd := filepath.Join(dir, "cwd")
			shell := func(command string) {
				cmd := exec.Command("sh", "-c", fill(command))
				cmd.Dir = cwd
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", command, err, out)
				}
			}
			shell(p.head["before"])
			defer shell(p.head["after"])
			args := append([]string{"diff"}, strings.Fields(fill(p.head["flags"]))...)
			args = append(args, "--", made[0], "--", made[1])
			cmd := exec.Command(filepath.Join(root, "build/parity"), args...)
			cmd.Dir = cwd
			input, err := strconv.Unquote(`"` + p.head["stdin"] + `"`)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &out
			cmd.Run()
			want, ok := map[string]int{"same": 0, "different": 1, "error": 2}[p.head["expect"]]
			if !ok {
				t.Fatalf("expect %q, which is no verdict", p.head["expect"])
			}
			if code := cmd.ProcessState.ExitCode(); code != want {
				t.Errorf("exit %d, want %d (%s)\n%s", code, want, p.head["expect"], out.String())
			}
			if says := p.head["says"]; !strings.Contains(out.String(), says) {
				t.Errorf("the report does not say %q:\n%s", says, out.String())
			}
		})
	}
}

// TestReadPair: both programs are what the file says.
func TestReadPair(t *testing.T) {
	p := readPair(t, "expect same\ncc <<gcc||clang>>\n-- main.c --\na <<1||2>> 9<<20; b <<||x>> 1<<3\n")
	for side, want := range []string{"a 1 9<<20; b  1<<3\n gcc", "a 2 9<<20; b x 1<<3\n clang"} {
		if got := fmt.Sprint(of(side, p.files["main.c"]), " ", of(side, p.head["cc"])); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
