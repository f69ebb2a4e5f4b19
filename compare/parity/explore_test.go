package parity

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"paritykit/compare/casefile"
	"paritykit/compare/explore"
	"paritykit/compare/sched"
)

// small compiles a program of testdata and returns a case of it, and options with it on both sides.
func small(t *testing.T, name string) (*casefile.Case, *Options) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	compile(t, filepath.Join("testdata", name+".c"), path, "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-w")
	c, err := casefile.Parse(filepath.Join(root, name+".case"), []byte("program "+name))
	if err != nil {
		t.Fatal(err)
	}
	return c, &Options{Root: root, Bin: map[string]string{"c/" + name: path, "go/" + name: path}, Timeout: time.Minute}
}

// pair returns a case of the kit, and options with its programs.
func pair(t *testing.T, name string) (*casefile.Case, *Options) {
	t.Helper()
	c := load(t, name)
	o := &Options{Root: root, Bin: map[string]string{}, Timeout: time.Minute}
	for _, p := range c.Programs {
		o.Bin["c/"+p], o.Bin["go/"+p] = original(t, "c/"+p), original(t, "go/"+p)
	}
	return c, o
}

var unbounded = explore.Options{Preemptions: explore.Unbounded}

// texts are the outcomes of a side, in order.
func texts(s *ExploredSide) (list []string) {
	for i := range s.Outcomes {
		list = append(list, s.Outcomes[i].line())
	}
	return list
}

// TestExplore looks at all schedules of the pipe programs: each has one outcome, except that
// pipe2's sleep hides a second one, in which the child reads its own question.
func TestExplore(t *testing.T) {
	good := `P exit 0, printed "Parent proc output: Who are you? \n"; P.1 exit 0, printed "Child proc output: Thank you for your message \n"`
	bad := `deadlock: P waits in read(pipe1.r, 30) = ?; P.1 exit 0, printed "Child proc output: Who are you? \n"`
	for _, test := range []struct {
		program string
		ignore  bool
		want    []string
	}{
		{"pipe1", false, []string{`P exit 0, printed "Who are you?\n"; P.1 exit 0`}},
		{"pipe2", false, []string{good}},
		{"pipe2", true, []string{bad, good}},
		{"pipe3", false, []string{good}},
		{"pipe3", true, []string{good}},
	} {
		c, o := pair(t, test.program)
		o.Ignore = test.ignore
		x := o.Explore(t.Context(), c, unbounded, nil)
		if x.Verdict != Same || !x.Sides[0].Exhaustive || !x.Sides[1].Exhaustive {
			t.Errorf("%s: verdict %s %s, exhaustive %t and %t", test.program, x.Verdict, x.Error, x.Sides[0].Exhaustive, x.Sides[1].Exhaustive)
		}
		for _, s := range x.Sides {
			if got := texts(&s); !slices.Equal(got, test.want) {
				t.Errorf("%s, sleep ignored: %t:\ngot  %q\nwant %q", test.program, test.ignore, got, test.want)
			}
		}
	}
}

// TestExploreWithoutSleep takes the sleeps out of both versions of pipe2: what they hid is there,
// on both sides alike.
func TestExploreWithoutSleep(t *testing.T) {
	cBin, _ := build(t, "c", mutant{"pipe2", "", []string{"sleep(2);", ";", "sleep(3);", ";"}})
	goBin, _ := build(t, "go", mutant{"pipe2", "", []string{"for unix.ClockNanosleep(unix.CLOCK_REALTIME, 0, &left, &left) == unix.EINTR {\n\t}\n\t// child: read", "_ = left\n\t// child: read"}})
	c, o := pair(t, "pipe2")
	o.Bin = map[string]string{"c/pipe2": cBin, "go/pipe2": goBin}
	x := o.Explore(t.Context(), c, unbounded, nil)
	if x.Verdict != Same || len(x.Sides[0].Outcomes) != 2 || !x.Sides[0].Outcomes[0].Deadlock && !x.Sides[0].Outcomes[1].Deadlock {
		t.Errorf("verdict %s %s, outcomes %q and %q", x.Verdict, x.Error, texts(&x.Sides[0]), texts(&x.Sides[1]))
	}
}

// TestReduction holds the search with reduction against all orders there are: the outcomes are the
// same, and the runs fewer.
func TestReduction(t *testing.T) {
	for _, test := range []struct {
		program             string
		ignore              bool
		outcomes, all, some int
	}{
		{"pipe1", false, 1, 7, 2},
		{"pipe2", true, 2, 131, 5},
		{"pipe3", false, 1, 23, 4},
		{"two", false, 2, 89, 18},
		{"nowait", false, 2, 6, 2},
		{"wait", false, 1, 3, 2},
		{"merge", false, 2, 31, 31}, // nothing is independent in it: each child's end is a signal to the parent
		{"eof", false, 2, 945, 6},
		{"ties", false, 2, 40, 4},
		{"sleeps", false, 2, 6, 2},
		{"threads", false, 4, 21, 12},
		{"closer", false, 2, 3, 2},
	} {
		var c *casefile.Case
		var o *Options
		if strings.HasPrefix(test.program, "pipe") {
			c, o = pair(t, test.program)
		} else {
			c, o = small(t, test.program)
		}
		side := func(how explore.Options) (s ExploredSide) {
			programs, err := o.side(c, "c", "c")
			programs.ignore = test.ignore
			if err == nil {
				err = o.exploreSide(t.Context(), programs, how, &s)
			}
			if err != nil {
				t.Fatalf("%s: %v", test.program, err)
			}
			return s
		}
		all, some := side(explore.Options{Brute: true, Preemptions: explore.Unbounded}), side(unbounded)
		t.Logf("%s: %d orders, %d classes, %d runs with reduction, %d given up", test.program, all.Schedules, all.Classes, some.Schedules, some.Abandoned)
		if !all.Exhaustive || !some.Exhaustive || !slices.Equal(texts(&all), texts(&some)) {
			t.Errorf("%s: outcomes of all orders %q, with reduction %q", test.program, texts(&all), texts(&some))
		}
		if len(some.Outcomes) != test.outcomes {
			t.Errorf("%s: %d outcomes, want %d: %q", test.program, len(some.Outcomes), test.outcomes, texts(&some))
		}
		if all.Schedules != test.all || some.Schedules != test.some {
			t.Errorf("%s: %d orders and %d runs with reduction, want %d and %d", test.program, all.Schedules, some.Schedules, test.all, test.some)
		}
	}
}

// TestExploreGo: the search through the schedules of a Go program with a server and a client in it,
// and of one that starts another program, ends, and finds the one outcome.
func TestExploreGo(t *testing.T) {
	for name, want := range map[string][]string{
		"netecho": {`P exit 0, printed "hello\n"`},
		"helper":  {`P exit 0, printed "<nil>\n"; P.1 exit 0`},
	} {
		path := filepath.Join(t.TempDir(), name)
		if out, err := exec.Command("go", "build", "-o", path, "testdata/"+name+".go").CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		o := &Options{Root: root, Timeout: time.Minute}
		x := o.ExploreCommands(t.Context(), []string{path}, []string{path}, unbounded, nil)
		for _, s := range x.Sides {
			if got := texts(&s); !s.Exhaustive || s.Schedules < 2 || !slices.Equal(got, want) {
				t.Errorf("%s: %s: %d schedules, exhaustive %t, outcomes %q", name, x.Error, s.Schedules, s.Exhaustive, got)
			}
		}
	}
}

// TestExploreLeftOver: a program that finds what its last run left is not searched, and the error
// says where it left it.
func TestExploreLeftOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "coverage")
	compile(t, "testdata/coverage.c", path, "--coverage", "-g")
	o := &Options{Root: root, Timeout: time.Minute}
	x := o.ExploreCommands(t.Context(), []string{path}, []string{path}, unbounded, nil)
	if x.Verdict != Error || !strings.Contains(x.Error, "does not repeat itself") || !strings.Contains(x.Error, "each run finds what the one before it wrote into ") ||
		!strings.Contains(x.Error, ".gcda") {
		t.Errorf("verdict %s: %s", x.Verdict, x.Error)
	}
}

var replays = flag.Int("replays", 3, "how often TestWitness replays each witness on a quiet machine, and as often on a busy one")

// TestWitness replays the witness of each outcome, also beside a busy loop on each CPU: it must
// lead to that outcome each time.
func TestWitness(t *testing.T) {
	c, o := pair(t, "pipe2")
	o.Ignore = true
	x := o.Explore(t.Context(), c, unbounded, nil)
	replay := func(t *testing.T) {
		for _, key := range []string{"c", "go"} {
			s, err := o.side(c, key, key)
			if err != nil {
				t.Fatal(err)
			}
			outcomes := x.Sides[0].Outcomes
			if key == "go" {
				outcomes = x.Sides[1].Outcomes
			}
			for _, out := range outcomes {
				w, err := explore.ParseWitness(out.Witness)
				if err != nil {
					t.Fatal(err)
				}
				for range *replays {
					var got *Outcome
					_, _, err := explore.Replay(t.Context(), func(ctx context.Context, choose func([]explore.Move) int) (string, error) {
						var err error
						got, err = o.steered(ctx, s, true, choose)
						return "", err
					}, w)
					if err != nil || got == nil || got.line() != out.line() {
						t.Fatalf("%s: %s: %v\ngot  %+v\nwant %s", key, out.Witness, err, got, out.line())
					}
				}
			}
		}
	}
	t.Run("quiet", replay)
	t.Run("busy", func(t *testing.T) {
		for range runtime.NumCPU() {
			loop := exec.Command("sh", "-c", "while :; do :; done")
			if err := loop.Start(); err != nil {
				t.Fatal(err)
			}
			defer loop.Wait()
			defer loop.Process.Kill()
		}
		replay(t)
	})
}

// TestReplay shows a run under a given schedule like any run: under the one that hides nothing,
// both sides end in a deadlock.
func TestReplay(t *testing.T) {
	c, o := pair(t, "pipe2")
	o.Ignore, o.Count = true, 2
	o.Replay = explore.Witness{sched.Actor, "P", "P", "P.1", "P.1", "P.1", "P.1", "P.1", "P"}
	r := o.Case(t.Context(), c)
	if r.Verdict != Equivalent || !r.Sides[0].Deadlock || !r.Sides[1].Deadlock || r.Sides[0].Strayed+r.Sides[1].Strayed != "" {
		t.Errorf("deadlock %t and %t, strayed %q and %q\n%s", r.Sides[0].Deadlock, r.Sides[1].Deadlock, r.Sides[0].Strayed, r.Sides[1].Strayed, say(r))
	}
	if want := "deadlock in c: P waits in read(pipe1.r, 30) = ? at c/pipe2.c:"; len(r.Waiting) != 2 || !strings.HasPrefix(r.Waiting[0], want) ||
		!strings.HasSuffix(r.Waiting[0], ", for itself to write") {
		t.Errorf("waiting: %q", r.Waiting)
	}
	o.Replay = explore.Witness{sched.Actor, "P", "nobody", "P"}
	if r := o.Case(t.Context(), c); !strings.HasPrefix(r.Sides[0].Strayed, "step 3 is to be nobody's, but ready are P: ") {
		t.Errorf("strayed: %q", r.Sides[0].Strayed)
	}
}

// TestRaces puts races into programs that a single run does not show: what a user sees of it is
// right. The search finds what else can come of them.
func TestRaces(t *testing.T) {
	bin, _ := build(t, "go", mutant{"pipe3", "the parent prints after it has written", []string{
		"fmt.Printf(\"Parent proc output: %s \\n\", unix.ByteSliceToString(buf[:]))\n", "",
		"if _, err := unix.Write(fds2[1], str2); err != nil {", "_, err := unix.Write(fds2[1], str2)\n\tfmt.Printf(\"Parent proc output: %s \\n\", unix.ByteSliceToString(buf[:]))\n\tif err != nil {"}})
	c, o := pair(t, "pipe3")
	o.Bin["go/pipe3"] = bin
	late := `P exit 0, printed "Parent proc output: Who are you? \n"; P.1 exit 0, printed "Child proc output: Thank you for your message \n"`
	x := o.Explore(t.Context(), c, unbounded, nil)
	if x.Verdict != Different || len(x.Sides[0].Outcomes) != 1 || len(x.Sides[1].Outcomes) != 2 || x.Sides[1].Outcomes[0].line() != late || x.Sides[1].Outcomes[1].line() != late {
		t.Errorf("a late line: verdict %s %s, outcomes %q and %q", x.Verdict, x.Error, texts(&x.Sides[0]), texts(&x.Sides[1]))
	}

	// A wait is missing on the other side.
	c, o = small(t, "wait")
	without := filepath.Join(t.TempDir(), "nowait")
	compile(t, "testdata/nowait.c", without, "-g")
	o.Bin["go/wait"], o.Count = without, 1
	x = o.Explore(t.Context(), c, unbounded, nil)
	if x.Verdict != Different || len(x.Sides[0].Outcomes) != 1 || len(x.Sides[1].Outcomes) != 2 {
		t.Errorf("no wait: verdict %s %s, outcomes %q and %q", x.Verdict, x.Error, texts(&x.Sides[0]), texts(&x.Sides[1]))
	}
}

var allClasses = flag.Bool("all-classes", false, "TestExploreServer looks at all schedules of the server with two clients, which takes minutes")

// TestExploreServer looks at schedules of the echo server with two clients that connect and end: at
// all of them if it's asked to, otherwise at enough to see that nothing else comes of them.
func TestExploreServer(t *testing.T) {
	const text = "program echo_mpserv client\nstart server echo_mpserv $PORT\nuntil server listening\n" +
		"start alice client 127.0.0.1 $PORT\nstart bob client 127.0.0.1 $PORT\nwait alice\nwait bob\nstop server SIGTERM\n"
	c, err := casefile.Parse(filepath.Join(root, "two.case"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	client := filepath.Join(t.TempDir(), "client")
	compile(t, "testdata/client.c", client, "-g")
	o := &Options{Root: root, Timeout: 5 * time.Minute, Bin: map[string]string{"c/client": client, "go/client": client,
		"c/echo_mpserv": original(t, "c/echo_mpserv"), "go/echo_mpserv": original(t, "go/echo_mpserv")}}
	how := explore.Options{Max: 40, Preemptions: explore.Unbounded, Random: 40}
	if *allClasses {
		how = unbounded
	}
	x := o.Explore(t.Context(), c, how, nil)
	if x.Error != "" {
		t.Fatal(x.Error)
	}
	// Who comes and goes when, and which ends are noticed. In C two ends that are noticed at
	// once count as one; in Go there's always a thread to take the signal.
	n, d, r1, r2 := "new client connected...\n", "client disconnected...\n", "removed proc id: server.1 \n", "removed proc id: server.2 \n"
	inBoth := []string{n + d + r1 + n + d + r2, n + n + d + d + r1 + r2, n + n + d + d + r2 + r1, n + n + d + r1 + d + r2, n + n + d + r2 + d + r1,
		n + d + n + d + r1 + r2, n + d + n + d + r2 + r1, n + d + n + r1 + d + r2}
	inC := append([]string{n + n + d + d + r1, n + d + n + d + r1}, inBoth...)
	for i, s := range x.Sides {
		can := [][]string{inC, inBoth}[i]
		t.Logf("side %d: %d schedules, %d classes, exhaustive: %t, %d outcomes", i, s.Schedules, s.Classes, s.Exhaustive, len(s.Outcomes))
		seen := map[string]bool{}
		for _, out := range s.Outcomes {
			printed, _, _ := strings.Cut(strings.TrimPrefix(out.Terminal, "server: "), "\nalice: ")
			said, err := strconv.Unquote(printed)
			if err != nil || !slices.Contains(can, said) {
				t.Errorf("side %d: %q (%v) by %s", i, printed, err, out.Witness)
			}
			seen[said] = true
		}
		if len(seen) < 3 || *allClasses && (len(seen) != len(can) || !s.Exhaustive) {
			t.Errorf("side %d: %d outcomes of %d, exhaustive: %t, verdict %s", i, len(seen), len(can), s.Exhaustive, x.Verdict)
		}
	}
}

// TestExpectation checks what a case file says about its outcomes.
func TestExpectation(t *testing.T) {
	c, o := pair(t, "pipe3")
	o.Count = 1
	c.Explores = []casefile.Explore{{What: "outcomes", Outcomes: 1, Line: 5}}
	if r := o.Case(t.Context(), c); r.Verdict != Equivalent || len(r.Explored) != 1 || r.Explored[0].Outcomes != 1 || r.Explored[0].Schedules[0] < 2 {
		t.Errorf("one outcome: %+v\n%s", r.Explored, say(r))
	}
	c.Explores[0].Outcomes = 2
	if r := o.Case(t.Context(), c); r.Verdict != Error || !strings.Contains(r.Error, "pipe3.case:5: explore outcomes 2: both sides have 1") {
		t.Errorf("two outcomes:\n%s", say(r))
	}
}

// TestTimeLimits lets hours pass in which nothing else can happen.
func TestTimeLimits(t *testing.T) {
	c, o := small(t, "limits")
	o.Count = 2
	begin := time.Now()
	out := o.run(t.Context(), must(o.side(c, "c", "c")), false)
	defer os.RemoveAll(out.dir)
	if took := time.Since(begin); out.err != nil || took > 20*time.Second {
		t.Fatalf("%v after %v", out.err, took)
	}
	want := "poll 0 0\nselect 0 0 0\nppoll 0 0 3600\nepoll_wait 0\nalarm 0\nalarm again 1\nalarm\npause -1\nalarm\nnanosleep -1, left 3540\npoll 1 1\n"
	if got := string(out.terminals[0].Data); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
