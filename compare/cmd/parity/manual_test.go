package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManual: the manual page has all commands, flags and verbs, and is well formed.
func TestManual(t *testing.T) {
	page, stderr, code := tryParity("help", "man")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, c := range commands {
		if !strings.Contains(page, "\n.SS parity "+c.name+"\n") {
			t.Errorf("no section for %s", c.name)
		}
		for _, name := range c.flags {
			if !strings.Contains(page, "\n.B "+roff("-"+name)+"\n") {
				t.Errorf("no flag -%s of %s", name, c.name)
			}
		}
	}
	if !strings.Contains(page, "\n.B side LABEL PROGRAM") {
		t.Error("no verbs")
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("no groff to format the page with")
	}
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}

// TestBashCompletion: bash completes a command, a flag of it, and a topic of help.
func TestBashCompletion(t *testing.T) {
	script, _, code := tryParity("help", "bash")
	if code != 0 {
		t.Fatalf("exit %d", code)
	}
	for _, c := range []struct{ words, want string }{
		{"parity ex", "explore"},
		{"parity run -jun", "-junit"},
		{"parity help ver", "verbs"},
		{"parity trace -jun", ""},
	} {
		words := strings.Fields(c.words)
		cmd := exec.Command("bash", "-c", script+"\nCOMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _parity; echo \"${COMPREPLY[*]}\"", "bash")
		cmd.Args = append(cmd.Args, words...)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: %q, want %q (%v)", c.words, got, c.want, err)
		}
	}
}

// TestZshCompletion: the script is one that zsh can read, where there is one.
func TestZshCompletion(t *testing.T) {
	script, _, code := tryParity("help", "zsh")
	if code != 0 || !strings.HasPrefix(script, "#compdef parity\n") || !strings.Contains(script, "\trun) compadd -- ") {
		t.Fatalf("exit %d:\n%s", code, script)
	}
	zsh, err := exec.LookPath("zsh")
	if err != nil {
		t.Skip("no zsh to read it")
	}
	cmd := exec.Command(zsh, "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("zsh: %v\n%s", err, out)
	}
}

// TestInstall: make install puts the tool, its page and the completions below PREFIX, and the tool
// runs cases there without this source tree.
func TestInstall(t *testing.T) {
	makeBuild(t)
	prefix := t.TempDir()
	cmd := exec.Command("make", "install", "PREFIX="+prefix)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make install: %v\n%s", err, out)
	}
	for _, name := range []string{"share/man/man1/parity.1", "share/bash-completion/completions/parity", "share/zsh/site-functions/_parity"} {
		if info, err := os.Stat(filepath.Join(prefix, name)); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	dir := t.TempDir()
	text := "program x\nside one x run \"echo hello\"\nside two x run \"printf 'hello\\\\n'\"\ncompare output\n"
	if err := os.WriteFile(filepath.Join(dir, "x.case"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(filepath.Join(prefix, "bin/parity"), "run")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 same") {
		t.Errorf("%v\n%s", err, out)
	}
}
