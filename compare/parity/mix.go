package parity

import (
	"context"
	"fmt"

	"paritykit/compare/casefile"
)

// mix runs a case with C's server and Go's clients, and the other way round, and holds what a user
// sees of that against what C's own run shows: terminals, standard error, how each process ends,
// and the files. (The calls are those of either side's own run.)
func (o *Options) mix(ctx context.Context, r *Result, c *casefile.Case, outs [2]*outcome) {
	for _, keys := range [][2]string{{"c", "go"}, {"go", "c"}} {
		name := fmt.Sprintf("%s's %s with %s's clients", r.label(keys[0]), c.Programs[0], r.label(keys[1]))
		s, err := o.side(c, keys[0], keys[1])
		if err != nil {
			r.failed(keys[1], err)
			return
		}
		out := o.run(ctx, s, false)
		if !o.Work {
			removeDir(out.dir)
		}
		if out.err != nil {
			r.Verdict, r.Error = Error, fmt.Sprintf("%s: %v", name, out.err)
			return
		}
		seen := &Result{}
		seen.compareSeen(outs[0], out)
		seen.scripted(outs[0], out)
		for _, d := range seen.Differences {
			d.Mix = name
			r.add(d)
		}
		r.Mixed = append(r.Mixed, name)
	}
	r.conclude()
}

// label is what people call a side.
func (r *Result) label(key string) string {
	if key == "c" {
		return r.Labels()[0]
	}
	return r.Labels()[1]
}
