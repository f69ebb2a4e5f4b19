package rules

import (
	"slices"
	"strings"
	"testing"

	"paritykit/compare/canon"
)

// keys applies all rules to a sequence, as a verdict does.
func keys(ops []*canon.Op) (list []string) {
	for _, f := range Apply(All, ops) {
		list = append(list, f.Key())
	}
	return list
}

func plain(ops []*canon.Op) (list []string) {
	for _, op := range ops {
		list = append(list, op.Key())
	}
	return list
}

func text(ops []*canon.Op) string {
	var list []string
	for _, op := range ops {
		list = append(list, op.String())
	}
	return strings.Join(list, "; ")
}

// TestExamples holds each rule to its own examples. What it makes alike must differ without it, or the rule is not needed; and the
// rule itself must be what does it.
func TestExamples(t *testing.T) {
	for _, r := range All {
		if r.Why == "" || len(r.Alike) == 0 || len(r.Unlike) == 0 {
			t.Errorf("%s: a rule needs a reason and examples of both kinds", r.Name)
		}
		others := slices.DeleteFunc(slices.Clone(All), func(o *Rule) bool { return o == r })
		for _, e := range r.Alike {
			if slices.Equal(plain(e.C), plain(e.Go)) {
				t.Errorf("%s: %q and %q are the same without any rule", r.Name, text(e.C), text(e.Go))
			}
			if !slices.Equal(keys(e.C), keys(e.Go)) {
				t.Errorf("%s: %q and %q should be alike", r.Name, text(e.C), text(e.Go))
			}
			without := func(ops []*canon.Op) (list []string) {
				for _, f := range Apply(others, ops) {
					list = append(list, f.Key())
				}
				return list
			}
			if slices.Equal(without(e.C), without(e.Go)) {
				t.Errorf("%s: other rules do its work for %q and %q", r.Name, text(e.C), text(e.Go))
			}
		}
		for _, e := range r.Unlike {
			if slices.Equal(keys(e.C), keys(e.Go)) {
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

func TestNamesAreUnique(t *testing.T) {
	for _, r := range All {
		if Find(r.Name) != r {
			t.Errorf("two rules are called %s", r.Name)
		}
	}
}
