package parity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestEnter: the copy of -in has the contents, modes and times of its original, by way of a
// symbolic link too, one name for all runs, and goes away although nobody may write in it.
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
		if there(filepath.Dir(dir)) {
			t.Errorf("%s is still there", dir)
		}
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// TestSweep: what a tool has left that was killed goes, whatever modes its program gave it. What a
// tool that lives needs stays, and so does whatever is not such a directory.
func TestSweep(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var alive [3]string
	var err error
	for i, o := range []*Options{{}, {Work: true}, {In: t.TempDir()}} {
		if o.In != "" {
			alive[i], err = o.enter()
		} else {
			alive[i], err = o.makeDir()
		}
		if err != nil {
			t.Fatal(err)
		}
		defer removeDir(alive[i])
	}
	make := func(name string) string {
		dir := filepath.Join(temp, name)
		if err := os.MkdirAll(filepath.Join(dir, "run", "closed"), 0o755); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, "run", "closed", "file"), nil, 0o600)
		os.Chmod(filepath.Join(dir, "run", "closed"), 0o500)
		return dir
	}
	gone := make("parity-run-0123456789")
	stay := []string{make("parity-work-0123456789"), make("parity-run-1"), make("parity-run-01234567890"),
		make("my-parity-run-0123456789"), make("precious"), filepath.Join(temp, "parity-run-9999999999"),
		filepath.Join(temp, "parity-run-8888888888")}
	os.Symlink("precious", stay[len(stay)-2])
	os.WriteFile(stay[len(stay)-1], nil, 0o600)
	sweep()
	if there(gone) {
		t.Errorf("%s is still there", gone)
	}
	for _, dir := range append(stay, alive[:]...) {
		if !there(dir) {
			t.Errorf("%s is gone", dir)
		}
		os.Chmod(filepath.Join(dir, "run", "closed"), 0o700)
	}
	if !there(filepath.Join(temp, "precious", "run", "closed", "file")) {
		t.Error("it went through a symbolic link")
	}
}

// TestSweepMounted: what a program has mounted in its directory goes; what is in there stays.
func TestSweepMounted(t *testing.T) {
	temp, precious := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := filepath.Join(temp, "parity-run-0123456789")
	point := filepath.Join(dir, "run", "a point\\")
	if err := os.MkdirAll(point, 0o755); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(precious, "file"), nil, 0o600)
	if err := unix.Mount(precious, point, "", unix.MS_BIND, ""); err != nil {
		t.Skip("only who may mount can leave a mount: ", err)
	}
	defer unix.Unmount(point, unix.MNT_DETACH)
	sweep()
	if there(dir) {
		t.Error("it is still there")
	}
	if !there(filepath.Join(precious, "file")) {
		t.Error("what was mounted there was removed")
	}
}

// TestClaim: of those who make directories and those who remove what nobody has locked, none takes
// from another what that one needs.
func TestClaim(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stop, swept := make(chan bool), make(chan bool)
	go func() {
		defer close(swept)
		for {
			select {
			case <-stop:
				return
			default:
				sweep()
			}
		}
	}()
	o := &Options{In: t.TempDir()}
	for range 50 {
		dir, err := o.makeDir()
		if err != nil {
			t.Fatal(err)
		}
		copied, err := o.enter()
		if err != nil {
			t.Fatal(err)
		}
		if !there(dir) || !there(copied) {
			t.Fatalf("%s or %s is gone", dir, copied)
		}
		left, err := o.leave()
		if err != nil {
			t.Fatal(err)
		}
		removeDir(dir)
		removeDir(left)
	}
	close(stop)
	<-swept
}
