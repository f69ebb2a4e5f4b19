package align

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// picture shows a script with one character per element or pair of elements.
func picture(edits []Edit) string {
	glyph := map[Op]string{Keep: ".", Delete: "X", Insert: "Y", Change: "M"}
	var b strings.Builder
	for _, e := range edits {
		b.WriteString(strings.Repeat(glyph[e.Op], e.N))
	}
	return b.String()
}

// alignText aligns two strings by byte. Spaces are left out first: tables use
// them to write equal elements under each other.
func alignText(x, y string) []Edit {
	x, y = strings.ReplaceAll(x, " ", ""), strings.ReplaceAll(y, " ", "")
	return Align(len(x), len(y), func(i, j int) bool { return x[i] == y[j] })
}

func TestAlign(t *testing.T) {
	tests := []struct{ name, x, y, want string }{
		{
			name: "nothing",
			x:    "",
			y:    "",
			want: "",
		}, {
			name: "equal",
			x:    "0123456789",
			y:    "0123456789",
			want: "..........",
		}, {
			name: "only x",
			x:    "012",
			y:    "   ",
			want: "XXX",
		}, {
			name: "only y",
			x:    "   ",
			y:    "012",
			want: "YYY",
		}, {
			name: "inserted in the middle",
			x:    "01234  56",
			y:    "01234##56",
			want: ".....YY..",
		}, {
			name: "deleted in the middle",
			x:    "01234##56",
			y:    "01234  56",
			want: ".....XX..",
		}, {
			name: "deleted at both ends",
			x:    "##0123##",
			y:    "  0123  ",
			want: "XX....XX",
		}, {
			name: "deletions come before insertions",
			x:    "01ab  23",
			y:    "01  AB23",
			want: "..XXYY..",
		}, {
			name: "nothing in common",
			x:    "abc   ",
			y:    "   ABC",
			want: "XXXYYY",
		}, {
			name: "two hunks stay apart",
			x:    "0a 12b 3",
			y:    "0 A12 B3",
			want: ".XY..XY.",
		}, {
			name: "rotated",
			x:    " 0123456789",
			y:    "90123456780",
			want: "Y.........XY",
		}, {
			name: "of equal neighbours the first are kept (x)",
			x:    "a###b",
			y:    "a#  b",
			want: "..XX.",
		}, {
			name: "of equal neighbours the first are kept (y)",
			x:    "a#  b",
			y:    "a###b",
			want: "..YY.",
		}, {
			name: "of equal groups the first is kept",
			x:    "<rwc rwc>",
			y:    "<    rwc>",
			want: "....XXX.",
		}, {
			name: "between other differences too",
			x:    "p 0# # 1q ",
			y:    " P0#   1 Q",
			want: "XY..X.XY",
		}, {
			name: "a late hunk that reaches the next one joins it",
			x:    "#a # b",
			y:    "# a  B",
			want: "..XXY",
		}, {
			name: "Myers, figure 1",
			x:    "A BCABBA ",
			y:    " CB AB AC",
			want: "XY.X..X.Y",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := picture(alignText(tt.x, tt.y)); got != tt.want {
				t.Errorf("\n   x: %s\n   y: %s\n got: %s\nwant: %s", tt.x, tt.y, got, tt.want)
			}
		})
	}
}

// The pictures do not show where an edit says that it stands.
func TestEdits(t *testing.T) {
	got := alignText("01ab45", "01A45678")
	want := []Edit{
		{Keep, 0, 0, 2},
		{Delete, 2, 2, 2},
		{Insert, 4, 2, 1},
		{Keep, 4, 3, 2},
		{Insert, 6, 5, 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPair(t *testing.T) {
	// A letter is like itself in the other case; A is more like a than like á.
	weight := map[string]int{"aA": 2, "bB": 2, "cC": 2, "áA": 1, "aÁ": 1}
	tests := []struct{ name, x, y, want string }{
		{
			name: "one for one",
			x:    "0a1",
			y:    "0A1",
			want: ".M.",
		}, {
			name: "not alike",
			x:    "0a 1",
			y:    "0 B1",
			want: ".XY.",
		}, {
			name: "what is between them stays, deletions first",
			x:    "0axb c1",
			y:    "0A ByC1",
			want: ".MXMYM.",
		}, {
			name: "a pair does not cross another",
			x:    "0 ab1",
			y:    "0BA 1",
			want: ".YMX.",
		}, {
			name: "the more alike, also if later",
			x:    "0áa1",
			y:    "0 A1",
			want: ".XM.",
		}, {
			name: "of equally alike ones the earlier",
			x:    "0aa1",
			y:    "0A 1",
			want: ".MX.",
		}, {
			name: "not across what is kept",
			x:    "0a1 2",
			y:    "0 1A2",
			want: ".X.Y.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := []rune(strings.ReplaceAll(tt.x, " ", ""))
			y := []rune(strings.ReplaceAll(tt.y, " ", ""))
			edits := Align(len(x), len(y), func(i, j int) bool { return x[i] == y[j] })
			got := Pair(edits, func(i, j int) int { return weight[string(x[i])+string(y[j])] })
			if got := picture(got); got != tt.want {
				t.Errorf("\n   x: %s\n   y: %s\n got: %s\nwant: %s", tt.x, tt.y, got, tt.want)
			}
		})
	}
}

// A hunk too large to weigh every pair still gets its changes shown as such.
func TestPairLargeHunk(t *testing.T) {
	n := 2 * maxPairing
	edits := Align(n, n, func(i, j int) bool { return false })
	got := Pair(edits, func(i, j int) int {
		if i == j {
			return 1
		}
		return 0
	})
	if diff := cmp.Diff([]Edit{{Change, 0, 0, n}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzAlign aligns two sequences and checks what holds for every script. Only
// the low two bits of each byte count, so that elements repeat often.
func FuzzAlign(f *testing.F) {
	f.Add([]byte(""), []byte("0"))
	f.Add([]byte("012012"), []byte("201201"))
	f.Add([]byte("0123000012"), []byte("0120003012"))
	f.Add([]byte("33012333"), []byte("00011122"))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		x, y = x[:min(len(x), 200)], y[:min(len(y), 200)]
		for _, s := range [][]byte{x, y} {
			for i := range s {
				s[i] = '0' + s[i]%4
			}
		}
		eq := func(i, j int) bool { return x[i] == y[j] }

		edits := Align(len(x), len(y), eq)
		checkScript(t, edits, x, y)
		if got, want := kept(edits), longestCommon(x, y); got != want {
			t.Errorf("x %s, y %s: %d pairs kept, the most possible is %d: %s", x, y, got, want, picture(edits))
		}
		checkLate(t, edits, eq)

		alike := func(i, j int) int { return int(x[i]+y[j]) % 3 }
		checkScript(t, Pair(edits, alike), x, y)
	})
}

// Random sequences make `go test` do part of what fuzzing does.
func TestAlignRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		x := randomBytes(rng, rng.IntN(60), 1+rng.IntN(8))
		y := randomBytes(rng, rng.IntN(60), 1+rng.IntN(8))
		eq := func(i, j int) bool { return x[i] == y[j] }
		edits := Align(len(x), len(y), eq)
		checkScript(t, edits, x, y)
		if got, want := kept(edits), longestCommon(x, y); got != want {
			t.Fatalf("x %s, y %s: %d pairs kept, the most possible is %d: %s", x, y, got, want, picture(edits))
		}
		checkLate(t, edits, eq)
	}
}

// The bound on the search makes scripts coarser, never wrong, and unlike
// sequences cheap.
func TestAlignBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 20_000
	tests := []struct {
		name string
		x, y []byte
		most int // comparisons per element
	}{
		{"nothing in common", randomBytes(rng, n, 1), []byte(strings.Repeat("x", n)), 2000},
		{"two letters", randomBytes(rng, n, 2), randomBytes(rng, n, 2), 2000},
		{"ten letters", randomBytes(rng, n, 10), randomBytes(rng, n, 10), 2000},
		{"one side long", randomBytes(rng, n, 10), randomBytes(rng, n/100, 10), 2000},
		{"a loop, cut short often", loop(n, 0), loop(n, 100), 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			edits := Align(len(tt.x), len(tt.y), func(i, j int) bool {
				calls++
				return tt.x[i] == tt.y[j]
			})
			checkScript(t, edits, tt.x, tt.y)
			each := calls / (len(tt.x) + len(tt.y))
			t.Logf("%d comparisons per element", each)
			if each > tt.most {
				t.Errorf("%d comparisons per element, want at most %d", each, tt.most)
			}
		})
	}
}

// checkScript checks that the script covers x and y in order, that it keeps
// only what is equal, and that it makes y from x.
func checkScript(t *testing.T, edits []Edit, x, y []byte) {
	t.Helper()
	var made []byte
	i, j := 0, 0
	for at, e := range edits {
		if e.X != i || e.Y != j || e.N <= 0 {
			t.Fatalf("x %s, y %s: edit %d is %+v, want it to start at %d, %d", x, y, at, e, i, j)
		}
		if at > 0 && edits[at-1].Op == e.Op && e.Op != Change {
			t.Errorf("x %s, y %s: edit %d continues the one before: %+v", x, y, at, e)
		}
		if at > 0 && edits[at-1].Op == Insert && e.Op == Delete {
			t.Errorf("x %s, y %s: edit %d deletes after an insertion: %+v", x, y, at, e)
		}
		switch e.Op {
		case Keep:
			if !slices.Equal(x[i:i+e.N], y[j:j+e.N]) {
				t.Errorf("x %s, y %s: edit %d keeps what differs: %+v", x, y, at, e)
			}
			made = append(made, x[i:i+e.N]...)
			i, j = i+e.N, j+e.N
		case Change:
			made = append(made, y[j:j+e.N]...)
			i, j = i+e.N, j+e.N
		case Delete:
			i += e.N
		case Insert:
			made = append(made, y[j:j+e.N]...)
			j += e.N
		}
	}
	if i != len(x) || j != len(y) || string(made) != string(y) {
		t.Errorf("x %s, y %s: the script ends at %d, %d and makes %s", x, y, i, j, made)
	}
}

// checkLate checks that no hunk of one kind could stand later.
func checkLate(t *testing.T, edits []Edit, eq func(i, j int) bool) {
	t.Helper()
	for at, e := range edits {
		alone := at == 0 || edits[at-1].Op == Keep
		if e.Op != Keep && alone && at+1 < len(edits) && edits[at+1].Op == Keep && eq(e.X, e.Y) {
			t.Errorf("edit %d could stand later: %s", at, picture(edits))
		}
	}
}

func kept(edits []Edit) (n int) {
	for _, e := range edits {
		if e.Op == Keep {
			n += e.N
		}
	}
	return n
}

// longestCommon returns the length of the longest common subsequence, by the
// table that everyone can check by eye.
func longestCommon(x, y []byte) int {
	row := make([]int, len(y)+1) // row[j]: of x[:i] and y[:j]
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if x[i] == y[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(y)]
}

func randomBytes(rng *rand.Rand, n, letters int) []byte {
	s := make([]byte, n)
	for i := range s {
		s[i] = byte('0' + rng.IntN(letters))
	}
	return s
}

// loop returns n elements of "open, read, write, close" again and again; every
// cut elements one is left out.
func loop(n, cut int) []byte {
	var s []byte
	for i := range n {
		if cut == 0 || i%cut != 0 {
			s = append(s, "orwc"[i%4])
		}
	}
	return s
}

// BenchmarkAlign shows what one difference in a thousand costs: the time per
// element must not grow with their number. "distinct" has elements that seldom
// repeat, "loop" few different ones, which is harder; "unlike" has nothing in
// common.
func BenchmarkAlign(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("distinct/%d", n), func(b *testing.B) {
			x, y := make([]int, n), make([]int, n)
			for i := range n {
				x[i], y[i] = i, i
				if i%1000 == 500 {
					y[i] = -1
				}
			}
			benchmark(b, n, n, func(i, j int) bool { return x[i] == y[j] })
		})
		b.Run(fmt.Sprintf("loop/%d", n), func(b *testing.B) {
			x, y := loop(n, 0), loop(n, 1000)
			benchmark(b, len(x), len(y), func(i, j int) bool { return x[i] == y[j] })
		})
		b.Run(fmt.Sprintf("unlike/%d", n), func(b *testing.B) {
			if n > 100_000 {
				b.Skip("takes seconds")
			}
			benchmark(b, n, n, func(i, j int) bool { return false })
		})
	}
}

func benchmark(b *testing.B, nx, ny int, eq func(i, j int) bool) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		Align(nx, ny, eq)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*nx), "ns/element")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB/op")
}
