package detect

import (
	"slices"
	"strings"
)

// A card number has from leastDigits to mostDigits digits.
const leastDigits, mostDigits = 13, 19

// card finds a payment card number that begins with the group of digits at
// t.s[i]. ISO/IEC 7812-1 defines the numbers; here they have 13 to 19 digits, and
// the last digit is a Luhn check digit.
func card(_ *Detector, t text, i int) (lo, hi int) {
	s := t.s
	next := endOfGroup(s, i)
	if hi = cardAt(s, i); hi == 0 {
		return -1, next
	}
	// Another card number may begin inside this one and end after it.
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
		return 0 // no issuer has a number with this digit, and zeros alone pass Luhn
	}
	return max(groupedCard(s, a), separatedCard(s, a))
}

// groupedCard returns the end of a card number of several groups with spaces and
// dashes between them, or of a single group. A card number has groups of at most
// six digits; a single group may have any length. A number after the card number,
// such as a month, does not hide it.
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

// separatedCard returns the end of a card number whose groups have another
// separator between them. Dates and addresses have the same separators, so the
// groups must have exactly the lengths of a card number.
func separatedCard(s string, a int) (best int) {
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

// cardSeparators and cardShapes are the separators and the lengths of groups that
// separatedCard accepts.
var (
	cardSeparators = []string{".", "/", "_", "\u00a0", "\u2007", "\u2009", "\u202f", "\u2010", "\u2011", "\u2013"}
	cardShapes     = [][5]int{{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 6, 5}, {4, 6, 4}}
)

const decimal = "0123456789"

// endOfGroup returns the end of the group of digits at s[i].
func endOfGroup(s string, i int) int { return len(s) - len(strings.TrimLeft(s[i:], decimal)) }

// nextGroup returns the beginning of the next group of digits if one to three
// separators stand between s[j] and the group, else -1.
func nextGroup(s string, j int) int {
	gap := s[j:min(j+3, len(s))]
	k := j + len(gap) - len(strings.TrimLeft(gap, " -"))
	if k == j || k == len(s) || !isDigit(s[k]) {
		return -1
	}
	return k
}

// luhn reports whether the digits of s pass the Luhn check (ISO/IEC 7812-1, annex
// B).
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

// inUUID reports whether s[a:b] is part of a UUID (RFC 9562, section 4). One UUID
// in thousands has so many decimal digits in a row, and some of these pass the
// Luhn check. UUIDs must stay readable, because people search logs for them.
func inUUID(s string, a, b int) bool {
	const length = 36
	a, b = widenSpan(s, a, b, length+1, func(c byte) bool { return isHex(c) || c == '-' })
	for i := range b - a {
		if (i == 8 || i == 13 || i == 18 || i == 23) != (s[a+i] == '-') {
			return false
		}
	}
	return b-a == length
}

// inHash reports whether s[a:b] is part of a hexadecimal number of at least 32
// digits. Such a number can have a run of decimal digits by chance. Otherwise
// letters beside the digits do not matter: in the escaped "\n4111…" the card
// number follows an n.
func inHash(s string, a, b int) bool {
	const least = 32
	a, b = widenSpan(s, a, b, least, isHex)
	return b-a == least
}

// widenSpan extends s[a:b] over the bytes around it that are in a set, up to most
// bytes.
func widenSpan(s string, a, b, most int, in func(c byte) bool) (int, int) {
	for a > 0 && b-a < most && in(s[a-1]) {
		a--
	}
	for b < len(s) && b-a < most && in(s[b]) {
		b++
	}
	return a, b
}
