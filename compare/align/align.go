// Package align finds what two sequences have in common, and so what was
// deleted from the one and inserted into the other. It knows the sequences
// only by their lengths and by a function that reports whether two elements are
// equal: it can align lines of text, system calls, or anything else.
package align

// An Op says what an [Edit] does. Its value is the glyph that a report shows.
type Op byte

const (
	Keep   Op = '=' // an element of x and one of y that are equal
	Delete Op = '-' // an element of x that y lacks
	Insert Op = '+' // an element of y that x lacks
	Change Op = '~' // an element of x and one of y that differ, but belong together; see [Pair]
)

// An Edit is one Op on N > 0 elements in a row.
//
// Keep and Change speak of the pairs (X, Y), (X+1, Y+1) … (X+N-1, Y+N-1).
// Delete speaks of X … X+N-1 in x, and Y is where in y they would stand;
// Insert speaks of Y … Y+N-1 in y, and X is where in x they would stand.
//
// Runs, not one Edit an element: two traces that agree are one Edit, however
// long they are.
type Edit struct {
	Op      Op
	X, Y, N int
}

// maxWaste bounds one search: how many pairs of elements it may compare beyond
// those that brought it forward. See [Align].
const maxWaste = 1 << 20

// Align returns the script that turns a sequence x of nx elements into a
// sequence y of ny elements, where eq(i, j) reports whether x[i] equals y[j].
// The edits are in order and cover both sequences without gap or overlap; it
// is nil when both are empty.
//
// eq must always give the same answer for the same pair. It need not be
// transitive, so declared equivalences are fine. It is called often: give
// each element a small integer first and compare those.
//
// # Algorithm
//
// Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1,
// 1986), in its linear-space form (section 4b). Sequences of N elements with D
// differences cost about N + D² comparisons when elements seldom repeat and
// N·D at worst; two traces of one program have a large N and a small D, which
// is where this algorithm is at its best. The script is minimal: no other has
// fewer deletions and insertions. Of the others, anchoring on elements that
// occur once (patience, as in Go's internal/diff) has to hash elements and
// finds no anchor in a loop of equal calls; go-cmp's greedy search is faster
// on unlike sequences but seldom minimal, and the script is read by people.
//
// What Myers does badly is two long sequences with little in common, so each
// search for a place to divide has a bound: when it has compared 2²⁰ pairs
// that did not bring it forward, it divides at the furthest point reached so
// far. The script is correct then, but perhaps not minimal. Where elements
// seldom repeat, this begins at about 2000 differences. The cost stays linear,
// at a few thousand comparisons per element at the very worst. Memory is two
// words per element while Align runs, and the script.
//
// # Choice
//
// The same input always gives the same script. The common prefix is kept.
// Within a hunk (what stands between two Keeps) all deletions come before all
// insertions. A hunk that only deletes or only inserts stands as late as it
// can: of equal neighbours the first is kept, and the last is the surplus one.
func Align(nx, ny int, eq func(i, j int) bool) []Edit {
	s := &search{eq: eq}
	s.box(0, 0, nx, ny)
	return script(nx, ny, settle(s.runs, eq))
}

// A run is n pairs of equal elements: (x, y), (x+1, y+1) …
type run struct{ x, y, n int }

// A search collects the runs of equal elements, from first to last.
type search struct {
	eq       func(i, j int) bool
	fwd, rev []int // the memory of the two frontiers, used by one box after another
	runs     []run
}

// box collects the runs between x[x0:x1] and y[y0:y1]: the common prefix and
// suffix at once, the rest by dividing.
func (s *search) box(x0, y0, x1, y1 int) {
	n := 0
	for x0+n < x1 && y0+n < y1 && s.eq(x0+n, y0+n) {
		n++
	}
	s.keep(x0, y0, n)
	x0, y0 = x0+n, y0+n

	n = 0
	for x0 < x1-n && y0 < y1-n && s.eq(x1-n-1, y1-n-1) {
		n++
	}
	x1, y1 = x1-n, y1-n

	// Two sides that are not empty and agree at neither end are at least two
	// edits apart, so the dividing point is at least one edit from each
	// corner, and both parts are smaller than the whole.
	if x0 < x1 && y0 < y1 {
		x, y := s.divide(x0, y0, x1, y1)
		s.box(x0, y0, x, y)
		s.box(x, y, x1, y1)
	}
	s.keep(x1, y1, n)
}

func (s *search) keep(x, y, n int) {
	if n > 0 {
		s.runs = append(s.runs, run{x, y, n})
	}
}

// divide returns a point inside the box through which a shortest script goes,
// or nearly shortest when the search came to its bound.
//
// Paths grow from both corners in turn, by one edit each time. When two of
// them meet, their sum is the shortest script, and where they meet divides it
// into halves: a quarter of the work each, so that all divisions together
// cost no more than twice the first.
func (s *search) divide(x0, y0, x1, y1 int) (x, y int) {
	n, m := x1-x0, y1-y0
	if s.fwd == nil { // the first box divided is the largest
		s.fwd = make([]int, n+m+3)
		s.rev = make([]int, n+m+3)
	}
	f := frontier{at: s.fwd, n: n, m: m, eq: func(i, j int) bool { return s.eq(x0+i, y0+j) }}
	r := frontier{at: s.rev, n: n, m: m, eq: func(i, j int) bool { return s.eq(x1-1-i, y1-1-j) }}
	f.set(0, 0)
	r.set(0, 0)

	// After d edits a path is on a diagonal of d's parity. So paths of d and
	// d-1 edits can meet only if the corners' diagonals differ by an odd
	// number, and paths of d and d edits only if by an even one.
	odd := (n-m)%2 != 0
	for {
		f.grow()
		if odd {
			if x, y, ok := f.meets(&r); ok {
				return x0 + x, y0 + y
			}
		}
		r.grow()
		if !odd {
			if x, y, ok := r.meets(&f); ok {
				return x1 - x, y1 - y
			}
		}
		if f.waste()+r.waste() > maxWaste {
			if f.x+f.y >= r.x+r.y {
				return x0 + f.x, y0 + f.y
			}
			return x1 - r.x, y1 - r.y
		}
	}
}

// A frontier is how far the paths from one corner of a box of n by m elements
// have come. It counts from its own corner inwards, so that the search from
// the end is the search from the start in a mirror.
//
// A path is on diagonal k when it has used k elements more of x than of y.
// After each edit, every second diagonal from lo to hi has a path.
type frontier struct {
	n, m     int
	eq       func(i, j int) bool
	at       []int // by diagonal: how many elements of x the furthest path has used
	lo, hi   int
	x, y     int // the furthest point inside the box
	compared int // calls of eq
}

// Diagonals from -m-1 to n+1 have a place: the outer two are sentinels.
func (f *frontier) get(k int) int { return f.at[k+f.m+1] }
func (f *frontier) set(k, x int)  { f.at[k+f.m+1] = x }

// grow takes all paths one edit further, and then along all equal pairs that
// follow.
func (f *frontier) grow() {
	// The fan of diagonals opens by one on both sides, as long as it is
	// within the box; then it closes, for what is outside leads nowhere.
	if f.lo > -f.m {
		f.lo--
		f.set(f.lo-1, -1)
	} else {
		f.lo++
	}
	if f.hi < f.n {
		f.hi++
		f.set(f.hi+1, -1)
	} else {
		f.hi--
	}
	for k := f.lo; k <= f.hi; k += 2 {
		// Either one more of x than the diagonal below, or one more of y
		// than the diagonal above. The point may be outside the box: then
		// it stays there, and a better path has met the other frontier
		// before it could.
		x := max(f.get(k-1)+1, f.get(k+1))
		y := x - k
		from := x
		for x < f.n && y < f.m && f.eq(x, y) {
			x++
			y++
		}
		f.set(k, x)
		f.compared += x - from + 1
		if x <= f.n && y <= f.m && x+y > f.x+f.y {
			f.x, f.y = x, y
		}
	}
}

// waste returns how many comparisons did not bring the furthest path forward.
func (f *frontier) waste() int { return f.compared - (f.x+f.y)/2 }

// meets looks for a path of f that has come up to or past a path of g, the
// frontier from the other corner, and returns its end in f's count.
func (f *frontier) meets(g *frontier) (x, y int, ok bool) {
	across := f.n - f.m // f's diagonal k is g's diagonal across-k
	for k := max(f.lo, across-g.hi); k <= min(f.hi, across-g.lo); k++ {
		if (k-f.lo)%2 == 0 && f.get(k)+g.get(across-k) >= f.n {
			return f.get(k), f.get(k) - k, true
		}
	}
	return 0, 0, false
}

// settle joins runs that touch, and moves every hunk that only deletes or only
// inserts as late as it goes: while the first element of the hunk equals the
// first one kept after it, that one may be kept in its place. A hunk that does
// both stays where it is: in a shortest script its first deletion and its
// first insertion differ, or else they would have been kept.
func settle(runs []run, eq func(i, j int) bool) []run {
	out := []run{{}} // an empty run before the first, so that every run has one before it
	for _, r := range runs {
		last := &out[len(out)-1]
		x, y := last.x+last.n, last.y+last.n
		for r.n > 0 && (x != r.x || y != r.y) && eq(x, y) {
			last.n++
			x, y = x+1, y+1
			r = run{r.x + 1, r.y + 1, r.n - 1}
		}
		switch {
		case x == r.x && y == r.y:
			last.n += r.n
		case r.n > 0:
			out = append(out, r)
		}
	}
	return out
}

// script says in edits what the runs leave out between them.
func script(nx, ny int, runs []run) []Edit {
	var edits []Edit
	add := func(op Op, x, y, n int) {
		if n > 0 {
			edits = append(edits, Edit{op, x, y, n})
		}
	}
	x, y := 0, 0
	for _, r := range append(runs, run{nx, ny, 0}) {
		add(Delete, x, y, r.x-x)
		add(Insert, r.x, y, r.y-y)
		add(Keep, r.x, r.y, r.n)
		x, y = r.x+r.n, r.y+r.n
	}
	return edits
}
