package parity

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// kinds are the ways to wait that a program knows, as its source has them.
func kinds(t *testing.T, source, pattern string) (list []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(readFile(t, source)), -1) {
		list = append(list, m[1])
	}
	if len(list) < 20 {
		t.Fatalf("%s knows only %q", source, list)
	}
	return list
}

// TestTiming: two processes wait, each in its own way and for its own time. In virtual time the
// same is over first as outside, with the same results, and no wait is over before its time has
// come by any clock. Each way to wait once comes first and once second.
func TestTiming(t *testing.T) {
	dir := t.TempDir()
	inC, inGo := filepath.Join(dir, "timing-c"), filepath.Join(dir, "timing-go")
	compile(t, "testdata/timing.c", inC, "-std=gnu17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
	build := exec.Command("go", "build", "-o", inGo, "testdata/timing.go")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for path, list := range map[string][]string{
		inC:  kinds(t, "testdata/timing.c", `IS\("([^"]+)"\)`),
		inGo: kinds(t, "testdata/timing.go", `\n\t"([^"]+)": +func`),
	} {
		var tests sync.WaitGroup
		seconds := append(slices.Clone(list[7:]), list[:7]...)
		if path == inGo { // neither process ever stands still
			list, seconds = append(list, "goroutine-computes"), append(seconds, "goroutine-computes")
		}
		for i, first := range list {
			second := seconds[i]
			tests.Go(func() {
				args := []string{path, first, "150", second, "600"}
				o := &Options{Timeout: time.Minute, Count: 1}
				side, err := o.commandSide(0, args)
				if err != nil {
					t.Error(err)
					return
				}
				cpus <- struct{}{}
				out := o.run(t.Context(), side, false)
				<-cpus
				if out.err != nil {
					t.Errorf("%s: %v", args, out.err)
					return
				}
				got := string(out.terminals[0].Data)
				if want := native(t, args, got); got != want {
					t.Errorf("%s: %q, outside %q", args, got, want)
				}
			})
		}
		tests.Wait()
	}
}

// native runs a program of two waits outside of the tool, again if the machine may have been too
// slow for it: then the one that takes more time is over first, or a timer has missed more of its
// times than it would have. What the tool says must be what the machine does in one of the runs.
func native(t *testing.T, args []string, want string) (out string) {
	for range 8 {
		text, err := exec.Command(args[0], args[1:]...).Output()
		if err != nil {
			t.Errorf("%s: %v", args, err)
		}
		if out = string(text); out == want {
			break
		}
	}
	return out
}

// TestHours: an hour of waiting takes no time, in whatever way.
func TestHours(t *testing.T) {
	path := filepath.Join(t.TempDir(), "timing")
	compile(t, "testdata/timing.c", path, "-std=gnu17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
	for _, kind := range []string{"nanosleep", "clock_nanosleep-at", "poll", "select", "epoll_wait", "futex", "cond_timedwait",
		"sem_timedwait", "sigtimedwait", "semtimedop", "mq_timedreceive", "SO_RCVTIMEO", "alarm-like", "timer", "timer-thread",
		"timerfd", "timerfd-at", "io_getevents", "aio_suspend"} {
		const hour = 3_600_000
		args := []string{path, kind, fmt.Sprint(hour), "nanosleep", fmt.Sprint(hour / 2)}
		o := &Options{Timeout: time.Minute, Count: 1}
		side, err := o.commandSide(0, args)
		if err != nil {
			t.Fatal(err)
		}
		out := o.run(t.Context(), side, false)
		if text := string(out.terminals[0].Data); out.err != nil || strings.Count(text, "in time\n") != 2 || !strings.HasPrefix(text, "nanosleep") {
			t.Errorf("%s: %v\n%s", kind, out.err, text)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
