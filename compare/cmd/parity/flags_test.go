package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"paritykit/compare/casefile"
)

// TestFindBins: a directory replaces the programs that are in it and in a case, but for those that
// are replaced one by one.
func TestFindBins(t *testing.T) {
	dir := t.TempDir()
	for _, program := range []string{"pipe1", "pipe2", "other"} {
		if err := os.WriteFile(filepath.Join(dir, program), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cases := []*casefile.Case{{Programs: []string{"pipe1"}}, {Programs: []string{"pipe2", "nc"}}}
	paths := map[string]string{"c": dir, "c/pipe2": "mine", "go/nc": "nc"}
	if err := findBins(paths, cases); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"c": dir, "c/pipe1": filepath.Join(dir, "pipe1"), "c/pipe2": "mine", "go/nc": "nc"}
	if !maps.Equal(paths, want) {
		t.Errorf("got  %v\nwant %v", paths, want)
	}
}
