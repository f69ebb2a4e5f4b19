// Package rules has the declared equivalences: ways to ask the kernel for the same thing that hold
// in every program. Each has a name, a reason that a reader can check in a man page, and examples
// of what it makes alike and of what it must not touch.
//
// A rule rewrites ops to a common form. It never sees output, exit status or files, so it can't
// hide a difference there.
package rules

import (
	"slices"

	"paritykit/compare/canon"
)

// Rule is one equivalence.
type Rule struct {
	Name string
	Why  string
	// Rewrite brings an op into the common form: it returns a new op, or op itself, which it
	// must not change. May be nil.
	Rewrite func(op *canon.Op) *canon.Op
	// Merge returns the one op that stands for two in a row, or nil if the rule does not apply
	// to them. What a signal handler did between the two is not in their row. May be nil.
	Merge func(op, next *canon.Op) *canon.Op
	// Join returns the one op that the other side may make in place of two in a row, nil if the
	// rule does not apply to them. Where both sides make the two they are the two. May be nil.
	Join func(op, next *canon.Op) *canon.Op
	// Ends reports whether these, which are the last ops of a process, do nothing but bring
	// about the end that it has: then they are part of what the process did before them. May be
	// nil.
	Ends func(ops []*canon.Op) bool
	// Spare reports whether the other side need not have op, of which before is what its
	// process did earlier: then, if it has not, op is part of the last one of its kind. May be
	// nil.
	Spare func(op *canon.Op, before []*Form) bool
	// Passes reports whether op does nothing but let time pass: then the other side need not
	// have it, if what follows comes at the same time there. May be nil.
	Passes func(op *canon.Op) bool
	// Also returns what the other side may do in op's place, nil if nothing else. It is for
	// equivalences that a common form would overstate: two programs that both stand for a third
	// are not therefore the same. May be nil.
	Also func(op *canon.Op) *canon.Op
	// Silent reports whether a Go program does without a call what op does by one: then it need
	// not have op. May be nil.
	Silent func(op *canon.Op) bool
	// Alike are pairs of op sequences that the rule makes equal, Unlike are pairs that must
	// stay different: they are the rule's tests and its documentation.
	Alike, Unlike []Example
}

// Example is a pair of op sequences, of C and of Go.
type Example struct{ C, Go []*canon.Op }

// Form is an op in the common form of all rules.
type Form struct {
	*canon.Op           // as it was; of merged ones the first, where the form stands
	Common    *canon.Op // as the rules rewrote it; Op itself if none did
	*Changes            // never nil
}

// Changes say what rules made of an op. Of the millions that there may be nearly all have none, and
// share it.
type Changes struct {
	Merged    int       // how many ops after it are part of it
	Last      *canon.Op // the last of these, which says when all was done; nil if there are none
	Rules     []string  // the names of the rules that were used, each once
	Other     *canon.Op // what the other side may do in its place, nil if nothing else
	OtherRule string    // the rule that says so
}

var unchanged = &Changes{}

// NewForm is an op that no rule has changed.
func NewForm(op *canon.Op) *Form { return &Form{op, op, unchanged} }

// change is what may be written of a form's changes.
func (f *Form) change() *Changes {
	if f.Changes == unchanged {
		f.Changes = &Changes{}
	}
	return f.Changes
}

// Merge makes one more op a part of the form.
func (f *Form) Merge() { f.change().Merged++ }

// Same reports whether two forms of two sides are: as they stand, with names for what is chance
// (see canon.Run.Text), or because a rule says that one may stand for the other. By is that rule's
// name.
func (f *Form) Same(g *Form) (same bool, by string) {
	switch {
	case f.Common.Same(g.Common):
		return true, ""
	case f.Other != nil && f.Other.Same(g.Common):
		return true, f.OtherRule
	case g.Other != nil && g.Other.Same(f.Common):
		return true, g.OtherRule
	}
	return false, ""
}

func (f *Form) used(rules ...string) {
	for _, name := range rules {
		if !slices.Contains(f.Rules, name) {
			f.change().Rules = append(f.Rules, name)
		}
	}
}

// Apply brings the ops of one process into common form.
func Apply(list []*Rule, ops []*canon.Op) []*Form {
	block := make([]Form, len(ops)) // and not an allocation for each
	forms := make([]*Form, 0, len(ops))
	for i, op := range ops {
		f := &block[i]
		*f = Form{op, op, unchanged}
		f.rewrite(list)
		if before := previous(forms, f); before != nil && before.merge(list, f) {
			continue
		} else if before != nil && before.ends(list, ops[i:]) {
			break
		}
		f.other(list)
		forms = append(forms, f)
	}
	return forms
}

// rewrite brings the op into the common form of all rules.
func (f *Form) rewrite(list []*Rule) {
	for _, r := range list {
		if r.Rewrite == nil {
			continue
		}
		if to := r.Rewrite(f.Common); to != f.Common {
			f.Common = to
			f.used(r.Name)
		}
	}
}

// previous is what the program did before f, nil if nothing: what a handler did meanwhile comes in
// between by chance. Within a handler it's simply the form before.
func previous(forms []*Form, f *Form) *Form {
	for _, before := range slices.Backward(forms) {
		if f.Handler || !before.Handler {
			return before
		}
	}
	return nil
}

// merge makes f stand for itself and for the next one if a rule says so. It stays in its place:
// what it asks for, it asks for there.
func (f *Form) merge(list []*Rule, next *Form) bool {
	for _, r := range list {
		if r.Merge == nil {
			continue
		}
		if one := r.Merge(f.Common, next.Common); one != nil {
			c := f.change()
			f.Common, c.Merged, c.Last, c.Other = one, f.Merged+next.Merged+1, next.Op, nil
			f.used(next.Rules...)
			f.used(r.Name)
			f.rewrite(list)
			f.other(list)
			return true
		}
	}
	return false
}

// ends makes f stand for all that its process still does if a rule says so.
func (f *Form) ends(list []*Rule, rest []*canon.Op) bool {
	for _, r := range list {
		if r.Ends != nil && r.Ends(rest) {
			c := f.change()
			c.Merged, c.Last = f.Merged+len(rest), rest[len(rest)-1]
			f.used(r.Name)
			return true
		}
	}
	return false
}

// Join makes one form of those that a rule lets be one, if the other side does not make them as
// they are: alone reports whether it makes one of forms from to to, or lacks one.
func Join(list []*Rule, forms []*Form, alone func(from, to int) bool) []*Form {
	var out []*Form // nil as long as it would be the same: there may be a million of them
	for i := 0; i < len(forms); {
		one, by, end := joined(list, forms, i)
		if end == i+1 || !alone(i, end) {
			if i++; out != nil {
				out = append(out, forms[i-1])
			}
			continue
		}
		if out == nil {
			out = append(make([]*Form, 0, len(forms)), forms[:i]...)
		}
		f := &Form{forms[i].Op, one, &Changes{Last: forms[end-1].Op}}
		for k := i; k < end; k++ {
			f.Merged += forms[k].Merged
			f.used(forms[k].Rules...)
		}
		f.Merged += end - i - 1
		f.used(by)
		out, i = append(out, f), end
	}
	if out == nil {
		return forms
	}
	return out
}

// joined is the op that stands for form i and those behind it, up to end, and the rule that says
// so.
func joined(list []*Rule, forms []*Form, i int) (one *canon.Op, by string, end int) {
	one, end = forms[i].Common, i+1
	for _, r := range list {
		for r.Join != nil && end < len(forms) {
			next := r.Join(one, forms[end].Common)
			if next == nil {
				break
			}
			one, by, end = next, r.Name, end+1
		}
	}
	return one, by, end
}

// other notes what the other side may do in f's place.
func (f *Form) other(list []*Rule) {
	for _, r := range list {
		if r.Also == nil {
			continue
		}
		if op := r.Also(f.Common); op != nil {
			also := NewForm(op)
			also.rewrite(list) // recvfrom without an address is recv, and recv without flags is read
			c := f.change()
			c.Other, c.OtherRule = also.Common, r.Name
			return
		}
	}
}

// Spare is the earlier form that form i is part of if the other side has nothing like it, with the
// rule that says so; nil if it must have.
func Spare(list []*Rule, forms []*Form, i int) (*Form, string) {
	for _, r := range list {
		if r.Spare == nil || !r.Spare(forms[i].Common, forms[:i]) {
			continue
		}
		for _, f := range slices.Backward(forms[:i]) {
			if f.Common.Call == forms[i].Common.Call {
				return f, r.Name
			}
		}
	}
	return nil, ""
}

// Silent is the rule that says that a Go program need not have an op, nil if it must.
func Silent(list []*Rule, op *canon.Op) *Rule {
	for _, r := range list {
		if r.Silent != nil && r.Silent(op) {
			return r
		}
	}
	return nil
}

// Find is the rule with this name, nil if there is none.
func Find(name string) *Rule {
	for _, r := range All {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// All are the rules, in the order in which they are applied.
var All = []*Rule{pipe2, reexec, spawn, waitid, pidfd, nanosleep, remainder, accept4, dup3, epoll, pselect, wait, recv, writev,
	printing, open, atDirectory, largefile, execvp, goroutine, optional, eintr, poll, signal, notify, pending, kill, raise, bufsiz}

// with is a copy of op with another call and other arguments.
func with(op *canon.Op, call string, args ...canon.Arg) *canon.Op {
	n := *op
	n.Call, n.Args = call, args
	return &n
}

// without is op's arguments but for those named.
func without(op *canon.Op, names ...string) (args []canon.Arg) {
	for _, a := range op.Args {
		if !slices.Contains(names, a.Name) {
			args = append(args, a)
		}
	}
	return args
}

// zero reports whether a value is a number and 0, or flags of which none is set.
func zero(v canon.Value) bool { return v.Equals(0) }

// isNull reports whether a value is a null pointer.
func isNull(v canon.Value) bool { return v.Is(canon.Null) }

// succeeded reports whether a call did, and had no more to say.
func succeeded(op *canon.Op) bool { return op.Result.Is(canon.Nothing) }
