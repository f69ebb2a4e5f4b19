package parity

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// unseen lists what a run did that is not looked at, so that no verdict says anything of it.
func (out *outcome) unseen() (list []string) {
	counts := map[string]int{}
	gone := slices.ContainsFunc(out.trace.Written, func(w trace.Written) bool { return w.Gone && !w.Kept })
	for _, p := range out.run.Processes {
		for _, op := range p.Ops {
			for _, a := range op.Args {
				if a.Value.Contains(canon.Unseen) {
					counts[fmt.Sprintf("the argument %s of %s", a.Name, op.Call)]++
				}
			}
			if what := sharedMemory(op, gone); what != "" {
				counts[what]++
			}
			if role := op.Sig().Role; role == abi.Traces || role == abi.OffersTracing {
				counts["what a tracer would see and change (ptrace): a process has one, which is parity"]++
			}
		}
	}
	for what, n := range counts {
		if n > 1 {
			what += fmt.Sprintf(" (%d calls)", n)
		}
		list = append(list, what)
	}
	for _, path := range out.large {
		list = append(list, "the content of "+path)
	}
	for _, path := range out.trace.Deprived {
		list = append(list, fmt.Sprintf("what %s does with the privilege that its file gives (setuid): it lacks that here", path))
	}
	slices.Sort(list)
	return list
}

// sharedMemory says that a call maps memory through which processes speak to each other without a
// call: what they read and write there no call shows. A file that is mapped is compared at the end
// of the run, if none that was written is gone by then.
func sharedMemory(op *canon.Op, gone bool) string {
	flags := op.Arg("flags")
	shared := flags.Has(unix.MAP_SHARED) // which MAP_SHARED_VALIDATE has, too
	switch what := op.Sig().Changes; {
	case what&abi.Shared != 0:
		return fmt.Sprintf("what processes write to shared memory (%s)", op.Call)
	case what&abi.Mapped == 0 || !shared:
		return ""
	case flags.Has(unix.MAP_ANONYMOUS):
		return fmt.Sprintf("what processes write to shared memory (%s)", op.Call)
	case op.Arg("prot").Has(unix.PROT_WRITE) && gone:
		return fmt.Sprintf("what a mapping writes to a file that is gone at the end (%s)", op.Call)
	}
	return ""
}

// notLookedAt notes what was not looked at of either side.
func (r *Result) notLookedAt(outs [2]*outcome) {
	for _, out := range outs {
		if out.run == nil {
			continue
		}
		for _, what := range out.unseen() {
			if !slices.Contains(r.NotLooked, what) {
				r.NotLooked = append(r.NotLooked, what)
			}
		}
	}
}

// strict makes an error of a verdict of sameness over what was not wholly looked at.
func (o *Options) strict(r *Result) {
	if o.Strict && len(r.NotLooked) > 0 && r.Verdict.Exit() == 0 {
		r.Verdict, r.Error = Error, "-strict: not looked at: "+strings.Join(r.NotLooked, "; ")
	}
}
