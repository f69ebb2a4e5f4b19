package parity

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStale: a program that is older than one of its sources, be it a header, is not used in
// silence; one that its case has built is.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	header := write("p.h", "static int status(void) { return 0; }\n")
	source := write("p.c", "#include \"p.h\"\nint main(void) { return status(); }\n")
	program := filepath.Join(dir, "p")
	compile(t, source, program, "-g")
	diff := func() *Result {
		o := &Options{Root: dir, Count: 1, Timeout: time.Minute}
		return o.Diff(context.Background(), []string{program}, []string{"true"})
	}
	if r := diff(); len(r.NotLooked) != 0 {
		t.Errorf("a new program: %q", r.NotLooked)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(header, later, later); err != nil {
		t.Fatal(err)
	}
	if r := diff(); len(r.NotLooked) != 1 || r.NotLooked[0] != "what was written into p.h after p was built (build it again)" {
		t.Errorf("an old program: %q", r.NotLooked)
	}
	for name, want := range map[string]int{"": 1, `build "true"`: 0} {
		files := map[string]string{"case.case": "program p\nside a p " + name + " run \"" + program + "\"\nside b p run \"true\"\ncompare output\n"}
		if r := project(t, files, &Options{}); len(r.NotLooked) != want {
			t.Errorf("%s: %q", name, r.NotLooked)
		}
	}
	o := &Options{Root: dir, Count: 1, Timeout: time.Minute, Strict: true, Output: true}
	if r := o.Diff(context.Background(), []string{program}, []string{"true"}); r.Verdict != Error || !strings.Contains(r.Error, "p.h") {
		t.Errorf("-strict: %s", say(r))
	}
}
