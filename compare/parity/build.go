package parity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"paritykit/compare/casefile"
)

// commandsRun are the build commands that were run, by directory and command: each is run once,
// however many cases name it, and one at a time, because two may write the same file.
type commandsRun struct {
	sync.Mutex
	done map[[2]string]error
}

// BuildError says that a program could not be built.
type BuildError struct {
	Label, Command string
	Err            error
	Output         []string // the last lines of it
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("%s: the build failed: %s: %v", e.Label, e.Command, e.Err)
}

func (e *BuildError) Unwrap() error { return e.Err }

// build builds the programs of these sides of a case, in the directory of its file.
func (o *Options) build(ctx context.Context, c *casefile.Case, sides ...int) error {
	o.built.Lock()
	defer o.built.Unlock()
	if o.built.done == nil {
		o.built.done = map[[2]string]error{}
	}
	for i := range c.Sides {
		s := &c.Sides[i]
		if !slices.ContainsFunc(sides, func(i int) bool { return SideName(c, i) == s.Label }) {
			continue
		}
		key := [2]string{c.Dir(), s.Build}
		err, done := o.built.done[key]
		if !done && s.Build != "" {
			err = buildOne(ctx, c.Dir(), s)
			o.built.done[key] = err
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// buildOne runs one command as a person would in a shell, but without a terminal.
func buildOne(ctx context.Context, dir string, s *casefile.Side) error {
	// The death signal comes when the thread ends that has started the command, see prctl(2).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "sh", "-c", s.Build)
	var output bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for what it has started and left behind
	err := cmd.Start()
	if err == nil {
		defer guard(cmd.Process.Pid)()
		err = cmd.Wait()
	}
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		cmd.Cancel()
		return nil
	case err == nil:
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &BuildError{Label: s.Label, Command: s.Build, Err: err, Output: lastLines(output.String())}
}

// guard kills a process group when the tool is killed: a death signal reaches one process, not
// those that this one has started. It returns what is to be called when the group's leader has
// ended.
func guard(group int) (dismiss func()) {
	cmd := exec.Command("sh", "-c", fmt.Sprintf("read line; kill -s KILL -- -%d", group))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := cmd.StdinPipe() // of which nobody has the other end but the tool
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return func() {}
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
		alive.Close()
	}
}

// lastLines are so many lines that what went wrong is among them, mostly.
func lastLines(text string) []string {
	const most = 10
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if n := len(lines); n > most {
		lines = lines[n-most:]
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines
}

// notBuilt makes an error of a build that failed.
func (r *Result) notBuilt(err error) {
	r.Verdict, r.Error = Error, err.Error()
	var e *BuildError
	if errors.As(err, &e) {
		r.Build = e.Output
	}
}
