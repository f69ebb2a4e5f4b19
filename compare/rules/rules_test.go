package rules

import (
	"slices"
	"strings"
	"testing"

	"paritykit/compare/canon"
)

// alike applies rules to the sequences of an example, as a verdict does. What need not be on the
// other side is left out of both.
func alike(list []*Rule, e Example) bool {
	needed := func(ops []*canon.Op) (out []*Form) {
		forms := Apply(list, ops)
		for i, f := range forms {
			if of, _ := Spare(list, forms, i); of == nil {
				out = append(out, f)
			}
		}
		return out
	}
	return slices.EqualFunc(needed(e.C), needed(e.Go), func(f, g *Form) bool {
		same, _ := f.Same(g)
		return same
	})
}

func text(ops []*canon.Op) string {
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
				t.Errorf("%s: %q and %q are the same without any rule", r.Name, text(e.C), text(e.Go))
			}
			if !alike(All, e) {
				t.Errorf("%s: %q and %q should be alike", r.Name, text(e.C), text(e.Go))
			}
			if alike(others, e) {
				t.Errorf("%s: other rules do its work for %q and %q", r.Name, text(e.C), text(e.Go))
			}
		}
		for _, e := range r.Unlike {
			if alike(All, e) {
				t.Errorf("%s: %q and %q must not be alike", r.Name, text(e.C), text(e.Go))
			}
		}
	}
}

// TestApply checks that rules name themselves where they were used, and nowhere else.
func TestApply(t *testing.T) {
	ops := []*canon.Op{ex("pipe2", "pipefd", "pipe1", "flags", "0"), ex("pipe", "pipefd", "pipe1"), ex("read", "fd", "pipe1.r")}
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
	first := failed(ex("accept4", "sockfd", "sock1", "flags", "0"), "EINTR")
	ops := []*canon.Op{first, handler(ex("SIGCHLD", "from", "P.1")), handler(ex("wait4", "pid", "-1")),
		failed(ex("accept4", "sockfd", "sock1", "flags", "0"), "conn1"), ex("close", "fd", "conn1")}
	var got []string
	for _, f := range Apply(All, ops) {
		got = append(got, f.Common.String())
		if merged := f.Op == first; merged != (f.Merged == 1) || merged != slices.Equal(f.Rules, []string{"accept4", "eintr"}) {
			t.Errorf("%s: %d merged, by %q", f.Common, f.Merged, f.Rules)
		}
	}
	if want := []string{"accept(sock1) = conn1", "SIGCHLD(P.1)", "wait4(-1)", "close(conn1)"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if first.Result != "EINTR" {
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
