package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"paritykit/compare/explore"
	"paritykit/compare/parity"
	"paritykit/compare/report"
)

// search are the flags that only explore has.
type search struct {
	options explore.Options
	sleep   sleeping
	replay  string
}

// sleeping is the value of -sleep.
type sleeping struct{ ignore *bool }

func (s sleeping) String() string {
	if s.ignore != nil && *s.ignore {
		return "ignore"
	}
	return "honour"
}

func (s sleeping) Set(text string) error {
	if text != "honour" && text != "ignore" {
		return errors.New("must be honour or ignore")
	}
	*s.ignore = text == "ignore"
	return nil
}

// explore shows what can come of cases, whatever the order of events.
func (t *tool) explore(args []string) (int, error) {
	names, err := t.parse("explore", args)
	if err != nil {
		return 0, err
	}
	if slices.Contains(names, "--") {
		return t.exploreCommands(args, names)
	}
	if len(names) == 0 {
		return 0, errors.New("explore wants a case: parity explore CASE (parity list shows them)")
	}
	root, cases, err := load(names)
	if err != nil {
		return 0, err
	}
	t.options.Root = root
	if err := findBins(t.options.Bin, cases); err != nil {
		return 0, err
	}
	if t.search.replay != "" {
		if t.options.Replay, err = explore.ParseWitness(t.search.replay); err != nil {
			return 0, err
		}
		return t.compare("explore", args, names, cases)
	}
	var list []*parity.Exploration
	for i, c := range cases {
		progress := t.progress(t.search.options.Max)
		x := t.options.Explore(t.ctx, c, t.search.options, t.searching(c.Name, progress))
		progress.Clear()
		t.explored(x, args, shellQuote(names[i]))
		list = append(list, x)
		if t.ctx.Err() != nil {
			break
		}
	}
	return t.explorations(list)
}

// exploreCommands is explore for two commands.
func (t *tool) exploreCommands(args, rest []string) (int, error) {
	a, b, err := t.commands("explore", rest)
	if err != nil {
		return 0, err
	}
	if t.search.replay != "" {
		return 0, errors.New("-replay wants a case")
	}
	progress := t.progress(t.search.options.Max)
	x := t.options.ExploreCommands(t.ctx, a, b, t.search.options, t.searching(a[0], progress))
	progress.Clear()
	t.explored(x, args, "")
	return t.explorations([]*parity.Exploration{x})
}

// explored reports on one search. name is the case, as a shell reads it; "" for commands, whose
// schedules can't be replayed.
func (t *tool) explored(x *parity.Exploration, args []string, name string) {
	if t.json {
		return
	}
	t.text(nil).Exploration(t.stdout, x, func(witness string) string {
		if name == "" {
			return "schedule: " + witness
		}
		return shellQuote(t.name) + " explore " + replayFlags(args) + "-replay " + shellQuote(witness) + " " + name
	})
}

// explorations ends the command.
func (t *tool) explorations(list []*parity.Exploration) (int, error) {
	code := 0
	for _, x := range list {
		code = max(code, x.Verdict.Exit())
	}
	if t.json {
		return code, report.ExploreJSON(t.stdout, list)
	}
	return code, nil
}

// replayFlags are the flags of a search that a replay needs as well.
func replayFlags(args []string) string {
	var keep []string
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || name != "sleep" && name != "bin" && name != "timeout" {
			continue
		}
		keep = append(keep, shellQuote(args[i]))
		if !joined && i+1 < len(args) {
			i++
			keep = append(keep, shellQuote(args[i]))
		}
	}
	return strings.Join(append(keep, ""), " ")
}

// searching shows how far the search of a case is.
func (t *tool) searching(name string, progress *report.Progress) func(side string, r *explore.Result) {
	var lock sync.Mutex
	lines := map[string]string{}
	return func(side string, r *explore.Result) {
		lock.Lock()
		defer lock.Unlock()
		lines[side] = fmt.Sprintf("%s: %d schedules, %d outcomes", side, r.Schedules, len(r.Outcomes))
		progress.Show(r.Schedules, name+"   "+cmp.Or(lines["c"], "c: -")+"   "+cmp.Or(lines["go"], "go: -"))
	}
}
