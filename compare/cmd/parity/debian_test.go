package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestDebian runs a small part of scripts/debian: a program of Debian, threads, and a server with
// its clients.
func TestDebian(t *testing.T) {
	makeBuild(t)
	script := func(args ...string) (out string, err error) {
		cmd := exec.Command("scripts/debian", args...)
		cmd.Dir = root
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	out, err := script("-n", "1", "debian/sed", "threads/keys", "textbook/half_close-O0")
	const want = "debian/sed 1 of 1\nthreads/keys 1 of 1\ntextbook/half_close-O0 1 of 1\n"
	if got := regexp.MustCompile(` +`).ReplaceAllString(strings.ReplaceAll(out, " \n", "\n"), " "); err != nil ||
		strings.ReplaceAll(got, " \n", "\n") != want {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = script("-l")
	for group, least := range map[string]int{"debian/": 40, "go/": 10, "threads/": 10, "textbook/": 16} {
		if n := strings.Count("\n"+out, "\n"+group); err != nil || n < least {
			t.Errorf("%d programs of %s, want %d at least: %v", n, group, least, err)
		}
	}
	if out, err := script("-x"); err == nil || !strings.Contains(out, "usage: scripts/debian") {
		t.Errorf("an unknown option: %v\n%s", err, out)
	}
}
