package detect

import (
	"slices"
	"strings"
)

// A card number has from leastDigits to mostDigits digits.
const leastDigits, mostDigits = 13, 19

// card finds a payment card number (ISO/IEC 7812-1: 13 to 19 digits here, of
// which the last is a Luhn check digit) that begins with the group of digits at
// t.s[i].
func card(_ *Detector, t text, i int) (lo, hi int) {
	s := t.s
	next := endOfGroup(s, i)
	if hi = cardAt(s, i); hi == 0 {
		return -1, next
	}
	// Another may begin within it and end behind it.
	for a := next; a < hi; a++ {
		if isDigit(s[a]) {
			hi = max(hi, cardAt(s, a))
			a = endOfGroup(s, a)
		}
	}
	return i, hi
}

// cardAt returns the end of the longest card number that begins with the group
// at s[a], or 0.
func cardAt(s string, a int) int {
	if s[a] == '0' {
		return 0 // no issuer has it, and a row of zeros passes Luhn
	}
	return max(groupedCard(s, a), spelledCard(s, a))
}

// groupedCard takes groups of at most six digits, as every card has them, with
// spaces and dashes between them, and a single group of any length. A number
// after it, such as a month, does not hide it.
func groupedCard(s string, a int) (best int) {
	digits := 0
	for j, groups := a, 1; j >= 0; groups++ {
		end := j
		for ; end < len(s) && isDigit(s[end]); end++ {
			if digits++; digits > mostDigits {
				return best
			}
		}
		if groups > 1 && end-j > 6 {
			return best
		}
		if digits >= leastDigits && luhn(s[a:end]) && (groups > 1 && !inUUID(s, a, end) || groups == 1 && !inHash(s, a, end)) {
			best = end
		}
		if end-j > 6 {
			return best
		}
		j = nextGroup(s, end)
	}
	return best
}

// spelledCard takes groups that are set apart by signs which numbers of other
// kinds have as well, such as dates and addresses, if they are exactly those
// that a card has.
func spelledCard(s string, a int) (best int) {
	first := endOfGroup(s, a)
	if first != a+4 {
		return 0
	}
	for _, sep := range cardSeparators {
		shape := [5]int{4}
		for n, j := 1, first; n < len(shape) && strings.HasPrefix(s[j:], sep); n++ {
			start := j + len(sep)
			j = endOfGroup(s, start)
			shape[n] = j - start
			if j > start && slices.Contains(cardShapes, shape) && luhn(s[a:j]) {
				best = j
			}
		}
	}
	return best
}

// cardSeparators and cardShapes are those that spelledCard takes.
var (
	cardSeparators = []string{".", "/", "_", "\u00a0", "\u2007", "\u2009", "\u202f", "\u2010", "\u2011", "\u2013"}
	cardShapes     = [][5]int{{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 6, 5}, {4, 6, 4}}
)

const decimal = "0123456789"

func endOfGroup(s string, i int) int { return len(s) - len(strings.TrimLeft(s[i:], decimal)) }

// nextGroup returns the beginning of the next group of digits, if one to three
// separators stand between s[j] and it, or -1.
func nextGroup(s string, j int) int {
	gap := s[j:min(j+3, len(s))]
	k := j + len(gap) - len(strings.TrimLeft(gap, " -"))
	if k == j || k == len(s) || !isDigit(s[k]) {
		return -1
	}
	return k
}

// luhn reports whether the digits of s add up (ISO/IEC 7812-1, annex B).
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if isDigit(s[i]) {
			d := int(s[i] - '0')
			if n++; n%2 == 0 {
				d = d*2%10 + d/5
			}
			sum += d
		}
	}
	return sum%10 == 0
}

// inUUID reports whether s[a:b] is part of a UUID (RFC 9562, section 4): one in
// thousands has so many decimal digits in a row, and some of those add up. A log
// is searched by such identifiers.
func inUUID(s string, a, b int) bool {
	const length = 36
	a, b = widen(s, a, b, length+1, func(c byte) bool { return isHex(c) || c == '-' })
	for i := range b - a {
		if (i == 8 || i == 13 || i == 18 || i == 23) != (s[a+i] == '-') {
			return false
		}
	}
	return b-a == length
}

// inHash reports whether s[a:b] is part of a hexadecimal number of at least 32
// digits. Among those, runs of decimal digits come up by chance; a card number
// is otherwise one whatever letters it touches, for in "\n4111…" it touches an n.
func inHash(s string, a, b int) bool {
	const least = 32
	a, b = widen(s, a, b, least, isHex)
	return b-a == least
}

// widen returns s[a:b] with the bytes around it that are in a set, up to most.
func widen(s string, a, b, most int, in func(c byte) bool) (int, int) {
	for a > 0 && b-a < most && in(s[a-1]) {
		a--
	}
	for b < len(s) && b-a < most && in(s[b]) {
		b++
	}
	return a, b
}
