package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPair adds a pair of programs to a copy of the source tree, as go/PAIRS.md says, and runs what
// it says to run.
func TestPair(t *testing.T) {
	tree := t.TempDir()
	for name, text := range treeFiles(t, func(string) bool { return true }) {
		path := filepath.Join(tree, name)
		info, err := os.Stat(filepath.Join(root, name))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o777)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(text), info.Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(command ...string) (string, error) {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = tree
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, wrong := range []string{"", "../hello", "x y", "x'y", "1st", "pipe1", "fork"} {
		if out, err := in("make", "pair", "NAME="+wrong); err == nil || !strings.Contains(out, "pair: ") {
			t.Errorf("make pair NAME=%q: %v\n%s", wrong, err, out)
		}
	}
	pair := "hello"
	for exists(filepath.Join(tree, "c", pair+".c")) {
		pair += "_again"
	}
	for _, command := range []string{
		"make pair NAME=PAIR",
		"make build",
		"build/parity run PAIR",
		"go vet ./go/PAIR",
		"go test ./go -run TestPorts$", // no other test there looks at all programs
		"gofmt -l go/PAIR",
	} {
		command = strings.ReplaceAll(command, "PAIR", pair)
		out, err := in(strings.Fields(command)...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		if strings.Contains(out, "no tests to run") {
			t.Errorf("%s:\n%s", command, out)
		}
		if strings.HasPrefix(command, "build/parity") && !strings.Contains(out, "1 equivalent") || strings.HasPrefix(command, "gofmt") && out != "" {
			t.Errorf("%s:\n%s", command, out)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
