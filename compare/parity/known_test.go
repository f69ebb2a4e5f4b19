package parity

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paritykit/compare/casefile"
)

// TestKnownFlags: a declaration that names flags covers these and no others.
func TestKnownFlags(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		more, known string
		want        Verdict
	}{
		{"|O_CLOEXEC", "flags=O_CLOEXEC", Known},
		{"|O_CLOEXEC", "flags", Known},
		{"|O_CLOEXEC|O_APPEND", "flags=O_APPEND|O_CLOEXEC", Known},
		{"|O_CLOEXEC|O_APPEND", "flags=O_CLOEXEC|O_APPEND", Known},
		{"|O_CLOEXEC|O_APPEND", "flags=O_CLOEXEC", Different},
		{"|O_APPEND", "flags=O_CLOEXEC", Different},
		{"|O_CLOEXEC", "flags=O_CLOEXEC|O_APPEND", Different},
		{"|O_CLOEXEC", "mode=O_CLOEXEC", Different},
		{"", "flags=O_CLOEXEC", Error}, // not needed
	} {
		sides := ""
		for label, flags := range map[string]string{"c": "O_RDWR|O_CREAT", "go": "O_RDWR|O_CREAT" + c.more} {
			source := filepath.Join(dir, label+".c")
			text := fmt.Sprintf("#include <fcntl.h>\nint main(void) { return open(\"f\", %s, 0600) < 0; }\n", flags)
			if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			buildWith(t, nil, "gcc", "-D_GNU_SOURCE", "-g", "-o", filepath.Join(dir, label), source)
		}
		for _, label := range []string{"c", "go"} {
			sides += fmt.Sprintf("side %s p run %q\n", label, filepath.Join(dir, label))
		}
		read, err := casefile.Parse("p.case", []byte("# x\nprogram p\n"+sides+"start P p\nwait P\nknown P openat "+c.known+" \"x\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		o := &Options{Root: root, Count: 1, Timeout: time.Minute}
		if r := o.Case(context.Background(), read); r.Verdict != c.want {
			t.Errorf("%s, declared %s: %s", c.more, c.known, say(r))
		}
	}
}
