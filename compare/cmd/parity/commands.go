package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"paritykit/compare/casefile"
	"paritykit/compare/explore"
	"paritykit/compare/parity"
	"paritykit/compare/report"
	"paritykit/compare/rules"
)

// command is one of the tool's commands. The table of them is what "parity help" prints.
type command struct {
	name  string
	usage []string // what follows "parity NAME"
	about string   // one sentence
	flags []string // names in the order of flagGroups; nil for none
	try   string   // an example
	run   func(t *tool, args []string) (int, error)
}

var commands []*command // set by init, because help prints it

func init() {
	output := []string{"v", "json", "color"}
	limits := []string{"timeout", "limit", "cpus", "realtime", "random"}
	reports := []string{"html", "junit", "trace-event"}
	compare := slices.Concat(output, limits, reports, []string{"compare", "count", "raw", "work", "cost", "strict"})
	commands = []*command{
		{"run", []string{"[flags] [CASE | DIR ...]"}, "runs both sides of cases and compares them; of a directory all that are below it, without names all of the kit's",
			slices.Concat(compare, []string{"q", "all", "bin", "mix", "free", "recorded"}), "parity run pipe1", (*tool).run},
		{"diff", []string{"[flags] -- A [ARG ...] -- B [ARG ...]"},
			"runs two commands and compares them; both get the standard input of the tool",
			slices.Concat(compare, []string{"q", "in", "recorded"}), "parity diff -- sort words -- sort -r words", (*tool).diff},
		{"init", []string{"[-o FILE] -- A [ARG ...] -- B [ARG ...]"},
			"writes a first case file, with comments, from two commands; A and B can be source files, too",
			[]string{"o"}, "parity init -o sort.case -- sort words -- sort -r words", (*tool).initCase},
		{"record", []string{"[flags] CASE", "[flags] -o FILE -- CMD [ARG ...]"},
			"writes what one side did, which run and diff take with -recorded in that side's place",
			slices.Concat(limits, []string{"side", "o", "count", "in", "compare"}), "parity record -o pipe1.recording pipe1", (*tool).record},
		{"show", []string{"[flags] CASE ...", "[flags] -- A [ARG ...] -- B [ARG ...]"},
			"shows both sources side by side, with the calls that each line made",
			slices.Concat(compare, []string{"width", "bin", "mix", "free", "in"}), "parity show pipe3", (*tool).show},
		{"trace", []string{"[flags] -- CMD [ARG ...]"}, "shows what one command asks the kernel for",
			slices.Concat(output, limits, []string{"raw", "q"}), "parity trace -- /bin/echo hello", (*tool).trace},
		{"explore", []string{"[flags] CASE ...", "[flags] -- A [ARG ...] -- B [ARG ...]"},
			"runs both sides under all schedules that can matter and compares what can come of them",
			slices.Concat(output, limits, []string{"sleep", "max", "preemptions", "priorities", "seed", "brute", "replay", "count", "work", "bin", "in"}),
			"parity explore -sleep ignore pipe2", (*tool).explore},
		{"list", []string{""}, "lists the cases", nil, "parity list", (*tool).list},
		{"help", []string{"[COMMAND]", "rules [NAME ...]", "verbs", "man | bash | zsh"},
			"explains a command, the rules, or the verbs of case files; or writes the manual page or what a shell completes",
			nil, "parity help rules", (*tool).help},
	}
}

// find returns the command of a name, nil if there is none.
func find(name string) *command {
	i := slices.IndexFunc(commands, func(c *command) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return commands[i]
}

func commandNames() (names []string) {
	for _, c := range commands {
		names = append(names, c.name)
	}
	return names
}

// topics are what "parity help" knows besides commands.
var topics = []string{"rules", "verbs", "man", "bash", "zsh"}

const exits = "exit status: 0 the same, 1 different, 2 could not tell\n"

// usage is what the tool says of itself.
func usage(w io.Writer) {
	first := "usage: "
	for _, c := range commands {
		for _, u := range c.usage {
			fmt.Fprintln(w, strings.TrimRight(first+"parity "+c.name+" "+u, " "))
			first = "       "
		}
	}
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "%-8s %s\n", c.name, c.about)
	}
	fmt.Fprintf(w, "\n%s", exits)
}

// help is "parity COMMAND -h", too.
func (c *command) help(t *tool) {
	for _, u := range c.usage {
		fmt.Fprintln(t.stdout, strings.TrimRight("usage: parity "+c.name+" "+u, " "))
	}
	fmt.Fprintf(t.stdout, "\nparity %s %s.\n\nFor example: %s\n", c.name, c.about, c.try)
	if len(c.flags) > 0 {
		fmt.Fprintln(t.stdout, "\nflags:")
		f := t.flags(c)
		f.SetOutput(t.stdout)
		f.PrintDefaults()
	}
	fmt.Fprintf(t.stdout, "\n%s", exits)
}

// help explains a command, or what it is asked about.
func (t *tool) help(args []string) (int, error) {
	switch {
	case len(args) == 0:
		usage(t.stdout)
		fmt.Fprintln(t.stdout, "\nMore: parity help COMMAND, parity help rules, parity help verbs")
	case args[0] == "rules":
		return 0, t.helpRules(args[1:])
	case args[0] == "verbs":
		fmt.Fprint(t.stdout, casefile.Verbs())
	case args[0] == "man":
		t.manual(t.stdout)
	case args[0] == "bash":
		t.bash(t.stdout)
	case args[0] == "zsh":
		t.zsh(t.stdout)
	case find(args[0]) != nil:
		find(args[0]).help(t)
	default:
		return 0, unknown("command", args[0], slices.Concat(commandNames(), topics))
	}
	return 0, nil
}

// helpRules explains rules, all if none is named.
func (t *tool) helpRules(names []string) error {
	var known []string
	for _, r := range rules.All {
		known = append(known, r.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return unknown("rule", name, known)
		}
	}
	text := t.text(nil)
	for _, r := range rules.All {
		if len(names) == 0 || slices.Contains(names, r.Name) {
			text.Rule(t.stdout, r.Name, r.Why)
		}
	}
	return nil
}

// unknown is the error for a name that there is not. It suggests the nearest one that there is.
func unknown(what, name string, known []string) error {
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %s?", what, name, near)
	}
	return fmt.Errorf("unknown %s %q; there is %s", what, name, strings.Join(known, ", "))
}

// nearest returns the known name from which a name differs in the fewest letters, "" if that is
// none that it could stand for.
func nearest(name string, known []string) (best string) {
	least := len(name)/3 + 2
	for _, k := range known {
		if d := distance(name, k); d < least && d < len(name) {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be added, dropped or replaced to make one word of the other
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// flags are the flags of a command.
func (t *tool) flags(c *command) *flag.FlagSet {
	all := flag.NewFlagSet(c.name, flag.ContinueOnError)
	t.define(all)
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are reported by the caller
	f.Usage = func() {}
	for _, name := range c.flags {
		flag := all.Lookup(name)
		f.Var(flag.Value, flag.Name, flag.Usage)
		f.Lookup(name).DefValue = flag.DefValue
	}
	return f
}

// define defines every flag that any command has, so that it is spelled and means the same in all
// of them.
func (t *tool) define(f *flag.FlagSet) {
	o, search := &t.options, &t.search.options
	t.color = "auto"
	f.BoolVar(&t.verbose, "v", false, "show everything: all calls and differences, and who made the calls that are not compared")
	f.BoolVar(&t.quiet, "q", false, "show the last line only")
	f.BoolVar(&t.others, "all", false, "also show the calls of programs that have no source in c/")
	f.BoolVar(&t.json, "json", false, "write one JSON document to standard output and nothing else")
	f.Var(&t.color, "color", "`when` to use colour: auto, always or never (auto honours NO_COLOR)")
	f.DurationVar(&o.Timeout, "timeout", 10*time.Second, "how long one run of one side may take, in real time")
	f.Var(limit{&o.Limits}, "limit", "`name=N`: when else a run is stopped, at N threads, calls, or bytes of output or memory "+
		"(what calls read and write); N can end in k, M or G; may be repeated")
	f.IntVar(&o.Count, "count", 2, "runs of each side; two or more show whether a side agrees with itself")
	f.BoolVar(&o.Work, "work", false, "keep the directories in which programs ran, and say where they are")
	f.BoolVar(&o.Raw, "raw", false, "compare all calls that the kernel saw, with its numbers (descriptors, process ids), and without rules")
	f.Var(closely{&o.Output}, "compare", "`how` closely to compare: calls, or output, which is what a user sees of output, exit status and files")
	f.Var(cpus{&o.AllCPUs}, "cpus", "`which` CPUs to use: one (tracer and programs share it, which is faster) or all")
	t.files.flags(f)
	f.BoolVar(&o.Cost, "cost", false, "also say what each side takes: calls, processes, threads, context switches, CPU time, memory")
	f.StringVar(&o.In, "in", "", "of two commands: let each run begin in its own copy of `dir`, and compare the files that it leaves there")
	f.Var(recorded{&o.Recorded}, "recorded", "take `file`, a recording of one side, in that side's place")
	f.StringVar(&t.side, "side", "", "record the side of this `label`; without it the first one")
	f.StringVar(&t.output, "o", "", "write to `file`; without it the name comes from the program or the case")
	f.IntVar(&t.width, "width", 0, "how many `columns` wide to write (default: as wide as the terminal is)")
	f.BoolVar(&o.Mix, "mix", false, "of a case with several programs, also run one side's first program (the server) with the other side's others")
	f.BoolVar(&o.Strict, "strict", false, "exit with 2 if the sides are the same but not all of what they did was looked at")
	f.BoolVar(&o.Free, "free", false, "let the processes of a case run as they like, and not one at a time")
	f.BoolVar(&o.Real, "realtime", false, "let time pass as it does (a sleep takes as long as it says), and compare no times")
	f.BoolVar(&o.Random, "random", false, "let random bytes be random, and not the same in every run and on both sides")
	f.Var(bins{&o.Bin}, "bin", "`side/program=path`: another binary in a program's place (c/pipe1=./mine), "+
		"or side=dir: those in a directory (c=./mine); may be repeated")
	f.IntVar(&search.Max, "max", 0, "at most this many runs of each side; 0 is no limit")
	f.IntVar(&search.Preemptions, "preemptions", explore.Unbounded, "only schedules in which a process has to give way this often at most though it could go on; -1 is any number")
	f.IntVar(&search.Random, "priorities", 100, "how many runs with random priorities to add when -max or -preemptions have left something out")
	f.Uint64Var(&search.Seed, "seed", 1, "selects them")
	f.BoolVar(&search.Brute, "brute", false, "all schedules, also those that differ only in the order of independent calls")
	f.Var(sleeping{&o.Ignore}, "sleep", "`how` to take sleeps: honour their order, or ignore it, so that a sleep can end at any moment, as on a slow machine")
	f.StringVar(&t.search.replay, "replay", "", "run both sides of a case once more under this `schedule`, a witness of an outcome, and report on them as run does")
}

// parse reads flags and returns what is not one. Where cases are named, flags may also stand behind
// them.
func (t *tool) parse(name string, args []string) ([]string, error) {
	c := find(name)
	f := t.flags(c)
	commandLine := slices.Contains(args, "--")
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.help(t)
				return nil, err
			}
			return nil, t.badFlag(c, err)
		}
		if f.NArg() == 0 || commandLine || name == "diff" || name == "record" || name == "init" || name == "trace" {
			break
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
	if t.options.Count < 1 {
		return nil, fmt.Errorf("-count %d: at least one run is needed", t.options.Count)
	}
	if t.options.Timeout <= 0 {
		return nil, fmt.Errorf("-timeout %v: must be above zero", t.options.Timeout)
	}
	if t.options.Output && t.options.Raw {
		return nil, errors.New("-compare output compares no calls and -raw all of them: give one of them")
	}
	if t.quiet && (t.verbose || t.others) {
		return nil, errors.New("-q shows less and -v and -all show more: give one of them")
	}
	return append(rest, f.Args()...), nil
}

// badFlag completes an error of package flag with the flag that may have been meant, or the
// commands that have it.
func (t *tool) badFlag(c *command, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err
	}
	var others []string
	for _, other := range commands {
		if slices.Contains(other.flags, name) {
			others = append(others, other.name)
		}
	}
	switch near := nearest(name, c.flags); {
	case len(others) > 0:
		return fmt.Errorf("%w; it is a flag of %s (parity help %s)", err, strings.Join(others, ", "), c.name)
	case near != "":
		return fmt.Errorf("%w; did you mean -%s?", err, near)
	}
	return fmt.Errorf("%w (parity help %s)", err, c.name)
}

// text says how to write reports.
func (t *tool) text(again func(*parity.Result) string) report.Text {
	return report.Text{Color: t.color.on(t.stdout), Verbose: t.verbose, Others: t.others, Width: t.terminalWidth(), Again: again}
}
