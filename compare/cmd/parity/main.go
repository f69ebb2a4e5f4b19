// Command parity reports whether C programs and their Go ports, or any two programs, behave the
// same.
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
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/casefile"
	"paritykit/compare/parity"
	"paritykit/compare/report"
	"paritykit/compare/trace"
)

func main() {
	debug.SetGCPercent(400) // a run's events live until its end: to look for garbage among them often is wasted
	// SIGPIPE, too: without a handler a report that nobody reads would end the tool before it has
	// cleared up.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGPIPE)
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

// failure is the exit status for whatever kept the tool from an answer, as in diff(1).
const failure = 2

// run is the tool, called by that name: everything but the process around it.
func run(ctx context.Context, name string, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return failure
	}
	out := &watched{Writer: stdout}
	t := &tool{ctx: ctx, name: name, stdout: out, stderr: stderr}
	code, err := 0, error(nil)
	switch c := find(strings.TrimLeft(args[0], "-")); {
	case c != nil && (c.name == args[0] || c.name == "help"):
		code, err = c.run(t, args[1:])
	case args[0] == "-h":
		code, err = t.help(args[1:])
	default:
		err = unknown("command", args[0], commandNames())
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
	json           bool
	verbose, quiet bool
	others         bool // calls of programs that are none of the pair's own
	color          choice
	search         search
	files          files
	width          int    // of show
	output         string // of init and record
	side           string // of record
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
	if err := findBins(t.options.Bin, cases); err != nil {
		return 0, err
	}
	return t.compare("run", args, names, cases)
}

// compare runs cases and reports on them: in full if they are named one by one, otherwise a line
// each and the reports of those that are not the same.
func (t *tool) compare(command string, args, names []string, cases []*casefile.Case) (int, error) {
	var results []*parity.Result
	named := "" // the case, by the name or the file that was given
	text := t.text(func(*parity.Result) string { return t.again(command, args, names, named) })
	single := len(names) == len(cases) // each is named
	brief := !single && !t.verbose && !t.others
	width := 0
	for _, c := range cases {
		width = max(width, len(c.Name))
	}
	for i, done := range t.cases(cases) {
		r := done.result
		switch kit := filepath.Join(t.options.Root, "compare", "cases"); {
		case single:
			named = names[i]
		case cases[i].Dir() == kit:
			named = r.Name
		default:
			named = cases[i].Path
		}
		results = append(results, r)
		switch {
		case t.json || t.quiet:
		case !brief:
			text.Result(t.stdout, r)
		case r.Verdict.Exit() == 0:
			text.Line(t.stdout, r, width, done.took)
		default:
			text.Line(t.stdout, r, width, done.took)
			text.Report(t.stdout, r)
		}
	}
	if err := t.files.write(results); err != nil {
		return 0, err
	}
	switch {
	case t.json:
		return worst(results), report.JSON(t.stdout, results)
	case brief || t.quiet:
		fmt.Fprintln(t.stdout, report.Conclusion(results))
	default:
		text.Summary(t.stdout, results)
	}
	return worst(results), nil
}

// finished is a case that has been run.
type finished struct {
	result *parity.Result
	took   time.Duration
}

// cases runs cases and yields what came out, in their order; if the tool is interrupted, up to the
// case that this hits first. A case begins before the one before it is over: the two sides do not
// take the same time, and no CPU should have nothing to do.
func (t *tool) cases(cases []*casefile.Case) iter.Seq2[int, finished] {
	running := make(chan chan finished, 1) // beside the one that is waited for
	go func() {
		defer close(running)
		for i, c := range cases {
			if i > 0 && t.ctx.Err() != nil {
				return
			}
			result := make(chan finished, 1)
			running <- result
			go func() {
				begin := time.Now()
				r := t.options.Case(t.ctx, c)
				result <- finished{r, time.Since(begin)}
			}()
		}
	}()
	return func(yield func(int, finished) bool) {
		i, over, progress := 0, false, t.progress(len(cases))
		for result := range running { // also when it is over: what is running clears up behind itself
			if !over {
				progress.Show(i, cases[i].Name)
			}
			r := <-result
			progress.Clear()
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
	progress := t.progress(0)
	progress.Show(0, a[0])
	r := t.options.Diff(t.ctx, a, b)
	progress.Clear()
	results := []*parity.Result{r}
	if err := t.files.write(results); err != nil {
		return 0, err
	}
	if t.json {
		return worst(results), report.JSON(t.stdout, results)
	}
	if t.quiet {
		fmt.Fprintln(t.stdout, report.Conclusion(results))
		return worst(results), nil
	}
	text := t.text(func(*parity.Result) string { return t.again("diff", args, nil, "") })
	text.Result(t.stdout, r)
	text.Summary(t.stdout, results)
	return worst(results), nil
}

// commands splits what is left of the arguments into two commands, and sees to what they share: the
// directory and the standard input.
func (t *tool) commands(command string, rest []string) (a, b []string, err error) {
	if t.options.Recorded != nil && len(rest) > 0 && !slices.Contains(rest, "--") {
		a, b = []string{"(recorded)"}, rest
	} else if a, b, err = split(command, rest); err != nil {
		return nil, nil, err
	}
	return a, b, t.input()
}

// split splits what is left of the arguments into two commands.
func split(command string, rest []string) (a, b []string, err error) {
	at := slices.Index(rest, "--")
	if at < 1 || at == len(rest)-1 {
		return nil, nil, fmt.Errorf("%s wants two commands: parity %s -- A [arg ...] -- B [arg ...]", command, command)
	}
	return rest[:at], rest[at+1:], nil
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
		} else if text := t.text(nil); t.quiet {
			text.TraceSummary(t.stdout, run)
		} else {
			text.Trace(t.stdout, run)
		}
	}
	return 0, err
}

func (t *tool) list(args []string) (int, error) {
	args, err := t.parse("list", args)
	if err != nil {
		return 0, err
	}
	if len(args) > 0 {
		return 0, fmt.Errorf("list takes no arguments, got %q", args[0])
	}
	_, cases, err := load(nil)
	if err != nil {
		return 0, err
	}
	for _, c := range cases {
		fmt.Fprintf(t.stdout, "%-24s %s\n", report.Safe(c.Name), report.Safe(c.About))
	}
	return 0, nil
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

// progress shows how far work of so many parts is (0: nobody knows), if a person is looking.
func (t *tool) progress(total int) *report.Progress {
	if !terminal(t.stderr) {
		return report.NewProgress(nil, total)
	}
	return report.NewProgress(t.stderr, total)
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
