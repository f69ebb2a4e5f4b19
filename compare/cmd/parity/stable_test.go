package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// timeless is a JSON report without what may differ from run to run: how often libraries and
// runtimes called for themselves.
func timeless(t *testing.T, report []byte) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(report, &doc); err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	for _, c := range doc["cases"].([]any) {
		for _, side := range c.(map[string]any)["sides"].([]any) {
			delete(side.(map[string]any), "noise")
			delete(side.(map[string]any), "kinds")
		}
	}
	text, _ := json.Marshal(doc)
	return string(text)
}

var stableRuns = flag.Int("runs", 1, "how often TestStable runs all cases on a quiet machine, and as often on a busy one")

// TestStable runs all cases again and again, half of the times beside a busy loop on each CPU: the
// reports must be the same to the byte, but for noise counts, and nothing may be left behind: no
// file, no process, no port in use. The pipe programs are run more often, because they are quick.
func TestStable(t *testing.T) {
	makeBuild(t)
	mark := "PARITY_TEST_STABLE=1"
	temp := t.TempDir()
	want := map[string]string{}
	repeat := func(t *testing.T, runs int, cases ...string) {
		key := strings.Join(cases, " ")
		for i := range runs {
			cmd := exec.Command(filepath.Join(root, "build/parity"), append([]string{"run", "-json", "-count", "1", "-timeout", "60s"}, cases...)...)
			cmd.Dir = root
			cmd.Env = append(os.Environ(), mark, "TMPDIR="+temp)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("run %d of %q: %v\n%s", i, key, err, out)
			}
			got := timeless(t, out)
			if want[key] == "" {
				want[key] = got
			}
			if got != want[key] {
				t.Fatalf("run %d of %q differs:\n%s\nwas\n%s", i, key, got, want[key])
			}
		}
	}
	all := func(t *testing.T) {
		repeat(t, *stableRuns)
		repeat(t, max(25, 2**stableRuns), "pipe1", "pipe2", "pipe3")
	}
	t.Run("quiet", all)
	t.Run("busy", func(t *testing.T) {
		for range runtime.NumCPU() {
			loop := exec.Command("sh", "-c", "while :; do :; done")
			if err := loop.Start(); err != nil {
				t.Fatal(err)
			}
			defer loop.Wait()
			defer loop.Process.Kill()
		}
		all(t)
	})
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left in the temporary directory: %v", left)
	}
	if pids := marked(mark); len(pids) > 0 {
		t.Errorf("left running: %v", pids)
	}
}
