package parity

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paritykit/compare/casefile"
)

// play runs a case, written with | in place of newlines, whose programs are C's on both sides, but
// for those in bin.
func play(t *testing.T, text string, bin map[string]string) *Result {
	t.Helper()
	c, err := casefile.Parse(filepath.Join(root, "some.case"), []byte(strings.ReplaceAll(text, "|", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	bins := map[string]string{}
	for _, p := range c.Programs {
		if _, err := os.Stat(filepath.Join(root, "c", p+".c")); err != nil {
			continue // the system's
		}
		for _, side := range []string{"c/", "go/"} {
			if bins[side+p] = bin[side+p]; bins[side+p] == "" {
				bins[side+p] = original(t, "c/"+p)
			}
		}
	}
	o := &Options{Root: root, Bin: bins, Count: 1, Timeout: time.Minute}
	return o.Case(context.Background(), c)
}

// TestScript checks that scripts are carried out: each of these would end in an error if a step
// were left out or came too early.
func TestScript(t *testing.T) {
	for name, text := range map[string]string{
		"nobody listens yet":       `program echo_mpclient|start a echo_mpclient 127.0.0.1 $PORT|expect a "connect() error!\n"|wait a`,
		"output after the end":     `program pipe1|start P pipe1|wait P|expect P "Who are you?\n"`,
		"one text after the other": `program pipe3|start P pipe3|expect P "Parent proc output: "|expect P "Child proc output: "|wait P`,
		"the same text twice": `program echo_mpserv echo_mpclient|start s echo_mpserv $PORT|until s listening|start a echo_mpclient 127.0.0.1 $PORT
			|send a "x\n"|expect a "Message from server: x\n"|send a "x\n"|expect a "Message from server: x\n"|close a|wait a|stop s SIGINT`,
		"sleeps pass while the script waits":            `program pipe2|start P pipe2|expect P "Thank you for your message"|wait P`,
		"input that is sent before it is read":          `program cat|start P cat|send P "a"|send P "b"|close P|wait P|expect P "ab"`,
		"a program that ends by a signal":               `program cat|start P cat|send P "a"|expect P "a"|stop P SIGTERM`,
		"a program that is killed":                      `program cat|start P cat|send P "a"|expect P "a"|kill P`,
		"a second program after the first":              `program cat|start one cat|wait one|start two cat|send two "x"|expect two "x"|close two|wait two`,
		"children that outlive their parent go with it": `program echo_storeserv|start s echo_storeserv $PORT|until s listening|stop s SIGTERM`,
	} {
		if r := play(t, text, nil); r.Verdict != Same {
			t.Errorf("%s: %s", name, say(r))
		}
	}
}

// TestScriptFails checks that a step that can't be done says where it stands and what was there
// instead, and that it does so at once: the time limit is a minute.
func TestScriptFails(t *testing.T) {
	for _, test := range []struct{ name, text, want, waiting string }{
		{"text that never comes", `program pipe1|start P pipe1|expect P "Who is it?"|wait P`,
			`some.case:3: expect P "Who is it?": c: P has printed "Who are you?\n" and has ended (exit 0); go: P has printed "Who are you?\n" and has ended (exit 0)`, ""},
		{"text that came before", `program pipe1|start P pipe1|expect P "Who are you?"|expect P "Who"|wait P`,
			`some.case:4: expect P "Who": c: P has printed "\n" and has ended (exit 0); go: P has printed "\n" and has ended (exit 0)`, ""},
		{"an answer to nothing", `program echo_mpserv echo_mpclient|start s echo_mpserv $PORT|until s listening|start a echo_mpclient 127.0.0.1 $PORT|expect a "Message"|send a "x\n"|kill a|kill s`,
			`some.case:5: expect a "Message": c: a has printed nothing more and is still there; go: a has printed nothing more and is still there`,
			`at the end of the script in c: a waits in read(a:sock1, 30) = ? at c/echo_mpclient.c:71`},
		{"nobody listens", `program echo_mpclient|start a echo_mpclient 127.0.0.1 $PORT|until a listening|wait a`,
			`some.case:3: until a listening: c: a has printed "connect() error!\n" on standard error and has ended (exit 1); go: a has`, ""},
		{"stop of what has ended", `program pipe1|start P pipe1|stop P SIGTERM`,
			`some.case:3: stop P SIGTERM: c: P has printed "Who are you?\n" and has ended (exit 0); go: P has`, ""},
		{"kill of what has ended", `program pipe1|start P pipe1|kill P`,
			`some.case:3: kill P: c: P has printed "Who are you?\n" and has ended (exit 0); go: P has`, ""},
		{"nobody reads", `program pipe1|start P pipe1|send P "x"|wait P`,
			`some.case:3: send P "x": c: nobody reads the input of P any more; P has printed "Who are you?\n" and has ended (exit 0); go: nobody`, ""},
		{"too much to read", `program sleep|start P sleep 1000000|send P "` + strings.Repeat("x", 70000) + `"|kill P`,
			`: c: P does not read its input: only 65536 of 70000 bytes found room in the pipe; P has printed nothing more and is still there; go: P does`, ""},
		{"end that was not brought about", `program cat|start P cat|send P "x"|expect P "x"|wait P`,
			`some.case:5: wait P: c: P has printed nothing more and is still there; go: P has`, "at the end of the script in c: P waits in read(stdin, "},
		{"file that nobody leaves", `program pipe1|file echomsg.txt`, `some.case: file echomsg.txt: neither side leaves it`, ""},
		{"no such program", `program no-such-program|start P no-such-program|wait P`,
			`c: no-such-program is neither in c/ nor in PATH: install it (scripts/setup installs what the cases here need), or say how it is run: side LABEL no-such-program run "…"`, ""},
	} {
		r := play(t, test.text, nil)
		if r.Verdict != Error || !strings.Contains(r.Error, test.want) {
			t.Errorf("%s: got %swant %s", test.name, say(r), test.want)
		}
		if test.waiting != "" && !strings.Contains(strings.Join(r.Waiting, "\n"), test.waiting) {
			t.Errorf("%s: waiting %q, want %s", test.name, r.Waiting, test.waiting)
		}
	}
}

// TestScriptFailsOnOneSide: then the case is right, and the program that can't follow it is wrong.
func TestScriptFailsOnOneSide(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "c", "echo_mpserv.c"))
	if err != nil {
		t.Fatal(err)
	}
	const echo = "write(clnt_sock, buf, str_len) == -1"
	mutant := strings.Replace(string(source), echo, "str_len == -1", 1)
	if mutant == string(source) {
		t.Fatalf("no %s to replace", echo)
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "mutant.c"), []byte(mutant), 0o666)
	compile(t, filepath.Join(dir, "mutant.c"), filepath.Join(dir, "mutant"), "-g")
	r := play(t, `program echo_mpserv echo_mpclient|start s echo_mpserv $PORT|until s listening|start a echo_mpclient 127.0.0.1 $PORT
		|send a "hello\n"|expect a "hello\n"|send a "q\n"|wait a|stop s SIGTERM`, map[string]string{"go/echo_mpserv": filepath.Join(dir, "mutant")})
	if r.Verdict != Different {
		t.Fatal(say(r))
	}
	if d := r.Differences[0]; d.Process != "s.1" || d.Kind != "missing" || !strings.HasPrefix(d.Sides[0].Text(), "write(") {
		t.Errorf("the first difference is not the missing echo: %s", say(r))
	}
	found := false
	for _, d := range r.Differences {
		found = found || d.Kind == "script" && d.Sides[0] == nil && d.Sides[1].Site == "some.case:7" && strings.HasPrefix(d.Sides[1].Text(), `expect a "hello\n": a has printed nothing more`)
	}
	if !found {
		t.Errorf("no word of the script: %s", say(r))
	}
}

// TestDeadlockInScript: processes that wait for each other are no fault of the script's.
func TestDeadlockInScript(t *testing.T) {
	const server = `program echo_mpserv|start s echo_mpserv $PORT|wait s`
	r := play(t, server, nil)
	if r.Verdict != Same || len(r.Waiting) != 2 || r.Waiting[0] != "deadlock in c: s waits in accept(s:sock1) = ? at c/echo_mpserv.c:84, for somebody to connect" {
		t.Error(say(r))
	}
	// Of a Go program it's the program's own threads and goroutines that count, and not those of
	// the runtime, wherever they are.
	r = play(t, server, map[string]string{"go/echo_mpserv": original(t, "go/echo_mpserv")})
	if r.Verdict.Exit() != 0 || len(r.Waiting) != 3 ||
		!strings.HasPrefix(r.Waiting[1], "deadlock in go: s waits in accept4(s:sock1, 0) = ? at go/echo_mpserv/main.go:") ||
		!strings.HasPrefix(r.Waiting[2], "deadlock in go: s waits at go/echo_mpserv/main.go:") {
		t.Error(say(r))
	}
	// So it does where the script gives up.
	r = play(t, `program echo_mpserv|start s echo_mpserv $PORT|expect s "never"|stop s SIGTERM`, map[string]string{"go/echo_mpserv": original(t, "go/echo_mpserv")})
	if len(r.Waiting) != 3 || !strings.Contains(r.Waiting[1], "s waits in accept4(") {
		t.Error(say(r))
	}
}

// TestComputing runs a Go program of which one goroutine computes until another one has run: the
// runtime must get to see to that.
func TestComputing(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "spin")
	if out, err := exec.Command("go", "build", "-o", bin, "testdata/spin.go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	begin := time.Now()
	r := play(t, `program pipe1|start P pipe1|wait P|expect P "done\n"`, map[string]string{"c/pipe1": bin, "go/pipe1": bin})
	if r.Verdict != Same || time.Since(begin) > 20*time.Second {
		t.Errorf("after %v: %s", time.Since(begin), say(r))
	}
}

// TestAlone runs a program in which it is chance whether a process has ended when another one goes
// on: whose turn it is afterwards must not be.
func TestAlone(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "alone")
	compile(t, "testdata/alone.c", bin, cflags...)
	for range 10 {
		if r := play(t, `program pipe1|start P pipe1|wait P`, map[string]string{"c/pipe1": bin, "go/pipe1": bin}); r.Verdict != Same {
			t.Fatal(say(r))
		}
	}
}

// TestManySmallWrites sends a line in 23 pieces, one right after the other: each arrives at once,
// and not when the one before has been acknowledged, so that what comes back comes in the same
// pieces every time.
func TestManySmallWrites(t *testing.T) {
	line := strings.Repeat("0123456789 ", 60)
	text := `program echo_mpserv echo_mpclient|start s echo_mpserv $PORT|until s listening|start a echo_mpclient 127.0.0.1 $PORT|` +
		`send a "` + line[:66] + `end\n"|expect a "end\n"|send a "\n"|expect a ": \n"|` +
		`send a "` + line + `the end\n"|expect a "the end\n"|send a "q\n"|wait a|stop s SIGTERM`
	for range 10 {
		if r := play(t, text, nil); r.Verdict != Same {
			t.Fatal(say(r))
		}
	}
}

// TestNeverComes: a text that nobody will print fails at once, whatever the server waits in. (The
// time limit is a minute; who waited for it would be told of that.)
func TestNeverComes(t *testing.T) {
	dir := t.TempDir()
	client := original(t, "c/echo_mpclient")
	for name, flags := range map[string][]string{
		"epoll": {"-DEPOLL"}, "ppoll": {"-DPPOLL"}, "select": {"-DSELECT"}, "threads": {"-DTHREAD", "-pthread"}, "a FIFO": {"-DFIFO"}, "go": nil,
	} {
		server := filepath.Join(dir, "server")
		if name == "go" {
			buildWith(t, []string{"CGO_ENABLED=0"}, "go", "build", "-buildvcs=false", "-o", server, "./compare/parity/testdata/waits.go")
		} else {
			compile(t, filepath.Join(root, "compare/parity/testdata/waits.c"), server, append(flags, "-g", "-w")...)
		}
		bins := map[string]string{"c/echo_mpserv": server, "go/echo_mpserv": server, "c/echo_mpclient": client, "go/echo_mpclient": client}
		r := play(t, `program echo_mpserv echo_mpclient|start s echo_mpserv $PORT|until s listening|start a echo_mpclient 127.0.0.1 $PORT
			|send a "one\n"|expect a "one\n"|send a "two\n"|expect a "three"|close a|wait a|kill s`, bins)
		if want := `expect a "three": c: a has printed "Message from server: two\n" and is still there`; r.Verdict != Error || !strings.Contains(r.Error, want) {
			t.Errorf("%s: %swant %s", name, say(r), want)
		}
	}
}

// TestScriptFailsElsewhere: sides that fail at different steps are different.
func TestScriptFailsElsewhere(t *testing.T) {
	bins := map[string]string{"go/pipe1": original(t, "c/pipe3")}
	r := play(t, `program pipe1|start P pipe1|expect P "Who are you?\n"|expect P "Thank you"|wait P`, bins)
	if r.Verdict != Different {
		t.Error(say(r))
	}
}
