package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPortThatSleeps: pipe2's port with time.Sleep, which makes no call, in place of its calls of
// nanosleep is equivalent, also when sleeps can end at any moment; with another length it is
// different, at the line of that sleep.
func TestPortThatSleeps(t *testing.T) {
	makeBuild(t)
	path := filepath.Join(root, "go", "pipe2", "main.go")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bySleep := regexp.MustCompile(`\tleft := unix\.Timespec\{Sec: (\d)\}\n\tfor unix\.ClockNanosleep\(.*\n\t\}\n`)
	text := bySleep.ReplaceAllString(string(source), "\ttime.Sleep($1 * time.Second)\n")
	text = strings.Replace(text, "import (", "import (\n\t\"time\"", 1)
	if strings.Count(text, "time.Sleep(") != 2 {
		t.Fatalf("%s does not sleep twice any more:\n%s", path, text)
	}
	build := func(text string) string {
		bin := filepath.Join(t.TempDir(), "pipe2")
		overlay := file(t, "overlay.json", fmt.Sprintf(`{"Replace": {%q: %q}}`, path, file(t, "main.go", text, 0o600)), 0o600)
		cmd := exec.Command("go", "build", "-overlay", overlay, "-o", bin, "./go/pipe2")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return bin
	}
	stdout, stderr, code := tryParity("run", "-v", "-bin", "go/pipe2="+build(text), "pipe2")
	if code != 0 || !regexp.MustCompile(`~ P\.1 +nanosleep\(2s, NULL\) +c/pipe2\.c:\d+ +go/pipe2/main\.go:\d+ .*wait`).MatchString(stdout) {
		t.Errorf("with time.Sleep: exit status %d\n%s%s", code, stdout, stderr)
	}
	other := strings.Replace(text, "time.Sleep(2 ", "time.Sleep(1 ", 1)
	line := 1 + strings.Count(other[:strings.Index(other, "time.Sleep(1 ")], "\n")
	stdout, stderr, code = tryParity("run", "-bin", "go/pipe2="+build(other), "pipe2")
	want := fmt.Sprintf("+ Go  sleep(1s)\n        at go/pipe2/main.go:%d\n", line)
	if code != 1 || !strings.Contains(stdout, want) {
		t.Errorf("with another length: exit status %d, want 1 and\n%s\n%s%s", code, want, stdout, stderr)
	}
}
