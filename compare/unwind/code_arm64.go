package unwind

// epilogueRule is not written for this machine: its frame pointers are a guess that mostly holds.
func (im *image) epilogueRule(next uint64) (rule, bool) { return rule{}, false }

type text struct{}

// addressesTaken is not written for this machine either.
func addressesTaken(code []byte, pc uint64) []uint64 { return nil }
