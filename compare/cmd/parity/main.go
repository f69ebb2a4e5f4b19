// Command parity says whether C programs and their Go ports, or any two programs, behave the same.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	casefile "paritykit/compare/case"
	"paritykit/compare/parity"
	"paritykit/compare/report"
	"paritykit/compare/trace"
)

func main() {
	debug.SetGCPercent(400) // a run's events live until its end: to look for garbage among them often is wasted
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-ctx.Done()
		time.Sleep(grace)
		fmt.Fprintln(os.Stderr, "parity: interrupted")
		parity.RemoveDirs()
		os.Exit(failure) // which kills what is still traced (PTRACE_O_EXITKILL)
	}()
	code := run(ctx, os.Args[0], os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// grace is how long a signal lets the tool say what it knows before it ends, whatever it is doing.
const grace = 5 * time.Second

const usage = `usage: parity run [flags] [case ...]                       both sides of the cases (default: all)
       parity diff [flags] -- A [arg ...] -- B [arg ...]   any two commands
       parity show [flags] case ...                        both sources side by side, with the calls that each line made
       parity show [flags] -- A [arg ...] -- B [arg ...]   the same of any two commands
       parity trace [flags] -- CMD [arg ...]               what one command asks the kernel for
       parity explore [flags] case ...                     all orders in which a case's calls can happen
       parity explore [flags] -- A [arg ...] -- B [arg ...]   those of any two commands
       parity list                                         the cases, and what each is about
       parity help

exit status: 0 the same, 1 different, 2 could not tell
`

// failure is the exit status for whatever kept the tool from an answer, as in diff(1).
const failure = 2

// run is the tool, called by that name: everything but the process around it.
func run(ctx context.Context, name string, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return failure
	}
	out := &watched{Writer: stdout}
	t := &tool{ctx: ctx, name: name, stdout: out, stderr: stderr}
	var err error
	code := 0
	switch command, rest := args[0], args[1:]; command {
	case "run":
		code, err = t.run(rest)
	case "diff":
		code, err = t.diff(rest)
	case "show":
		code, err = t.show(rest)
	case "trace":
		code, err = t.trace(rest)
	case "explore":
		code, err = t.explore(rest)
	case "list":
		err = t.list(rest)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage, "\nflags of run, diff, show and trace (parity COMMAND -h):\n")
		t.flags("run").PrintDefaults()
	default:
		err = fmt.Errorf("unknown command %q (run, diff, show, trace, explore, list, help)", command)
	}
	if err == nil && out.err != nil {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "parity: %s\n", report.Safe(err.Error()))
		return failure
	}
	return code
}

// watched remembers that a write failed: an answer that nobody got is none.
type watched struct {
	io.Writer
	err error
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.err = cmp.Or(w.err, err)
	return n, err
}

// tool is one invocation.
type tool struct {
	ctx            context.Context
	name           string // as typed, for the command that shows more
	stdout, stderr io.Writer
	options        parity.Options
	json, verbose  bool
	color          choice
	search         search
	files          files
	width          int // of show
}

// flags are the flags of run, diff and trace.
func (t *tool) flags(command string) *flag.FlagSet {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(t.stdout) // for PrintDefaults; errors are reported by the caller
	f.Usage = func() {}
	t.color = "auto"
	f.BoolVar(&t.verbose, "v", false, "show everything: all calls and differences, and the noise by who asked")
	f.BoolVar(&t.json, "json", false, "write one JSON document to standard output and nothing else")
	f.Var(&t.color, "color", "`when` to use colour: auto, always or never (auto honours NO_COLOR)")
	f.DurationVar(&t.options.Timeout, "timeout", 10*time.Second, "how long one run of one side may take, in real time")
	f.IntVar(&t.options.Count, "count", 2, "runs of each side; two or more show whether a side agrees with itself")
	f.BoolVar(&t.options.Work, "work", false, "keep the directories in which programs ran, and say where they are")
	f.BoolVar(&t.options.Raw, "raw", false, "compare what the kernel saw, without canonical names, noise filter and rules")
	f.Var(cpus{&t.options.AllCPUs}, "cpus", "`which` CPUs to use: one (tracer and programs share it, which is faster) or all")
	if command != "trace" && command != "explore" {
		t.files.flags(f)
		f.BoolVar(&t.options.Cost, "cost", false, "also say what each side takes: calls, processes, threads, context switches, CPU time, memory")
	}
	if command == "diff" || command == "show" || command == "explore" {
		f.StringVar(&t.options.In, "in", "", "of two commands: let each run begin in its own copy of `dir`, and compare the files that it leaves there")
	}
	if command == "show" {
		f.IntVar(&t.width, "width", 0, "how many `columns` wide to write (default: as wide as the terminal is)")
	}
	if command == "run" || command == "show" {
		f.BoolVar(&t.options.Mix, "mix", false, "of a case with several programs, also run one side's first program (the server) with the other side's others")
		f.BoolVar(&t.options.Free, "free", false, "let the processes of a case run as they like, and not one at a time")
		f.BoolVar(&t.options.Real, "realtime", false, "let sleeps and time limits take as long as they say")
	}
	if command == "explore" {
		t.searchFlags(f)
	}
	if command == "run" || command == "show" || command == "explore" {
		f.Var(bins{&t.options.Bin}, "bin", "`side/program=path`: another binary in a program's place (c/pipe1=./mine); may be repeated")
	}
	return f
}

// parse reads flags and returns what is not one. For run and show, flags may also stand behind case names.
func (t *tool) parse(command string, args []string) ([]string, error) {
	f := t.flags(command)
	f.SetOutput(io.Discard)
	all := args
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprint(t.stdout, usage, "\nflags:\n")
				f.SetOutput(t.stdout)
				f.PrintDefaults()
			}
			return nil, err
		}
		if f.NArg() == 0 || command == "diff" || command == "trace" || slices.Contains(all, "--") {
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
	return append(rest, f.Args()...), nil
}

func (t *tool) run(args []string) (int, error) {
	names, err := t.parse("run", args)
	if err != nil {
		return 0, err
	}
	root, cases, err := load(names)
	if err != nil {
		return 0, err
	}
	t.options.Root = root
	if err := checkBins(t.options.Bin, cases); err != nil {
		return 0, err
	}
	return t.compare("run", args, names, cases)
}

// compare runs cases and reports on them.
func (t *tool) compare(command string, args, names []string, cases []*casefile.Case) (int, error) {
	var results []*parity.Result
	named := "" // the case, by the name or the file that was given
	text := t.text(func(*parity.Result) string { return t.again(command, args, names, named) })
	for i, r := range t.cases(cases) {
		if named = r.Name; len(names) > 0 {
			named = names[i]
		}
		results = append(results, r)
		if !t.json {
			text.Result(t.stdout, r)
		}
	}
	if err := t.files.write(results); err != nil {
		return 0, err
	}
	if t.json {
		return worst(results), report.JSON(t.stdout, results)
	}
	text.Table(t.stdout, results)
	return worst(results), nil
}

// cases runs cases and yields what came out, in their order; if the tool is interrupted, up to the case that this hits first. A case
// begins before the one before it is over: the two sides do not take the same time, and no CPU should have nothing to do.
func (t *tool) cases(cases []*casefile.Case) iter.Seq2[int, *parity.Result] {
	running := make(chan chan *parity.Result, 1) // beside the one that is waited for
	go func() {
		defer close(running)
		for i, c := range cases {
			if i > 0 && t.ctx.Err() != nil {
				return
			}
			result := make(chan *parity.Result, 1)
			running <- result
			go func() { result <- t.options.Case(t.ctx, c) }()
		}
	}()
	return func(yield func(int, *parity.Result) bool) {
		i, over := 0, false
		for result := range running { // also when it is over: what is running clears up behind itself
			if !over {
				t.progress(cases[i].Name)
			}
			r := <-result
			t.progress("")
			over = over || !yield(i, r) || t.ctx.Err() != nil
			i++
		}
	}
}

func (t *tool) diff(args []string) (int, error) {
	rest, err := t.parse("diff", args)
	if err != nil {
		return 0, err
	}
	a, b, err := t.commands("diff", rest)
	if err != nil {
		return 0, err
	}
	t.progress(a[0])
	r := t.options.Diff(t.ctx, a, b)
	t.progress("")
	results := []*parity.Result{r}
	if err := t.files.write(results); err != nil {
		return 0, err
	}
	if t.json {
		return worst(results), report.JSON(t.stdout, results)
	}
	text := t.text(func(*parity.Result) string { return t.again("diff", args, nil, "") })
	text.Result(t.stdout, r)
	text.Summary(t.stdout, r)
	return worst(results), nil
}

// commands splits what is left of the arguments into two commands, and sees to what they share: the
// directory and the standard input.
func (t *tool) commands(command string, rest []string) (a, b []string, err error) {
	split := slices.Index(rest, "--")
	if split < 1 || split == len(rest)-1 {
		return nil, nil, fmt.Errorf("%s wants two commands: parity %s -- A [arg ...] -- B [arg ...]", command, command)
	}
	if t.options.Root, err = os.Getwd(); err != nil {
		return nil, nil, err
	}
	t.options.Stdin, err = standardInput(t.ctx, os.Stdin, t.options.Timeout)
	return rest[:split], rest[split+1:], err
}

func (t *tool) trace(args []string) (int, error) {
	rest, err := t.parse("trace", args)
	if err != nil {
		return 0, err
	}
	if len(rest) == 0 {
		return 0, errors.New("trace wants a command: parity trace -- CMD [arg ...]")
	}
	if t.options.Root, err = os.Getwd(); err != nil {
		return 0, err
	}
	run, err := t.options.Trace(t.ctx, rest)
	var start *trace.StartError
	if run != nil && (t.json || !errors.As(err, &start)) { // of a program that never ran there is nothing to show
		if t.json {
			if err := report.TraceJSON(t.stdout, rest, run, err); err != nil {
				return 0, err
			}
		} else {
			t.text(nil).Trace(t.stdout, run)
		}
	}
	return 0, err
}

func (t *tool) list(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("list takes no arguments, got %q", args[0])
	}
	_, cases, err := load(nil)
	if err != nil {
		return err
	}
	for _, c := range cases {
		fmt.Fprintf(t.stdout, "%-24s %s\n", report.Safe(c.Name), report.Safe(c.About))
	}
	return nil
}

// worst is the exit status for several results.
func worst(results []*parity.Result) (code int) {
	for _, r := range results {
		code = max(code, r.Verdict.Exit())
	}
	return code
}

// again is the command that shows more of a case.
func (t *tool) again(command string, args, names []string, name string) string {
	if strings.Contains(" "+strings.Join(args, " ")+" ", " -v ") {
		return ""
	}
	line := []string{shellQuote(t.name), command, "-v"}
	for _, a := range args {
		if command == "run" || command == "explore" {
			for _, n := range names {
				if a == n {
					a = ""
				}
			}
		}
		if a != "" {
			line = append(line, shellQuote(a))
		}
	}
	if name != "" {
		line = append(line, shellQuote(name))
	}
	return strings.Join(line, " ")
}

// shellQuote writes a word as a shell reads it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=,:+@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// progress says on standard error what is being done, if a person is looking; "" takes it back.
func (t *tool) progress(what string) {
	if terminal(t.stderr) {
		fmt.Fprintf(t.stderr, "\r\x1b[K%s", report.Safe(what))
	}
}

func (t *tool) text(again func(*parity.Result) string) report.Text {
	return report.Text{Color: t.color.on(t.stdout), Verbose: t.verbose, Again: again}
}

func terminal(w io.Writer) bool {
	if out, ok := w.(*watched); ok {
		w = out.Writer
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
