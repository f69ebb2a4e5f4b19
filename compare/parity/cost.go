package parity

import "time"

// Cost is what a side took in its first run, with all its processes, those included that a library
// made for itself. See trace.Cost for what counts and what does not. Its figures differ from run to
// run.
type Cost struct {
	Processes   int           `json:"processes"`
	Threads     int           `json:"threads"`
	CPU         time.Duration `json:"cpu_ns"`
	Voluntary   int           `json:"voluntary_switches"`
	Involuntary int           `json:"involuntary_switches"`
	Peak        int           `json:"peak_kib"`  // of the largest process
	Peaks       int           `json:"peaks_kib"` // of all processes together; what they share counts for each
}

// cost sums up what the processes of a run took.
func (out *outcome) cost() *Cost {
	var c Cost
	for _, p := range out.trace.Processes {
		if p.Cost.Threads == 0 {
			continue // gone before it could be asked, or never the program
		}
		c.Processes++
		c.Threads += p.Cost.Threads
		c.CPU += p.Cost.CPU
		c.Voluntary += p.Cost.Voluntary
		c.Involuntary += p.Cost.Involuntary
		c.Peak = max(c.Peak, p.Cost.Peak)
		c.Peaks += p.Cost.Peak
	}
	return &c
}
