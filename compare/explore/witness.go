package explore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Witness is a schedule: who moves, step by step. Its text has the names with
// blanks between them, and a number where one moves several times in a row:
//
//	P*2 P.1 P P.1*3
type Witness []string

// maxSteps bounds what the text of a witness can stand for.
const maxSteps = 1 << 20

func validName(actor string) bool {
	return actor != "" && !strings.ContainsFunc(actor, func(r rune) bool { return r == '*' || unicode.IsSpace(r) })
}

func (w Witness) String() string {
	var b strings.Builder
	for i := 0; i < len(w); {
		n := 1
		for i+n < len(w) && w[i+n] == w[i] {
			n++
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w[i])
		if n > 1 {
			fmt.Fprintf(&b, "*%d", n)
		}
		i += n
	}
	return b.String()
}

// ParseWitness reads the text of a witness.
func ParseWitness(text string) (Witness, error) {
	var w Witness
	for _, field := range strings.Fields(text) {
		actor, times, many := strings.Cut(field, "*")
		n := 1
		if many {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 1 {
				return nil, fmt.Errorf("witness: %q: want a name, or a name, '*' and how often", field)
			}
		}
		if !validName(actor) {
			return nil, fmt.Errorf("witness: %q: the name is missing", field)
		}
		if n > maxSteps-len(w) {
			return nil, fmt.Errorf("witness: more than %d steps", maxSteps)
		}
		w = append(w, slices.Repeat([]string{actor}, n)...)
	}
	return w, nil
}

// switches is how often another actor moves than before: what makes a witness hard to follow.
func (w Witness) switches() int {
	return max(len(slices.Compact(slices.Clone(w))), 1) - 1
}

// Replay runs the program under one schedule and returns its steps and its
// outcome. After the end of w it goes on by default: an actor moves for as long
// as it can, then the first that is ready.
func Replay(ctx context.Context, run Runner, w Witness) (steps []Step, outcome string, err error) {
	var wrong error
	prev := ""
	choose := func(ready []Move) int {
		k := len(steps)
		if wrong == nil {
			wrong = check(ready)
		}
		if wrong != nil {
			return -1
		}
		chosen := byDefault(ready, prev, func(string) bool { return false })
		if k < len(w) {
			chosen = slices.IndexFunc(ready, func(m Move) bool { return m.Actor == w[k] })
		}
		if chosen < 0 {
			wrong = fmt.Errorf("witness %q: step %d is to be %s's, but ready are %s", w, k+1, w[k], list(ready))
			return -1
		}
		steps = append(steps, Step{ready, chosen})
		prev = ready[chosen].Actor
		return chosen
	}
	outcome, err = run(ctx, choose)
	switch {
	case wrong != nil:
		return steps, "", wrong
	case err != nil:
		return steps, "", err
	case len(steps) < len(w):
		return steps, "", fmt.Errorf("witness %q: step %d is to be %s's, but the run has ended", w, len(steps)+1, w[len(steps)])
	}
	return steps, outcome, nil
}

// A Follower makes the steps of a schedule as far as a program can: one whose
// turn it would be, but who is not ready, is passed over. Where Replay says that a
// program is not the one of the witness, a Follower shows what this program, in
// another version or another language, does under the same schedule.
type Follower struct {
	Witness Witness
	Strayed string // the first step that could not be made, and who was ready; "" if there was none
	next    int
	prev    string
}

// Choose is for a [Runner].
func (f *Follower) Choose(ready []Move) int {
	chosen := -1
	for ; chosen < 0 && f.next < len(f.Witness); f.next++ {
		chosen = slices.IndexFunc(ready, func(m Move) bool { return m.Actor == f.Witness[f.next] })
		if chosen < 0 && f.Strayed == "" {
			f.Strayed = fmt.Sprintf("step %d is to be %s's, but ready are %s", f.next+1, f.Witness[f.next], list(ready))
		}
	}
	if chosen < 0 {
		chosen = byDefault(ready, f.prev, func(string) bool { return false })
	}
	f.prev = ready[chosen].Actor
	return chosen
}
