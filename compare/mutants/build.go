package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// errNotCompiled is what a compiler says of a mutant that is no program.
type errNotCompiled struct{ why string }

func (e errNotCompiled) Error() string { return "does not compile: " + e.why }

func goEnv() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOTOOLCHAIN=local")
}

// compile builds a source with another text in its place, and returns the program.
func (s *source) compile(ctx context.Context, root, dir, text string) (bin string, err error) {
	changed := filepath.Join(dir, filepath.Base(s.path))
	if err := os.WriteFile(changed, []byte(text), 0o644); err != nil {
		return "", err
	}
	bin = filepath.Join(dir, s.program)
	var cmd *exec.Cmd
	if s.side == "c" {
		// A variable to which nobody gave a value has one that is no number of anybody's:
		// by chance it would be 0, and nothing be seen.
		cmd = exec.CommandContext(ctx, "gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-w", "-ftrivial-auto-var-init=pattern", "-ffile-prefix-map="+dir+"=c", "-o", bin, changed)
	} else {
		overlay := filepath.Join(dir, "overlay.json")
		if err := os.WriteFile(overlay, fmt.Appendf(nil, `{"Replace": {%q: %q}}`, s.path, changed), 0o644); err != nil {
			return "", err
		}
		cmd = exec.CommandContext(ctx, "go", "build", "-o", bin, "-overlay", overlay, "./go/"+s.program)
		cmd.Dir, cmd.Env = root, goEnv()
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", errNotCompiled{out.String()}
	}
	return bin, nil
}

// code is a sum over what a program is made of when it runs, without what is said about it: two
// with the same sum are the same.
func code(bin string) (sum [32]byte, err error) {
	f, err := elf.Open(bin)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 || s.Type == elf.SHT_NOTE {
			continue // debug information, and the note that has a sum over the source
		}
		fmt.Fprintf(h, "%s %x %x\n", s.Name, s.Addr, s.Size)
		if s.Type != elf.SHT_NOBITS {
			data, err := s.Data()
			if err != nil {
				return sum, err
			}
			h.Write(data)
		}
	}
	return [32]byte(h.Sum(nil)), nil
}
