package parity

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// TestRecordingRefused: what is no recording, or one of something else, is an error that says where.
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
	count := filepath.Join(t.TempDir(), "count")
	files["case.case"] = "program p\nside a p run \"bash -c 'echo >>" + count + "; wc -l <" + count + "'\"\nside b p run \"echo x\"\n"
	project(t, files, o)
	o.Count = 2
	c, _ = casefile.Read(filepath.Join(o.Root, "case.case"))
	if _, err := o.RecordCase(context.Background(), c, ""); err == nil || !strings.Contains(err.Error(), "unstable") {
		t.Errorf("a side that is not the same twice: %v", err)
	}
}
