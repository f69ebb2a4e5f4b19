package trace

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestHeadroom: a read into a small buffer of main's with a large count works as it does in a
// shell, with any environment and any number of arguments, also after the program has executed
// itself; and addresses are the same in each run.
func TestHeadroom(t *testing.T) {
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprint("argument ", i)
	}
	for _, flags := range [][]string{nil, {"-static"}, {"-static-pie"}} {
		path := build(t, "headroom", append(flags, "-w")...)
		for name, c := range map[string]struct{ args, env []string }{
			"nothing":          {nil, nil},
			"an environment":   {nil, []string{"NAME=" + strings.Repeat("x", 20_000), "A=B"}},
			"many arguments":   {many, []string{"NAME=1"}},
			"executed by a sh": {[]string{"-c", path + " a b"}, []string{"NAME=2"}},
		} {
			cmd := Command{Role: "P", Path: path, Args: append([]string{path}, c.args...), Env: c.env}
			if name == "executed by a sh" {
				cmd.Path = "/bin/sh"
			}
			native := exec.Command(cmd.Path, c.args...)
			native.Args, native.Env = cmd.Args, append([]string{}, c.env...)
			out, err := native.Output()
			if err != nil {
				t.Fatal(err)
			}
			want, _, _ := strings.Cut(string(out), " 0x")
			var first string
			for range 2 {
				tr, err := Run(t.Context(), Config{}, cmd)
				if err != nil {
					t.Fatal(err)
				}
				got := string(tr.Programs[0].Terminal)
				if text, _, _ := strings.Cut(got, " 0x"); text != want || want == "" {
					t.Errorf("%v, %s: %.200q, outside %.200q", flags, name, text, want)
				}
				if first == "" {
					first = got
				}
				if got != first {
					t.Errorf("%v, %s: %.200q, and then %.200q", flags, name, first, got)
				}
			}
		}
	}
}
