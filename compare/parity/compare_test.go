package parity

import (
	"slices"
	"testing"

	"paritykit/compare/canon"
	"paritykit/compare/rules"
)

func op(call string, args ...canon.Arg) *canon.Op { return &canon.Op{Call: call, Args: args} }

// TestNames: ops are the same as they stand, or with names for what is chance; what is chance is no field in which they differ.
func TestNames(t *testing.T) {
	text := func(value, named string) canon.Arg { return canon.Arg{Name: "buf", Value: value, Named: named} }
	fd := func(value string) canon.Arg { return canon.Arg{Name: "fd", Value: value} }
	for _, c := range []struct {
		name   string
		c, g   *canon.Op
		glyph  string
		fields []string
	}{
		{"the same process under two ids", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("tty"), text("815", "P.1")), "=", nil},
		{"a number that is an id on one side", op("write", fd("tty"), text("7", "P.1")), op("write", fd("tty"), text("7", "")), "=", nil},
		{"another process", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("tty"), text("815", "P.2")), "!", []string{"buf"}},
		{"another descriptor", op("write", fd("tty"), text("4711", "P.1")), op("write", fd("stderr"), text("815", "P.1")), "!", []string{"fd"}},
	} {
		list := pairs(rules.Apply(rules.All, []*canon.Op{c.c}), rules.Apply(rules.All, []*canon.Op{c.g}))
		if len(list) != 1 || list[0].Glyph != c.glyph || len(list[0].Rules) > 0 {
			t.Errorf("%s: %+v", c.name, list)
		}
		if got := fields(c.c, c.g); !slices.Equal(got, c.fields) {
			t.Errorf("%s: differ in %q, want %q", c.name, got, c.fields)
		}
	}
}

// TestOther: a rule that lets one op stand for another is named where it was needed, and only there.
func TestOther(t *testing.T) {
	arg := func(name, value string) canon.Arg { return canon.Arg{Name: name, Value: value} }
	sigaction := func(flags string) *canon.Op {
		return op("rt_sigaction", arg("signum", "SIGCHLD"), arg("act", "{sa_handler=handler, sa_flags="+flags+", sa_mask=[]}"), arg("oldact", "NULL"))
	}
	notify := op("notify", arg("signum", "SIGCHLD"))
	for _, c := range []struct {
		name  string
		c, g  *canon.Op
		glyph string
		rules []string
	}{
		{"C and Go", sigaction("0"), notify, "~", []string{"notify"}},
		{"Go and C", notify, sigaction("SA_RESTART"), "~", []string{"notify"}},
		{"C and C", sigaction("0"), sigaction("0"), "=", nil},
		{"C and another C", sigaction("0"), sigaction("SA_RESTART"), "!", nil},
	} {
		list := pairs(rules.Apply(rules.All, []*canon.Op{c.c}), rules.Apply(rules.All, []*canon.Op{c.g}))
		if len(list) != 1 || list[0].Glyph != c.glyph || !slices.Equal(list[0].Rules, c.rules) {
			t.Errorf("%s: %+v", c.name, list)
		}
	}
}

// TestShownAsItIs: a number that happens to be a process id is shown as a number where both sides have the same one.
func TestShownAsItIs(t *testing.T) {
	write := func(value, named string) *rules.Form {
		op := &canon.Op{Call: "write", Args: []canon.Arg{{Name: "fd", Value: "tty"}, {Name: "buf", Value: value, Named: named}}}
		return &rules.Form{Op: op, Common: op}
	}
	for _, test := range []struct {
		c, g *rules.Form
		want [2]string
	}{
		{write(`"port 4711"`, `"port P.1"`), write(`"port 4711"`, ""), [2]string{`write(tty, "port 4711")`, `write(tty, "port 4711")`}},
		{write(`"pid 4711"`, `"pid P.1"`), write(`"pid 4712"`, `"pid P.1"`), [2]string{`write(tty, "pid P.1")`, `write(tty, "pid P.1")`}},
	} {
		pair := pairs([]*rules.Form{test.c}, []*rules.Form{test.g})[0]
		if got := [2]string{pair.C.Op, pair.Go.Op}; got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
