package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

var root, _ = filepath.Abs("../../..")

// makeBuild brings build/ up to date, once.
func makeBuild(t *testing.T) {
	t.Helper()
	if err := buildOnce(); err != nil {
		t.Fatal(err)
	}
}

var buildOnce = sync.OnceValue(func() error {
	cmd := exec.Command("make", "build")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make build: %v\n%s", err, out)
	}
	return nil
})

// program compiles a C program and returns its path.
func program(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	cmd := exec.Command("gcc", "-D_GNU_SOURCE", "-O0", "-g", "-w", "-x", "c", "-", "-o", path)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader("#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n" + source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

// file writes a file and returns its path.
func file(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// parity runs the tool in this process.
func tryParity(args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	code = run(context.Background(), "build/parity", args, &out, &err)
	return out.String(), err.String(), code
}

// TestErrors: whatever keeps the tool from an answer is one line, says what to do, and exits 2.
func TestErrors(t *testing.T) {
	makeBuild(t)
	loop := program(t, "int main(void) { for (;;) ; }")
	hang := program(t, "int main(void) { int p[2]; char c; pipe(p); setitimer(0, (long[]){0, 0, 1000, 0}, 0);\nread(p[0], &c, 1); }")
	stuck := program(t, "int main(void) { int p[2]; char c; pipe(p);\nread(p[0], &c, 1); }")
	busy := program(t, "int main(void) { for (;;) getppid(); }")
	bomb := program(t, "int main(void) { for (;;) fork(); }")
	bad := "# x\nprogram pipe1\nfrobnicate\n"
	for _, c := range []struct {
		name, args, want string
	}{
		{"no command", "", "usage: parity"},
		{"unknown command", "frob", `unknown command "frob"`},
		{"unknown flag", "run -frob", "flag provided but not defined: -frob"},
		{"bad colour", "run -color purple", "must be auto, always or never"},
		{"bad count", "run -count 0", "at least one run"},
		{"bad timeout", "run -timeout 0s", "must be above zero"},
		{"unknown case", "run nosuch", `no case "nosuch"`},
		{"wrong case file", "run " + file(t, "bad.case", bad, 0o644), "bad.case:3: "},
		{"a step that cannot be done", "run " + file(t, "driven.case", "# x\nprogram pipe1\nstart P pipe1\nsend P \"x\"\nwait P\n", 0o644),
			"driven.case:4: send P \"x\": c: nobody reads the input of P any more"},
		{"bad -bin", "run -bin pipe1=x", "no case that is to run has a side pipe1; there is c, go"},
		{"unused -bin", "run -bin c/pipe9=x pipe1", "no case that is to run has a program pipe9"},
		{"unused -bin of a directory", "run -bin c=/usr pipe1", "-bin c=/usr: no program of a case that is to run is in it: pipe1"},
		{"missing -bin", "run -bin c/pipe1=/no/such pipe1", "/no/such: no such file"},
		{"trace of nothing", "trace", "trace wants a command"},
		{"diff of one", "diff -- /bin/true", "diff wants two commands"},
		{"missing program", "trace -- /no/such", "cannot start /no/such: no such program"},
		{"missing program in PATH", "trace -- nosuchprogram", "cannot start nosuchprogram: no such program"},
		{"not executable", "trace -- " + file(t, "plain", "text", 0o644), "not executable (chmod +x?)"},
		{"not a program", "trace -- " + file(t, "garbage", "\x01\x02\x03", 0o755), "not a program for this machine"},
		{"a directory", "trace -- /", "cannot start /"},
		{"endless loop", "trace -timeout 300ms -- " + loop, "time limit reached (300ms): P computes at "},
		{"endless wait", "trace -realtime -timeout 300ms -- " + hang, "time limit reached (300ms): P waits in read(pipe1.r"},
		{"endless output", "trace -- yes", "output limit reached (67108864 bytes); -limit output=N raises it"},
		{"endless copying", "trace -timeout 1m -- dd if=/dev/zero of=/dev/null bs=64k", "memory limit reached (268435456 bytes read and written); -limit memory=N raises it"},
		{"deadlock", "trace -- " + stuck, "deadlock: nobody can go on: P waits in read(pipe1.r"},
		{"a limit of one's own", "trace -limit calls=1k -- " + busy, "calls limit reached (1024); -limit calls=N raises it: P"},
		{"bad limit", "trace -limit calls=-1 -- true", "want threads=N, calls=N"},
		{"limit of nothing", "trace -limit size=1k -- true", "want threads=N, calls=N"},
		{"too high a limit", "trace -limit memory=99999999999G -- true", "want threads=N, calls=N"},
		{"fork bomb", "trace -timeout 5m -limit threads=50 -- " + bomb, "threads limit reached (50); -limit threads=N raises it"},
		{"one side missing", "diff -- /bin/true -- /no/such", "cannot start /no/such"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := tryParity(strings.Fields(c.args)...)
			if code != 2 {
				t.Errorf("exit %d", code)
			}
			// An error in a case is part of the report, all others stand alone.
			if !strings.Contains(stderr+stdout, c.want) {
				t.Errorf("no %q in\n%s%s", c.want, stdout, stderr)
			}
			if c.args != "" && strings.Count(stderr, "\n") > 1 {
				t.Errorf("more than one line:\n%s", stderr)
			}
			if strings.Contains(stderr, "cannot start") && stdout != "" {
				t.Errorf("says of a program that never ran:\n%s", stdout)
			}
		})
	}
}

// TestAgain types what a report says to type next: it must be about the same case again, and show
// more.
func TestAgain(t *testing.T) {
	makeBuild(t)
	own := file(t, "some case.case", "# x\nprogram pipe1\n", 0o644)
	for _, args := range [][]string{
		{"run", "-bin", "c/pipe1=" + filepath.Join(root, "build/c/pipe3"), "pipe2", "pipe1"},
		{"run", "-bin", "c/pipe1=" + filepath.Join(root, "build/c/pipe3"), own},
		{"diff", "--", "/bin/echo", "a b", "--", "/bin/echo", "c"},
	} {
		stdout, _, code := tryParity(args...)
		_, more, found := strings.Cut(stdout, "  more: ")
		line, _, _ := strings.Cut(more, "\n")
		if !found || code != 1 {
			t.Fatalf("%q: exit %d, and nothing to type next:\n%s", args, code, stdout)
		}
		first := func(s string) string {
			_, s, _ = strings.Cut(s, "  first difference: ")
			s, _, _ = strings.Cut(s, "\n  in context:")
			return s
		}
		out, code := sh(t, line)
		if code != 1 || first(out) != first(stdout) || strings.Contains(out, " (-v)\n") {
			t.Errorf("%s: exit %d\n%s", line, code, out)
		}
	}
}

// TestSides: a side that cannot finish is an error of the case, with the place where it hangs.
func TestSides(t *testing.T) {
	makeBuild(t)
	loop := program(t, "int main(void) {\n\nfor (;;) ; }")
	stdout, _, code := tryParity("run", "-timeout", "300ms", "-bin", "c/pipe1="+loop, "pipe1")
	if code != 2 || !strings.Contains(stdout, "c: time limit reached (300ms)") || !strings.Contains(stdout, "P computes at ") || !strings.Contains(stdout, ":7") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// TestDiff: the three examples that anybody would try first.
func TestDiff(t *testing.T) {
	five := file(t, "five", "1\n2\n3\n4\n5\n", 0o644)
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"diff -- /bin/true -- /bin/true", 0, []string{"  same  ", "exit(0)"}},
		{"diff -- /bin/echo a -- /bin/echo b", 1, []string{"different", `write(tty, "a\n")`, `write(tty, "b\n")`, "echo+0x"}},
		{"diff -- /bin/cat " + five + " -- /usr/bin/head -n 1000 " + five, 1, []string{"different", "cat+0x", "head+0x"}},
	} {
		stdout, stderr, code := tryParity(strings.Fields(c.args)...)
		if code != c.code {
			t.Errorf("%s exits %d", c.args, code)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: no %q in\n%s%s", c.args, want, stdout, stderr)
			}
		}
	}
}

// TestJSON holds the document against the contract: the names of the fields, and nothing else on
// standard output.
func TestJSON(t *testing.T) {
	makeBuild(t)
	stdout, stderr, code := tryParity("run", "-json", "-bin", "c/pipe1="+filepath.Join(root, "build/c/pipe3"), "pipe1", "pipe2")
	if code != 1 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
	type ref struct{ Text, Site string }
	var doc struct {
		Schema string
		Cases  []struct {
			Name, Verdict string
			Sides         []struct {
				Label      string
				Ops, Noise int
			}
			Matched int
			Rules   []struct {
				Name string
				Uses int
			}
			Known       []struct{ Name, Why string }
			Differences []struct {
				Process, Kind string
				Sides         []*ref
				Fields        []string
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "parity/2" || len(doc.Cases) != 2 {
		t.Fatalf("%+v", doc)
	}
	if c := doc.Cases[0]; c.Verdict != "different" || len(c.Differences) == 0 || c.Differences[0].Process == "" || c.Differences[0].Kind == "" {
		t.Errorf("%+v", c)
	}
	if c := doc.Cases[1]; c.Verdict != "equivalent" || len(c.Sides) != 2 || c.Sides[0].Label != "C" || c.Sides[0].Ops == 0 || c.Sides[0].Ops != c.Matched || c.Sides[1].Noise == 0 || len(c.Rules) == 0 ||
		c.Rules[0].Uses == 0 || c.Known == nil || c.Differences == nil {
		t.Errorf("%+v", c)
	}
}

// TestFlagOrder: flags may stand behind the names of cases. TestUnreadable: what a process lets
// nobody read is no verdict's ground. Root can read it all the same.
func TestUnreadable(t *testing.T) {
	makeBuild(t)
	dir, err := os.MkdirTemp("", "unreadable-") // t.TempDir's is its owner's alone
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	source := "#include <sys/prctl.h>\nint main(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); return write(1, \"hello\\n\", 6) != 6; }"
	for name, path := range map[string]string{"parity": filepath.Join(root, "build/parity"), "closed": program(t, source)} {
		if out, err := exec.Command("cp", path, filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("cp: %v\n%s", err, out)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, uid := range []int{0, 65534} {
		if os.Getuid() != 0 && uid != 65534 {
			continue
		}
		cmd := exec.Command(filepath.Join(dir, "parity"), "diff", "--", "./closed", "--", "./closed")
		cmd.Dir = dir
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
		}
		out, _ := cmd.CombinedOutput()
		code, want, text := cmd.ProcessState.ExitCode(), 0, `write(tty, "hello\n")`
		if uid != 0 {
			want, text = 2, "can't be read"
		}
		if code != want || !strings.Contains(string(out), text) {
			t.Errorf("user %d: exit %d, want %d and %q:\n%s", uid, code, want, text, out)
		}
	}
}

func TestFlagOrder(t *testing.T) {
	makeBuild(t)
	before, _, _ := tryParity("run", "-json", "-count", "1", "pipe1")
	after, _, code := tryParity("run", "pipe1", "-json", "-count", "1")
	if code != 0 || before == "" || !json.Valid([]byte(after)) {
		t.Errorf("exit %d\n%s", code, after)
	}
}

func TestColor(t *testing.T) {
	makeBuild(t)
	for _, c := range []struct {
		args string
		want bool
	}{{"run -color always pipe1", true}, {"run -color never pipe1", false}, {"run pipe1", false}} {
		stdout, _, _ := tryParity(strings.Fields(c.args)...)
		if got := strings.Contains(stdout, "\x1b["); got != c.want {
			t.Errorf("%s: colour is %v", c.args, got)
		}
	}
}

// TestHostile: what a traced program says must not reach the terminal as it is.
func TestHostile(t *testing.T) {
	hostile := program(t, `int main(void) { fputs("\033[2J\033]0;gotcha\007\xff\xfe\x9b\r", stdout); write(1, "\033c", 2);
		write(2, "\xc2\x9b" "2J\xe2\x80\xae", 7); unlink("\x9b\xe2\x80\xae"); }`) // the 8-bit forms of ESC [, and text from right to left
	for _, args := range [][]string{{"trace", "--", hostile, "\x1b[31m"}, {"diff", "--", hostile, "\x1b[31m", "--", "/bin/echo", "\x1b[2J"}} {
		stdout, stderr, _ := tryParity(args...)
		text := stdout + stderr
		if !utf8.ValidString(text) {
			t.Errorf("bytes that are no text reached the terminal:\n%q", text)
		}
		for _, r := range text {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%q reached the terminal:\n%q", r, text)
			}
		}
	}
}

// TestTraceJSON reads what trace -json writes of a program whose calls are full of what JSON has to
// write otherwise.
func TestTraceJSON(t *testing.T) {
	hostile := program(t, `int main(void) { write(1, "\"\\\n\033\xff\xe2\x80\xae</script>", 17); return 3; }`)
	stdout, stderr, code := tryParity("trace", "-json", "--", hostile, "\x1b\"")
	var doc struct {
		Schema    string
		Command   []string
		Processes []struct {
			Name  string
			Calls []struct {
				Text, Site string
				Op         struct {
					Call string
					Args []struct{ Name, Kind, Value string }
				}
			}
			Noise  map[string]int
			Status string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != 0 || stderr != "" {
		t.Fatalf("%v, exit %d, %s\n%s", err, code, stderr, stdout)
	}
	p := doc.Processes[0]
	want := `write(tty, "\"\\\n\x1b\xff\xe2\x80\xae</script>")`
	if doc.Schema != "parity/2" || len(doc.Command) != 2 || p.Name != "P" || p.Status != "exit 3" || p.Noise["loader"] == 0 || len(p.Calls) != 2 || p.Calls[0].Text != want {
		t.Fatalf("got %+v, want a call %s", doc, want)
	}
	got := fmt.Sprint(p.Calls[0].Op)
	if want := `{write [{fd object tty} {buf text "\"\\\n\x1b\xff\xe2\x80\xae</script>"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// marked lists the processes that have a variable in their environment.
func marked(mark string) (pids []string) {
	envs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, env := range envs {
		if text, err := os.ReadFile(env); err == nil && bytes.Contains(text, []byte(mark)) {
			pids = append(pids, strings.Split(env, "/")[2])
		}
	}
	return pids
}

// endings are the signals that end the tool.
var endings = []syscall.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE, unix.SIGKILL}

// TestKilled: when the tool is interrupted or killed in mid-run, no process stays. SIGINT also ends
// with a clear line.
func TestKilled(t *testing.T) {
	makeBuild(t)
	tree := program(t, "int main(void) { for (int i = 0; i < 3; i++) fork(); setitimer(0, (long[]){0, 0, 1000, 0}, 0); pause(); }")
	for _, sig := range endings {
		t.Run(sig.String(), func(t *testing.T) {
			mark := fmt.Sprintf("PARITY_TEST_MARK=%d.%d", os.Getpid(), sig)
			cmd := exec.Command(filepath.Join(root, "build/parity"), "trace", "-realtime", "-timeout", "100s", "--", tree)
			cmd.Env = append(os.Environ(), mark, "TMPDIR="+t.TempDir())
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the tree to stand", func() bool { return len(marked(mark)) >= 9 })
			cmd.Process.Signal(sig)
			cmd.Wait()
			eventually(t, "all to be gone", func() bool { return len(marked(mark)) == 0 })
			if sig != unix.SIGKILL && (cmd.ProcessState.ExitCode() != 2 || !strings.Contains(stderr.String(), "signal received")) {
				t.Errorf("exit %d, %q", cmd.ProcessState.ExitCode(), stderr.String())
			}
		})
	}
}

// TestExploreKilled ends the tool in the middle of a long search, in each way that there is:
// nothing may be left. One of the programs has stopped itself, and one has crashed.
func TestExploreKilled(t *testing.T) {
	makeBuild(t)
	program := program(t, "int main(void) { for (int i = 0; i < 6; i++) if (fork() == 0) { if (i == 0) raise(SIGSTOP); if (i == 1) abort(); write(1, \"x\", 1); return 0; } write(1, \"y\", 1); return 0; }")
	name := file(t, "many.case", "# x\nprogram many\n", 0o644)
	for _, sig := range endings {
		t.Run(sig.String(), func(t *testing.T) {
			temp := t.TempDir()
			cmd := exec.Command(filepath.Join(root, "build/parity"), "explore", "-bin", "c/many="+program, "-bin", "go/many="+program, name)
			cmd.Env = append(os.Environ(), "TMPDIR="+temp)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "some processes", func() bool { return running(program) >= 4 })
			cmd.Process.Signal(sig)
			cmd.Wait()
			eventually(t, "all to be gone", func() bool { return running(program) == 0 })
			if sig == unix.SIGKILL { // the next run removes what is left
				cmd := exec.Command(filepath.Join(root, "build/parity"), "trace", "-q", "--", "true")
				cmd.Env = append(os.Environ(), "TMPDIR="+temp)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			if left, _ := os.ReadDir(temp); len(left) > 0 {
				t.Errorf("left in the temporary directory: %v", left)
			}
		})
	}
}

// TestBuildKilled ends the tool in the middle of a build: what that has started goes with it.
func TestBuildKilled(t *testing.T) {
	makeBuild(t)
	name := file(t, "p.case", "# x\nprogram p\nside a p build \"sleep 1000 & sleep 1000 & wait\" run \"true\"\n"+
		"side b p run \"true\"\n", 0o644)
	for _, sig := range endings {
		mark := fmt.Sprintf("PARITY_TEST_MARK=%d.build.%d", os.Getpid(), sig)
		cmd := exec.Command(filepath.Join(root, "build/parity"), "run", name)
		cmd.Env = append(os.Environ(), mark)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the build to begin", func() bool { return len(marked(mark)) >= 5 })
		cmd.Process.Signal(sig)
		cmd.Wait()
		eventually(t, "all to be gone", func() bool { return len(marked(mark)) == 0 })
	}
}

// TestDiskFull: when there is no room for a run's files the tool says so, and leaves none.
func TestDiskFull(t *testing.T) {
	makeBuild(t)
	temp, in := t.TempDir(), t.TempDir()
	if err := unix.Mount("none", temp, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("only who may mount can have a small disk: ", err)
	}
	defer unix.Unmount(temp, unix.MNT_DETACH)
	for name, size := range map[string]int{"a": 1 << 10, "b": 1 << 20, "c": 1 << 10} {
		if err := os.WriteFile(filepath.Join(in, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"diff", "-in", in, "--", "true", "--", "true"},
		{"run", file(t, "p.case", "# x\nprogram pipe1\ncopy "+filepath.Join(in, "b")+"\nstart P pipe1\nwait P\n", 0o644)},
	} {
		cmd := exec.Command(filepath.Join(root, "build/parity"), args...)
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "no space left on device") {
			t.Errorf("%q: exit %d\n%s", args, cmd.ProcessState.ExitCode(), out)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("%q: left in the temporary directory: %v", args, left)
		}
	}
}

// running counts the processes that execute a file.
func running(path string) (n int) {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if to, err := os.Readlink(exe); err == nil && to == path {
			n++
		}
	}
	return n
}

// TestExploreJSON reads what explore writes for machines.
func TestExploreJSON(t *testing.T) {
	makeBuild(t)
	stdout, stderr, code := tryParity("explore", "-json", "-sleep", "ignore", "pipe2")
	var doc struct {
		Schema  string
		Explore []struct {
			Name, Verdict string
			Sides         []struct {
				Label              string
				Schedules, Classes int
				Exhaustive         bool
				Outcomes           []struct {
					Terminal, Witness string
					Deadlock          bool
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	x := doc.Explore[0]
	if doc.Schema != "parity/2" || x.Name != "pipe2" || x.Verdict != "same" || !x.Sides[0].Exhaustive || x.Sides[1].Classes != 5 || len(x.Sides[1].Outcomes) != 2 {
		t.Errorf("%+v", doc)
	}
	if o := x.Sides[0].Outcomes[0]; !o.Deadlock || o.Terminal != "Child proc output: Who are you? \n" || o.Witness != "(script) P*2 P.1*5 P" {
		t.Errorf("the deadlock: %+v", o)
	}
}

// TestExploreErrors: what keeps a search from an answer exits 2, what is different exits 1.
func TestExploreErrors(t *testing.T) {
	makeBuild(t)
	spin := program(t, "int main(void) { int s; if (fork() == 0) { sleep(1); return 0; } while (waitpid(-1, &s, 1) == 0) ; return 0; }")
	name := file(t, "spin.case", "# x\nprogram spin\n", 0o644)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"explore", 2, "explore wants a case"},
		{"explore nosuch", 2, `no case "nosuch"`},
		{"explore -sleep twice pipe1", 2, "must be honour or ignore"},
		{"explore -replay P*x pipe1", 2, `witness: "P*x"`},
		{"explore -bin c/pipe1=/no/such pipe1", 2, "/no/such: no such file"},
		{"explore -bin c/spin=" + spin + " -bin go/spin=" + spin + " " + name, 2, "asking again and again"},
		{"explore -bin c/pipe3=build/c/pipe1 pipe3", 1, "outcome only in C"},
		{"explore -max 1 -priorities 2 pipe3", 0, "3 schedules"},
	} {
		stdout, stderr, code := tryParity(strings.Fields(strings.ReplaceAll(c.args, "build/", filepath.Join(root, "build")+"/"))...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("parity %s: exit %d, no %q in\n%s%s", c.args, code, c.want, stdout, stderr)
		}
	}
}

// TestRandom: random bytes are the same in every run, unless they are wanted to be random.
func TestRandom(t *testing.T) {
	makeBuild(t)
	const both = "-- head -c 64 /dev/urandom -- head -c 64 /dev/urandom"
	for args, want := range map[string]int{"diff -count 3 " + both: 0, "diff -random " + both: 2} {
		if stdout, stderr, code := tryParity(strings.Fields(args)...); code != want {
			t.Errorf("parity %s: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
		}
	}
}

// eventually waits until something is so. It polls, because the end of somebody else's process is
// announced to nobody.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
