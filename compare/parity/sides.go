package parity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/casefile"
	"paritykit/compare/trace"
)

// kits is what the sides of a case are called that does not say.
var kits = [2]string{"C", "Go"}

func labels(c *casefile.Case) [2]string {
	if l := c.Labels(); l[0] != "" {
		return l
	}
	return kits
}

// SideName is what Options.Bin calls side i of a case: what the case calls it, or "c" and "go".
func SideName(c *casefile.Case, i int) string {
	if label := c.Labels()[i]; label != "" {
		return label
	}
	return keys[i]
}

// keys are the two sides, whatever they are called.
var keys = [2]string{"c", "go"}

// others marks the processes of a case whose programs are none of the pair's own.
func (o *Options) others(r *Result, c *casefile.Case) {
	roles := map[string]bool{}
	for _, step := range c.Steps {
		if step.Verb == "start" {
			roles[step.Who] = !o.own(step.Args[0]) && c.Side(0, step.Args[0]) == nil
		}
	}
	for i := range r.Processes {
		role, _, _ := strings.Cut(r.Processes[i].Name, ".")
		r.Processes[i].Other = roles[role]
	}
}

// own reports whether a program has a source in c/.
func (o *Options) own(name string) bool {
	_, err := os.Stat(filepath.Join(o.Root, "c", name+".c"))
	return !errors.Is(err, fs.ErrNotExist)
}

// side finds the programs of a case: its first one, the server, of one side, and the others, its
// clients, of another or the same.
func (o *Options) side(c *casefile.Case, server, clients string) (side, error) {
	s := side{key: server, script: c}
	env := []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TERM=dumb"}
	for _, step := range c.Before {
		if step.Verb == "env" {
			name := step.Args[0] + "="
			env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name) })
			env = append(env, name+step.Args[1])
		}
	}
	for _, step := range c.Steps {
		if step.Verb != "start" {
			continue
		}
		key, program := clients, step.Args[0]
		if program == c.Programs[0] {
			key = server
		}
		path, args, err := o.program(c, key, program)
		if err != nil {
			return s, err
		}
		cmd := trace.Command{Role: step.Who, Path: path, Args: append(args, step.Args[1:]...), Typed: typed(c, step.Who), Env: env}
		for _, before := range c.Before {
			switch {
			case before.Who != step.Who:
			case before.Verb == "args":
				cmd.Args = append(cmd.Args, before.Args...)
			case before.Verb == "terminal":
				cmd.Terminal, cmd.Typed = true, true
			}
		}
		s.commands = append(s.commands, cmd)
	}
	return s, nil
}

// program is the path of a side's program, and what stands before its arguments: its name, as the
// case has it. One of which neither the case nor this kit knows anything is the system's, and the
// same on both sides.
func (o *Options) program(c *casefile.Case, key, name string) (path string, args []string, err error) {
	i := slices.Index(keys[:], key)
	path, replaced := o.Bin[SideName(c, i)+"/"+name]
	declared := c.Side(i, name)
	args = []string{name}
	switch {
	case replaced:
	case declared != nil:
		dir, err := filepath.Abs(c.Dir())
		if err != nil {
			return "", nil, err
		}
		path, args = declared.Command(dir)
		found, err := exec.LookPath(path)
		if err != nil {
			return "", nil, fmt.Errorf("%s:%d: run %q: %w%s", o.relative(c.Path), declared.Line, declared.Run, reason(err), unbuilt(declared))
		}
		path = found
	case o.own(name):
		path = filepath.Join(o.Root, "build", key, name)
		if _, err := os.Stat(path); err != nil {
			return "", nil, fmt.Errorf("%s is not built (make build)", filepath.Join("build", key, name))
		}
	default:
		if path, err = exec.LookPath(name); err != nil {
			return "", nil, fmt.Errorf("%s is neither in c/ nor in PATH: install it (scripts/setup installs what the cases here need), "+
				"or say how it is run: side LABEL %[1]s run \"…\"", name)
		}
	}
	path, err = filepath.Abs(path)
	return path, args, err
}

// unbuilt says what may have been forgotten.
func unbuilt(s *casefile.Side) string {
	if s.Build == "" {
		return "; build it, or say how: build \"…\" before run"
	}
	return fmt.Sprintf("; its build, %q, has not made it", s.Build)
}

// reason is why a program can't be found, without its name.
func reason(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return errors.New("not executable (chmod +x?)")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return errors.New("no such program")
	}
	return err
}

// typed reports whether a case has something to say to a role. The input of one to whom nobody
// speaks is at its end at once.
func typed(c *casefile.Case, who string) bool {
	return slices.ContainsFunc(c.Steps, func(s casefile.Step) bool { return s.Who == who && (s.Verb == "send" || s.Verb == "close") })
}
