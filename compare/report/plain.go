package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"paritykit/compare/parity"
)

// Safe makes text harmless on a terminal, for messages that are written elsewhere.
func Safe(s string) string { return safe(s) }

// safe makes text harmless on a terminal. Names and output come from programs that may be hostile:
// an escape sequence in them could rewrite what stands above, or worse.
func safe(s string) string {
	if !strings.ContainsFunc(s, unsafeRune) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// unsafeRune reports whether a character could do anything but stand there: control characters, and
// those that change the direction in which text runs.
func unsafeRune(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// cut shortens a call to fit into a list. Its end is kept: the result stands there.
func cut(s string) string {
	s = safe(s)
	n := utf8.RuneCountInString(s)
	if n <= widest {
		return s
	}
	runes := []rune(s)
	const tail = 18
	return string(runes[:widest-tail-1]) + "…" + string(runes[n-tail:])
}

func columns(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, width int) string { return s + strings.Repeat(" ", max(width-columns(s), 0)) }

// Colours help, and never say anything that the text does not.
const (
	red, green, yellow, cyan, strong, plain = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
)

func bold(color bool, s string) string {
	if !color {
		return s
	}
	return strong + s + plain
}

func (t Text) paint(v parity.Verdict, s string) string {
	if !t.Color {
		return s
	}
	return map[parity.Verdict]string{parity.Same: green, parity.Equivalent: green, parity.Known: yellow, parity.Different: red,
		parity.Error: red}[v] + s + plain
}

func (t Text) glyph(g string) string {
	if !t.Color {
		return g
	}
	if c := map[string]string{"~": cyan, "-": red, "+": green}[g]; c != "" {
		return c + g + plain
	}
	return g
}
