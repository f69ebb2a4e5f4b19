package parity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"

	"paritykit/compare/casefile"
)

// TestRecording: a side is the same as a recording of itself, whatever it prints and leaves; every
// other end, output or file is a difference; and the recorded side is neither built nor run.
func TestRecording(t *testing.T) {
	const script = `echo $$; printf 'a\001\377 \342\202\254\r\n"$$"\\\nno end'; echo err >&2; mkdir -p 'd d/"'; printf '\000x' >'d d/"/f'; chmod 601 'd d/"/f'; ln -s to link; : >empty; exit 7`
	files := map[string]string{
		"a": script,
		"b": script,
		"case.case": "program p\nside a p build \"test ! -e gone\" run \"bash ./a\"\nside b p run \"bash ./b\"\nstart P p\nexit P 7\n" +
			"compare output\n",
	}
	project(t, files, &Options{Output: true}) // for its directory, and the verdict below
	o := &Options{Output: true}
	if r := project(t, files, o); r.Verdict != Same {
		t.Fatal(say(r))
	}
	c, err := casefile.Read(filepath.Join(o.Root, "case.case"))
	if err != nil {
		t.Fatal(err)
	}
	o.Count = 2
	rec, err := o.RecordCase(context.Background(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	var text, again bytes.Buffer
	if err := rec.Write(&text); err != nil {
		t.Fatal(err)
	}
	read, err := ReadRecording(bytes.NewReader(text.Bytes()), "p.recording")
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Write(&again); err != nil || again.String() != text.String() {
		t.Errorf("%v; written:\n%s\nread and written again:\n%s", err, &text, &again)
	}
	for _, ch := range text.String() {
		if ch < ' ' && ch != '\n' {
			t.Fatalf("%q in a file for people", ch)
		}
	}
	os.WriteFile(filepath.Join(o.Root, "gone"), nil, 0o644)
	os.Remove(filepath.Join(o.Root, "a"))
	for name, test := range map[string]struct{ old, new, kind string }{
		"nothing":       {"", "", ""},
		"a byte":        {`\377`, `\376`, "terminal"},
		"the status":    {"exit 7", "exit 8", "script"},
		"stderr":        {"echo err", "echo er", "output"},
		"a file":        {`\000x`, `\000y`, "file"},
		"a mode":        {"601", "600", "file"},
		"a link":        {"-s to", "-s two", "file"},
		"a file less":   {": >empty;", "", "file"},
		"the last line": {"no end", "no end\\n", "terminal"},
	} {
		os.WriteFile(filepath.Join(o.Root, "b"), []byte(strings.Replace(script, test.old, test.new, 1)), 0o755)
		p := &Options{Root: o.Root, Count: 2, Timeout: time.Minute, Recorded: read}
		r := p.Case(context.Background(), c)
		if r.Verdict != map[bool]Verdict{true: Same, false: Different}[test.kind == ""] || test.kind != "" && r.Differences[0].Kind != test.kind {
			t.Errorf("%s: %s", name, say(r))
		}
	}
}

// TestRecordingRefused: what is no recording, or one of something else, is an error that says
// where.
func TestRecordingRefused(t *testing.T) {
	head := fmt.Sprintf("%s\"x\".\nversion %d\n", recordingMagic, recordingVersion)
	for text, want := range map[string]string{
		"":                      "x.recording is no recording; to make one: parity record CASE",
		"program p\n":           "x.recording is no recording; to make one: parity record CASE",
		head + "side c\n":       "x.recording: no side, no role or no process; record it anew",
		head + "side c\nfrob\n": "x.recording:4: frob: there is no such fact",
		head + "waiting \"x\n":  "x.recording:3: waiting: ",
		head + "machine z80\n":  "x.recording:3: machine: the recording is of a machine of another kind, z80",
		head + "call {}\n":      "x.recording:3: call: no process has made it",
		head + "process {]\n":   "x.recording:3: process: ",
		"# A recording by parity: what a user saw of one side of \"x\".\nside c\n": "x.recording is of another version of parity; record it anew",
		recordingMagic + "\"x\".\nversion 99\n":                                    "x.recording is of another version of parity; record it anew",
		head + "file \"x\" 9 \"\"\n":                                               "x.recording:3: file: ",
		head + "terminal P not quoted\n":                                           "x.recording:3: terminal: ",
	} {
		if _, err := ReadRecording(strings.NewReader(text), "x.recording"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	o := &Options{}
	files := map[string]string{"case.case": "program p\nside a p run \"echo x\"\nside b p run \"echo x\"\n"}
	if r := project(t, files, o); r.Verdict != Same {
		t.Fatal(say(r))
	}
	c, _ := casefile.Read(filepath.Join(o.Root, "case.case"))
	rec, err := o.RecordCase(context.Background(), c, "b")
	if err != nil {
		t.Fatal(err)
	}
	files["case.case"] += "args P y\n"
	if r := project(t, files, &Options{Recorded: rec}); r.Verdict != Error || !strings.Contains(r.Error, "the recording is of another script or program") {
		t.Error(say(r))
	}
	files["case.case"] = strings.ReplaceAll(strings.ReplaceAll(files["case.case"], "args P y\n", ""), "side b", "side d")
	if r := project(t, files, &Options{Recorded: rec}); r.Verdict != Error || !strings.Contains(r.Error, "the recording is of a side b; the case has a and d") {
		t.Error(say(r))
	}
	if _, err := o.RecordCase(context.Background(), c, "z"); err == nil || !strings.Contains(err.Error(), "has no side z; there is a and b") {
		t.Error(err)
	}
	files["case.case"] = strings.Replace(files["case.case"], "side d", "side b", 1)
	files["case.case"] = strings.Replace(files["case.case"], "side b p run \"echo x", "side b p run \"echo y", 1)
	if r := project(t, files, &Options{Recorded: rec}); r.Verdict != Error ||
		!strings.Contains(r.Error, "the recording is of another script or program") {
		t.Error(say(r))
	}
	if r := (&Options{Recorded: rec}).Case(context.Background(), load(t, "pipe1")); r.Verdict != Error ||
		!strings.Contains(r.Error, "the recording is of a side b; the case has c and go") {
		t.Error(say(r))
	}
	another := *rec
	another.About = "another"
	for _, test := range []struct {
		o    *Options
		want string
	}{
		{&Options{Recorded: &another}, "the recording is of another, and the case is case"},
		{&Options{Recorded: rec, Raw: true}, "-recorded goes with neither -raw"},
	} {
		if r := test.o.Case(context.Background(), c); r.Verdict != Error || !strings.Contains(r.Error, test.want) {
			t.Error(say(r))
		}
	}
	count := filepath.Join(t.TempDir(), "count")
	files["case.case"] = "program p\nside a p run \"bash -c 'echo >>" + count + "; wc -l <" + count + "'\"\nside b p run \"echo x\"\n"
	project(t, files, o)
	o.Count = 2
	c, _ = casefile.Read(filepath.Join(o.Root, "case.case"))
	if _, err := o.RecordCase(context.Background(), c, ""); err == nil || !strings.Contains(err.Error(), "unstable") {
		t.Errorf("a side that is not the same twice: %v", err)
	}
}

// throughFile is a recording as it comes from its file.
func throughFile(t *testing.T, rec *Recording) *Recording {
	t.Helper()
	var text, again bytes.Buffer
	if err := rec.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, ch := range text.String() {
		if ch != '\n' && !unicode.IsPrint(ch) {
			t.Fatalf("%q in a file for people", ch)
		}
	}
	read, err := ReadRecording(bytes.NewReader(text.Bytes()), "x.recording")
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Write(&again); err != nil || again.String() != text.String() {
		t.Fatalf("%v; written:\n%s\nread and written again:\n%s", err, &text, &again)
	}
	return read
}

// compared is all that comparing has found out: the verdict, each pair of calls with its lines, its
// rules and its place in time, the differences, and what was seen.
func compared(t *testing.T, r *Result) string {
	t.Helper()
	b, err := json.MarshalIndent([]any{r.Verdict, r.Error, r.Processes, r.Differences, r.Rules, r.Known, r.Seen, r.Waiting,
		r.NotLooked, r.Matched}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// likeLive runs a case with both sides and with a recording of one, and returns what the latter
// gives: it must be what both give.
func likeLive(t *testing.T, o *Options, c *casefile.Case, recorded int) *Result {
	t.Helper()
	ctx := context.Background()
	rec, err := o.RecordCase(ctx, c, SideName(c, recorded))
	if err != nil {
		t.Fatal(err)
	}
	live := o.Case(ctx, c)
	o.Recorded = throughFile(t, rec)
	defer func() { o.Recorded = nil }()
	r := o.Case(ctx, c)
	if diff := gocmp.Diff(strings.Split(compared(t, live), "\n"), strings.Split(compared(t, r), "\n")); diff != "" {
		t.Errorf("%s: against a recording of side %s (-live +recorded):\n%s", c.Name, SideName(c, recorded), diff)
	}
	return r
}

// TestRecordedCases: against a recording of C's side the kit's ports have the verdict, and every
// pair, that they have against C's side itself; and so has a broken one.
func TestRecordedCases(t *testing.T) {
	for _, name := range []string{"pipe1", "pipe3", "echo-two-clients"} {
		c := load(t, name)
		c.Explores = nil
		bins := map[string]string{}
		for _, p := range c.Programs {
			bins["c/"+p], bins["go/"+p] = original(t, "c/"+p), original(t, "go/"+p)
		}
		o := &Options{Root: root, Bin: bins, Count: 1, Timeout: time.Minute}
		if r := likeLive(t, o, c, 0); r.Verdict != Same && r.Verdict != Equivalent {
			t.Errorf("%s: %s", name, say(r))
		}
		if name == "pipe1" {
			bins["go/pipe1"] = original(t, "go/pipe2") // another program
			if r := likeLive(t, o, c, 0); r.Verdict != Different {
				t.Errorf("another program: %s", say(r))
			}
		}
	}
}

// TestRecordedCalls: so it is with threads, signals, children, files and hostile bytes; and each
// slip is found.
func TestRecordedCalls(t *testing.T) {
	const program = `
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static int pipes[2];
static void *beside(void *to)
{
	int own[2];
	pipe(own);
	write(own[1], "\1P\1\377\0\342\200\256\"\\\r\n", 12);
	write(*(int *)to, "from a thread", 13);
	close(own[0]);
	return 0;
}
static void handler(int n) { write(1, "signal\n", 7); (void)n; }
int main(void)
{
	char name[64], line[64], *large = calloc(1, 300000);
	pthread_t thread;
	struct sigaction act = {.sa_handler = handler};
	pipe(pipes);
	pthread_create(&thread, 0, beside, &pipes[1]);
	pthread_join(thread, 0);
	read(pipes[0], line, 13);
	sigaction(SIGUSR1, &act, 0);
	kill(getpid(), SIGUSR1);
	snprintf(name, sizeof name, "log.%d.\377", getpid());
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	write(fd, large, 300000);
	unlink(name);
	close(fd);
	snprintf(line, sizeof line, "I am %d, 1, P\n", getpid());
	write(1, line, strlen(line));
	if (fork() == 0) {
		alarm(1);
		pause();
	}
	int status;
	wait(&status);
	write(2, "\33[31m\1\n", 7);
	return 7;
}
`
	build := func(name string) string {
		return fmt.Sprintf("side %[1]s p build \"gcc -std=c17 -D_GNU_SOURCE -g -w -pthread -o %[1]s %[1]s.c\" run \"./%[1]s\"\n", name)
	}
	for _, slip := range []struct{ old, new string }{
		{"", ""},
		{"300000);\n\tunlink", "299999);\n\tunlink"},
		{"O_TRUNC", "O_APPEND"},
		{"0640", "0600"},
		{`\377\0\342`, `\376\0\342`},
		{"alarm(1)", "raise(SIGKILL)"},
		{"SIGUSR1", "SIGUSR2"},
		{"\tclose(own[0]);\n", ""},
		{"return 7", "return 8"},
	} {
		o := &Options{}
		files := map[string]string{"case.case": "program p\n" + build("a") + build("b") + "start P p\nwait P\n", "a.c": program,
			"b.c": strings.ReplaceAll(program, slip.old, slip.new)}
		if slip.old == "" {
			files["b.c"] = program
		}
		first := project(t, files, o)
		c, err := casefile.Read(filepath.Join(o.Root, "case.case"))
		if err != nil {
			t.Fatal(err)
		}
		r := likeLive(t, o, c, 0)
		if want := map[bool]Verdict{true: Same, false: Different}[slip.old == ""]; r.Verdict != want || first.Verdict != want {
			t.Errorf("%q: %s", slip.new, say(r))
		}
	}
}

// TestRecordingTampered: a recording in which somebody has changed something is refused or
// compared, and does no other harm.
func TestRecordingTampered(t *testing.T) {
	c := load(t, "pipe3")
	o := &Options{Root: root, Bin: map[string]string{"c/pipe3": original(t, "c/pipe3")}, Count: 1,
		Timeout: time.Minute}
	rec, err := o.RecordCase(context.Background(), c, "c")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := rec.Write(&text); err != nil {
		t.Fatal(err)
	}
	whole := (&Options{Recorded: throughFile(t, rec)}).recorded(1, c).recorded
	rng := rand.New(rand.NewPCG(1, 2))
	refused, read := 0, 0
	for range 500 {
		lines := strings.Split(text.String(), "\n")
		const head = 3
		for range 1 + rng.IntN(3) {
			i := head + rng.IntN(len(lines)-head)
			switch rng.IntN(4) {
			case 0:
				lines[i] = lines[head+rng.IntN(len(lines)-head)]
			case 1:
				lines[i] = ""
			case 2:
				kinds := []string{`"object"`, `"text"`, `"number"`, `"list"`, `"struct"`, `"flags"`, `"answered"`, `"process"`}
				lines[i] = strings.Replace(lines[i], kinds[rng.IntN(len(kinds))], kinds[rng.IntN(len(kinds))], 1)
			case 3:
				if at := rng.IntN(len(lines[i]) + 1); at < len(lines[i]) {
					lines[i] = lines[i][:at] + string(`0123456789-"{}[],:`[rng.IntN(18)]) + lines[i][at+1:]
				}
			}
		}
		tampered, err := ReadRecording(strings.NewReader(strings.Join(lines, "\n")), "x.recording")
		if err != nil {
			refused++
			continue
		}
		read++
		both := [2]*outcome{(&Options{Recorded: tampered}).recorded(0, c).recorded, whole}
		r := &Result{}
		compare(r, both[0], both[1], false)
		r.detail(both)
		r.conclude()
		r.notLookedAt(both)
		compared(t, r)
	}
	if refused == 0 || read == 0 {
		t.Errorf("%d were refused and %d read", refused, read)
	}
}

// TestRecordedSchedules: what all schedules lead to is recorded for a case that asks, and held
// against what those of the other side lead to.
func TestRecordedSchedules(t *testing.T) {
	c, o := pair(t, "pipe2")
	o.Count = 1
	rec, err := o.RecordCase(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := rec.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, new string
		want           Verdict
		explored       int
		says           string
	}{
		{"as it is", "", "", Equivalent, 2, ""},
		{"of another search", `"what":"outcomes",`, `"what":"others",`, Error, 0, "the recording has none of that"},
		{"a deadlock less", `"deadlock":true`, `"deadlock":false`, Different, 2, ""},
	} {
		edited := strings.Replace(text.String(), test.old, test.new, 1)
		if test.old != "" && edited == text.String() {
			t.Fatalf("%s: the recording has no %s:\n%s", test.name, test.old, &text)
		}
		read, err := ReadRecording(strings.NewReader(edited), "pipe2.recording")
		if err != nil {
			t.Fatal(err)
		}
		o.Recorded = read
		r := o.Case(t.Context(), c)
		if r.Verdict != test.want || len(r.Explored) != test.explored || !strings.Contains(r.Error, test.says) {
			t.Errorf("%s: explored %v, %s", test.name, r.Explored, say(r))
		}
	}
}
