package parity

import (
	"paritykit/compare/abi"
	"paritykit/compare/sched"
)

// Failures are those of a result's calls that can fail, of each line the first two (it may make two
// such calls) and the first that finds the end of what it reads: what the kernel may say of any
// call of that name. An interrupted one is not among them: a kernel that restarts calls never says
// so.
func (r *Result) Failures() (list []sched.Failure) {
	seen := map[string]int{} // by call and line
	for _, p := range r.Processes {
		counts := map[string]int{}
		for _, pair := range p.Pairs {
			if pair.Sides[0] == nil {
				continue
			}
			op := pair.Sides[0].op
			sig := op.Sig().Common()
			if sig.Fails == 0 || sig.Clones() && !op.Forks() {
				continue
			}
			call := sig.Name
			counts[call]++
			key := call + " " + pair.Sides[0].Site
			most := 2
			if b, whole := op.Arg("buf").Bytes(); sig.Uses(abi.Takes) && whole && len(b) == 0 {
				key, most = key+" at the end", 1
			}
			if seen[key] < most {
				seen[key]++
				list = append(list, sched.Failure{Process: p.Name, Call: call, Nth: counts[call], Errno: sig.Fails, Site: pair.Sides[0].Site})
			}
		}
	}
	return list
}
