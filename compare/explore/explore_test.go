package explore

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func mustSearch(t *testing.T, run Runner, o Options) *Result {
	t.Helper()
	r, err := Search(t.Context(), run, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func texts(r *Result) []string {
	var texts []string
	for _, o := range r.Outcomes {
		texts = append(texts, o.Text)
	}
	slices.Sort(texts)
	return texts
}

// How many schedules and classes a program has is a property of the program, so it is said exactly.
var programs = []struct {
	name               string
	model              model
	schedules, classes int
	outcomes           []string // what a user sees
}{
	{
		"pipe1", model{"P": "fork:C read:a print", "C": "write:a:?"},
		7, 5, []string{"tty=P:[?] \n"},
	}, {
		"pipe2 with sleeps",
		model{"P": "fork:C read:a print write:a:! sleep:xxx", "C": "write:a:? sleep:xx read:a print"},
		9, 2, []string{"tty=P:[?] C:[!] \n"},
	}, {
		"pipe2 without: the child can read its own question",
		model{"P": "fork:C read:a print write:a:!", "C": "write:a:? read:a print"},
		23, 12, []string{"tty=C:[?] \nP blocks in read:a\n", "tty=P:[?] C:[!] \n"},
	}, {
		"pipe3", model{"P": "fork:C read:a print write:b:!", "C": "write:a:? read:b print"},
		23, 10, []string{"tty=P:[?] C:[!] \n"},
	}, {
		"pipe3, but the parent prints after it has written",
		model{"P": "fork:C read:a write:b:! print:later", "C": "write:a:? read:b print"},
		38, 18, []string{"tty=C:[!] P:later \n", "tty=P:later C:[!] \n"},
	}, {
		"two children, one line each",
		model{"P": "fork:C fork:D wait print wait print", "C": "print:1", "D": "print:1"},
		142, 28, []string{
			"tty=C:1 D:1 P:C P:D \n", "tty=C:1 D:1 P:D P:C \n", "tty=C:1 P:C D:1 P:D \n",
			"tty=D:1 C:1 P:C P:D \n", "tty=D:1 C:1 P:D P:C \n", "tty=D:1 P:D C:1 P:C \n",
		},
	}, {
		"one write wakes a copy, which wakes a read",
		model{"P": "fork:C fork:D write:a:x", "C": "copy:a:b", "D": "read:b print"},
		133, 49, []string{"tty=D:[x] \n"},
	}, {
		"readers of a file are independent",
		model{"P": "fork:C fork:D look:f", "C": "look:f", "D": "look:f"},
		126, 6, []string{""},
	},
}

func TestPrograms(t *testing.T) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			run := p.model.runner(false)
			brute := mustSearch(t, run, Options{Preemptions: Unbounded, Brute: true})
			reduced := mustSearch(t, run, Options{Preemptions: Unbounded})
			if !brute.Exhaustive || !reduced.Exhaustive {
				t.Error("not exhaustive")
			}
			if brute.Schedules != p.schedules || brute.Classes != p.classes {
				t.Errorf("brute force: %d schedules in %d classes, want %d in %d", brute.Schedules, brute.Classes, p.schedules, p.classes)
			}
			if reduced.Schedules != p.classes || reduced.Classes != p.classes {
				t.Errorf("reduced: %d schedules in %d classes, want one for each of %d", reduced.Schedules, reduced.Classes, p.classes)
			}
			for _, r := range []*Result{brute, reduced} {
				if got := texts(r); !slices.Equal(got, p.outcomes) {
					t.Errorf("outcomes %q, want %q", got, p.outcomes)
				}
			}
		})
	}
}

// calls are what the programs of FuzzReduction are made of.
var calls = strings.Fields(`
	read:a read:a read:b write:a:x write:a:y write:b:x print print:1 print:2 wait wait put:f:x put:f:y look:f look:f
	try:a poll:a:b copy:a:b close:a.w close:a.w close:b.w close:a.r sleep:x sleep:xx kill:C kill:D`)

// random makes a program of the bytes: up to four calls for each of three actors.
func random(data []byte) model {
	m := model{"P": "fork:C", "C": "", "D": ""}
	for i, b := range data[:min(len(data), 12)] {
		if name := []string{"P", "C", "D"}[i%3]; int(b)%32 < len(calls) {
			m[name] += " " + calls[b%32]
		}
		if i == 1 {
			m["P"] += " fork:D"
		}
	}
	return m
}

// The reduction finds what brute force finds, with exactly one run that goes to
// its end for each class.
func FuzzReduction(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 120 {
		data := make([]byte, 3+rng.IntN(8))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := random(data)
		run := m.runner(true)
		brute := mustSearch(t, run, Options{Preemptions: Unbounded, Brute: true, Max: 2000})
		if !brute.Exhaustive {
			t.Skip("too many schedules")
		}
		reduced := mustSearch(t, run, Options{Preemptions: Unbounded})
		if b, r := texts(brute), texts(reduced); !slices.Equal(b, r) {
			t.Errorf("%v: brute force finds %q, reduced finds %q", m, b, r)
		}
		if reduced.Schedules != brute.Classes || reduced.Classes != brute.Classes {
			t.Errorf("%v: %d classes; reduced runs %d schedules in %d classes", m, brute.Classes, reduced.Schedules, reduced.Classes)
		}
		for _, r := range []*Result{brute, reduced} {
			for _, o := range r.Outcomes {
				w, err := ParseWitness(o.Witness.String())
				if err != nil {
					t.Fatal(err)
				}
				if _, outcome, err := Replay(t.Context(), run, w); err != nil || outcome != o.Text {
					t.Errorf("%v: replay of %v: %q, %v; want %q", m, w, outcome, err, o.Text)
				}
			}
		}
	})
}

// A bound on preemptions leaves exactly the schedules that keep it, and reports whether it left any
// out.
func TestPreemptions(t *testing.T) {
	for _, p := range programs {
		within := map[int]int{} // of all schedules: how many have so many preemptions
		counted := func(ctx context.Context, choose func([]Move) int) (string, error) {
			prev, preemptions := "", 0
			outcome, err := p.model.runner(false)(ctx, func(ready []Move) int {
				c := choose(ready)
				if ready[c].Actor != prev && slices.ContainsFunc(ready, func(m Move) bool { return m.Actor == prev }) {
					preemptions++
				}
				prev = ready[c].Actor
				return c
			})
			within[preemptions]++
			return outcome, err
		}
		all := mustSearch(t, counted, Options{Preemptions: Unbounded, Brute: true}).Schedules
		want := 0
		for bound := range len(within) {
			want += within[bound]
			r := mustSearch(t, p.model.runner(false), Options{Preemptions: bound})
			if r.Schedules != want || r.Exhaustive != (want == all) {
				t.Errorf("%s: with %d preemptions %d schedules, exhaustive %v; want %d of %d",
					p.name, bound, r.Schedules, r.Exhaustive, want, all)
			}
		}
	}
}

// rare is a program whose last outcome the search comes to late: D is first to print.
var rare = model{"P": "fork:C fork:D", "C": "look:f look:f print:1", "D": "look:f look:f print:2"}

func TestMaxAndRandom(t *testing.T) {
	run := rare.runner(false)
	r := mustSearch(t, run, Options{Preemptions: Unbounded, Max: 1})
	if r.Schedules != 1 || r.Exhaustive || len(r.Outcomes) != 1 {
		t.Errorf("one run: %+v", r)
	}
	o := Options{Preemptions: Unbounded, Max: 1, Random: 20, Seed: 7}
	r = mustSearch(t, run, o)
	if r.Schedules != 21 || r.Exhaustive || len(r.Outcomes) != 2 {
		t.Errorf("one run and 20 random ones: %+v", r)
	}
	if again := mustSearch(t, run, o); !reflect.DeepEqual(r, again) {
		t.Errorf("the same seed gives %+v and then %+v", r, again)
	}
	o.Max = 0
	if r = mustSearch(t, run, o); !r.Exhaustive || r.Schedules != r.Classes {
		t.Errorf("random runs after an exhaustive search: %+v", r)
	}
}

// Of the schedules that lead to an outcome, the one shown has the fewest switches.
func TestWitnessIsSimple(t *testing.T) {
	r := mustSearch(t, rare.runner(false), Options{Preemptions: Unbounded, Brute: true})
	for i, want := range []string{"P*3 C*4 D*4", "P*3 D*4 C*4"} {
		if got := r.Outcomes[i].Witness.String(); got != want {
			t.Errorf("witness of %q: %s, want %s", r.Outcomes[i].Text, got, want)
		}
	}
}

// through has edit change what choose is told by the model's runner.
func through(m model, edit func(run int, ready []Move) []Move) Runner {
	runs := 0
	return func(ctx context.Context, choose func([]Move) int) (string, error) {
		runs++
		return m.runner(true)(ctx, func(ready []Move) int { return choose(edit(runs, ready)) })
	}
}

// What makes the search unsound is an error that says where.
func TestErrors(t *testing.T) {
	pipe := model{"P": "fork:C read:a print", "C": "write:a:?"}
	var broken = errors.New("broken")
	for _, test := range []struct {
		name string
		run  Runner
		want string
	}{
		{
			"another call in the second run",
			through(pipe, func(run int, ready []Move) []Move {
				for i := range ready {
					if run > 1 && ready[i].Call == "read:a" {
						ready[i].Call = "read:b"
					}
				}
				return ready
			}),
			`schedule "P": the program does not repeat itself under the same schedule: at step 2, ` +
				`ready were P: read:a, and now P: read:b`,
		}, {
			"somebody is missing in the second run",
			through(pipe, func(run int, ready []Move) []Move { return ready[:max(1, len(ready)-run/2)] }),
			`schedule "P": the program does not repeat itself under the same schedule: at step 2, ` +
				`ready were P: read:a, C: write:a:?, and now P: read:a`,
		}, {
			"a write does not say what it touches",
			through(pipe, func(run int, ready []Move) []Move {
				for i := range ready {
					if ready[i].Call == "write:a:?" {
						ready[i].Touches = nil
					}
				}
				return ready
			}),
			`schedule "P*2 C": step 3, C: write:a:?, has let P: read:a go on or taken it away, ` +
				`but touches nothing that this uses: an object is missing in what they touch`,
		}, {
			"nobody ready",
			func(_ context.Context, choose func([]Move) int) (string, error) { choose(nil); return "", nil },
			`schedule "": the runner asked for a move where nobody is ready`,
		}, {
			"a name that no witness can have",
			func(_ context.Context, choose func([]Move) int) (string, error) {
				choose([]Move{{Actor: "P*2"}})
				return "", nil
			},
			`schedule "": actor name "P*2": it must not be empty or have blanks or '*' in it`,
		}, {
			"twice",
			func(_ context.Context, choose func([]Move) int) (string, error) {
				choose([]Move{{Actor: "P", Call: "x"}, {Actor: "P", Call: "y"}})
				return "", nil
			},
			`schedule "": actor P is ready twice, for x and y`,
		}, {
			"the runner's own",
			func(_ context.Context, choose func([]Move) int) (string, error) {
				choose([]Move{{Actor: "P"}})
				return "", broken
			},
			`schedule "P": broken`,
		},
	} {
		r, err := Search(t.Context(), test.run, Options{Preemptions: Unbounded})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.name, err, test.want)
		}
		if r == nil || r.Exhaustive {
			t.Errorf("%s: result %+v", test.name, r)
		}
		if errors.Is(err, broken) != (test.name == "the runner's own") {
			t.Errorf("%s: what is wrapped is %v", test.name, errors.Unwrap(err))
		}
	}
}

// Who stops the search has what it found so far.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	r, err := Search(ctx, rare.runner(false), Options{Preemptions: Unbounded, Brute: true, Progress: func(r *Result) {
		if runs++; r.Schedules != runs {
			t.Errorf("after run %d: %+v", runs, r)
		}
		if runs == 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Schedules != 3 || r.Exhaustive {
		t.Errorf("%+v, %v", r, err)
	}
}
