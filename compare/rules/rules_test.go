package rules

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
)

// alike applies rules to the sequences of an example, as a verdict does. What need not be on the
// other side is left out of both.
func alike(list []*Rule, e Example) bool {
	needed := func(ops []*canon.Op) (out []*Form) {
		forms := Apply(list, ops)
		for i, f := range forms {
			if of, _ := Spare(list, forms, i); of == nil && Silent(list, f.Common) == nil {
				out = append(out, f)
			}
		}
		return out
	}
	c, g := needed(e.C), needed(e.Go)
	if n, m := len(c)-1, len(g)-1; n >= 0 && m >= 0 {
		next := [2]*Form{c[n], g[m]}
		waitsC, _ := Passed(list, c[:n], g[:m], next)
		waitsGo, _ := Passed(list, g[:m], c[:n], next)
		c = slices.DeleteFunc(c, func(f *Form) bool { return slices.Contains(waitsC, f) })
		g = slices.DeleteFunc(g, func(f *Form) bool { return slices.Contains(waitsGo, f) })
	}
	same := func(c, g []*Form) bool {
		return slices.EqualFunc(c, g, func(f, g *Form) bool {
			same, _ := f.Same(g)
			return same
		})
	}
	join := func(forms []*Form) []*Form { return Join(list, forms, func(int, int) bool { return true }) }
	return same(c, g) || same(join(c), g) || same(c, join(g))
}

func written(ops []*canon.Op) string {
	var list []string
	for _, op := range ops {
		list = append(list, op.String())
	}
	return strings.Join(list, "; ")
}

// TestExamples holds each rule to its own examples. What it makes alike must differ without it, or
// the rule is not needed; and the rule itself must be what does it.
func TestExamples(t *testing.T) {
	for _, r := range All {
		if r.Why == "" || len(r.Alike) == 0 || len(r.Unlike) == 0 {
			t.Errorf("%s: a rule needs a reason and examples of both kinds", r.Name)
		}
		others := slices.DeleteFunc(slices.Clone(All), func(o *Rule) bool { return o == r })
		for _, e := range r.Alike {
			if slices.EqualFunc(e.C, e.Go, (*canon.Op).Same) {
				t.Errorf("%s: %q and %q are the same without any rule", r.Name, written(e.C), written(e.Go))
			}
			if !alike(All, e) {
				t.Errorf("%s: %q and %q should be alike", r.Name, written(e.C), written(e.Go))
			}
			if alike(others, e) {
				t.Errorf("%s: other rules do its work for %q and %q", r.Name, written(e.C), written(e.Go))
			}
		}
		for _, e := range r.Unlike {
			if alike(All, e) {
				t.Errorf("%s: %q and %q must not be alike", r.Name, written(e.C), written(e.Go))
			}
		}
	}
}

// TestApply checks that rules name themselves where they were used, and nowhere else.
func TestApply(t *testing.T) {
	ops := []*canon.Op{ex("pipe2", "pipefd", obj("pipe1"), "flags", bits(0)),
		ex("pipe", "pipefd", obj("pipe1")), ex("read", "fd", obj("pipe1.r"))}
	forms := Apply(All, ops)
	var used []string
	for i, f := range forms {
		if f.Op != ops[i] {
			t.Errorf("form %d is of %v", i, f.Op)
		}
		used = append(used, strings.Join(f.Rules, "+"))
	}
	if want := []string{"pipe2", "", ""}; !slices.Equal(used, want) {
		t.Errorf("rules used: %q, want %q", used, want)
	}
	if ops[0].Call != "pipe2" {
		t.Error("a rule changed an op in place")
	}
}

// TestMerged checks that what merges stands where it was begun, before what a handler did
// meanwhile.
func TestMerged(t *testing.T) {
	first := failed(ex("accept4", "sockfd", obj("sock1"), "flags", bits(0)), unix.EINTR)
	ops := []*canon.Op{first, handler(ex("SIGCHLD", "from", process("P.1"))),
		handler(ex("wait4", "pid", num(-1))),
		gives(ex("accept4", "sockfd", obj("sock1"), "flags", bits(0)), obj("conn1")),
		ex("close", "fd", obj("conn1"))}
	var got []string
	for _, f := range Apply(All, ops) {
		got = append(got, f.Common.String())
		if merged := f.Op == first; merged != (f.Merged == 1) ||
			merged != slices.Equal(f.Rules, []string{"accept4", "eintr"}) {
			t.Errorf("%s: %d merged, by %q", f.Common, f.Merged, f.Rules)
		}
	}
	if want := []string{"accept(sock1) = conn1", "SIGCHLD(P.1)", "wait4(-1)",
		"close(conn1)"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if first.Result.Errno() != unix.EINTR {
		t.Error("a rule changed an op in place")
	}
}

func TestNamesAreUnique(t *testing.T) {
	for _, r := range All {
		if Find(r.Name) != r {
			t.Errorf("two rules are called %s", r.Name)
		}
	}
}
