package align

// maxPairing is the largest hunk, in pairs of elements, for which [Pair] looks
// at every pair.
const maxPairing = 1 << 16

// Pair returns the script with those deletions and insertions joined into
// Changes that are two forms of one thing, such as the same system call with
// another argument. similar(i, j) says how much x[i] and y[j] are alike; zero
// or less means that they must not be paired.
//
// Only elements of one hunk are paired, in order, and so that the sum of their
// similarities is greatest; when several pairings are equally good, the one
// that pairs the earlier elements of x. In a hunk of more than 2¹⁶ pairs, where
// weighing all of them would take too long, as many as possible are paired
// and how much they are alike does not count.
//
// It is a second step, not a part of [Align], because "equal" decides the
// verdict and "alike" only how a difference is shown.
func Pair(edits []Edit, similar func(i, j int) int) []Edit {
	var out []Edit
	for len(edits) > 0 {
		e := edits[0]
		edits = edits[1:]
		if e.Op != Delete || len(edits) == 0 || edits[0].Op != Insert {
			out = append(out, e)
			continue
		}
		n, m := e.N, edits[0].N
		edits = edits[1:]
		alike := func(i, j int) int { return similar(e.X+i, e.Y+j) }

		var inner []Edit
		if n <= maxPairing/m {
			inner = script(n, m, heaviest(n, m, alike))
		} else {
			inner = Align(n, m, func(i, j int) bool { return alike(i, j) > 0 })
		}
		for _, p := range inner {
			if p.Op == Keep {
				p.Op = Change
			}
			p.X += e.X
			p.Y += e.Y
			out = append(out, p)
		}
	}
	return out
}

// heaviest returns the pairs (i, j), increasing in both, of which the sum of
// weights is greatest. It fills a table of n by m; [Align] would be quicker,
// but it cannot prefer one pair to another.
func heaviest(n, m int, weight func(i, j int) int) []run {
	// best[i][j] is the greatest sum from the pairs of i… and j… alone. The
	// empty last row and column spare the edge cases.
	best := make([][]int, n+1)
	for i := range best {
		best[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(i, j); w > 0 {
				best[i][j] = max(best[i][j], w+best[i+1][j+1])
			}
		}
	}

	var pairs []run
	for i, j := 0, 0; i < n && j < m; {
		switch w := weight(i, j); {
		case w > 0 && best[i][j] == w+best[i+1][j+1]:
			pairs = append(pairs, run{i, j, 1})
			i, j = i+1, j+1
		case best[i][j] == best[i][j+1]: // leave out of y first: x[i] may still find its like
			j++
		default:
			i++
		}
	}
	return settle(pairs, func(i, j int) bool { return false }) // only to join neighbours
}
