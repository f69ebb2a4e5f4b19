package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// timeless is a JSON report without what may differ from run to run: how often libraries and runtimes called for themselves.
func timeless(t *testing.T, report []byte) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(report, &doc); err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	for _, c := range doc["cases"].([]any) {
		for _, side := range []string{"c", "go"} {
			delete(c.(map[string]any)[side].(map[string]any), "noise")
			delete(c.(map[string]any)[side].(map[string]any), "kinds")
		}
	}
	text, _ := json.Marshal(doc)
	return string(text)
}

// TestStable runs all cases 200 times in a row, half of them beside a busy loop on each CPU: the reports must be the same to the
// byte, but for noise counts, and nothing may be left behind.
func TestStable(t *testing.T) {
	makeBuild(t)
	runs := 100
	if testing.Short() {
		runs = 5
	}
	want := ""
	mark := "PARITY_TEST_STABLE=1"
	temp := t.TempDir()
	all := func(t *testing.T) {
		for i := range runs {
			cmd := exec.Command(filepath.Join(root, "build/parity"), "run", "-json")
			cmd.Dir = root
			cmd.Env = append(os.Environ(), mark, "TMPDIR="+temp)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("run %d: %v\n%s", i, err, out)
			}
			got := timeless(t, out)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("run %d differs:\n%s\nwas\n%s", i, got, want)
			}
		}
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
