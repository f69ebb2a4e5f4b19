package canon

import "paritykit/compare/unwind"

// callers are the program's own lines among the frames outside the one that asked. A call in a helper (fail, a Write method) is made
// for a line further out, and a reader who knows the program by its parts looks for it there.
func (w *who) callers(outside []unwind.Frame) (sites []Site) {
	for _, f := range outside {
		if ofProgram(f) {
			sites = append(sites, w.site(f))
		}
	}
	return sites
}
