package parity

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestEnter: the copy of -in has the contents, modes and times of its original, by way of a symbolic link
// too, one name for
// all runs, and goes away although nobody may write in it.
func TestEnter(t *testing.T) {
	from := t.TempDir()
	old := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	closed := filepath.Join(from, "closed")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(closed, 0o755))
	must(os.WriteFile(filepath.Join(closed, "secret"), []byte("x"), 0o600))
	must(os.WriteFile(filepath.Join(from, "tool"), []byte("y"), 0o777))
	must(os.Symlink("no/such", filepath.Join(from, "link")))
	must(os.Chtimes(filepath.Join(closed, "secret"), old, old))
	must(os.Chmod(filepath.Join(from, "tool"), 0o751))
	must(os.Chtimes(closed, old, old))
	must(os.Chmod(closed, 0o555))
	defer os.Chmod(closed, 0o755)
	link := filepath.Join(t.TempDir(), "from")
	must(os.Symlink(from, link))

	o := &Options{In: link}
	to, err := o.enter()
	must(err)
	for _, name := range []string{".", "closed", "closed/secret", "tool", "link"} {
		want, err := os.Lstat(filepath.Join(from, name))
		must(err)
		got, err := os.Lstat(filepath.Join(to, name))
		must(err)
		if got.Mode() != want.Mode() || !got.ModTime().Equal(want.ModTime()) {
			t.Errorf("%s: %v of %v, want %v of %v", name, got.Mode(), got.ModTime(), want.Mode(), want.ModTime())
		}
	}
	left, err := o.leave()
	must(err)
	if again, err := o.enter(); err != nil || again != to {
		t.Errorf("%s, %v; want %s", again, err, to)
	}
	next, err := o.leave()
	must(err)
	removeDir(left)
	removeDir(next)
	for _, dir := range []string{o.entered, left, next} {
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	}
}
