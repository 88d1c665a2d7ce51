package safelog

import "strings"

// findCard finds a payment card number (ISO/IEC 7812-1: 13 to 19 digits here, of
// which the last is a Luhn check digit) that begins with the group of digits at
// s[i]. If there is none, none begins before next.
//
// Groups that are set apart have at most six digits, as on every card.
func findCard(s string, i int) (lo, hi, next int) {
	digits, start := 0, i // start is that of the group
	for j := i; j >= 0 && j < len(s) && digits < shortest; {
		if isDigit(s[j]) {
			digits++
			j++
			next = j
			continue
		}
		if j-start == 4 && cardSeparator(s, j) > 0 {
			if hi = spelledCard(s, start); hi > 0 {
				// Another may begin within it.
				for a := j; a < hi; a = endOfGroup(s, a) {
					if a += cardSeparator(s, a); endOfGroup(s, a)-a == 4 && a+4 < len(s) && cardSeparator(s, a+4) > 0 {
						hi = max(hi, spelledCard(s, a))
					}
				}
				return start, hi, hi
			}
		}
		if j = nextGroup(s, j); j >= 0 {
			start = j
		}
	}
	if digits < shortest {
		return -1, 0, next
	}
	next = endOfGroup(s, i)
	if hi = cardAt(s, i); hi == 0 {
		return -1, 0, next
	}
	// What began as the number before a card must not end within the card.
	for a := nextGroup(s, next); a > 0 && a < hi; a = nextGroup(s, endOfGroup(s, a)) {
		hi = max(hi, cardAt(s, a))
	}
	return i, hi, hi
}

// spelledCard returns the end of the card number that begins at s[a], or 0, if
// its groups are set apart by signs that numbers of other kinds have as well,
// such as dates and addresses, and are exactly those that a card has.
func spelledCard(s string, a int) (hi int) {
	size := cardSeparator(s, a+4)
	sep := s[a+4 : a+4+size]
	j := a + 4
	shape := [5]int{4}
	for n := 1; n < len(shape) && strings.HasPrefix(s[j:], sep); n++ {
		start := j + size
		j = endOfGroup(s, start)
		if shape[n] = j - start; shape[n] == 0 {
			break
		}
		switch shape {
		case [5]int{4, 4, 4, 4}, [5]int{4, 4, 4, 4, 3}, [5]int{4, 6, 5}, [5]int{4, 6, 4}:
			if s[a] != '0' && luhn(s[a:j]) {
				hi = j
			}
		}
	}
	return hi
}

// cardSeparator returns the length of the separator at s[j] that spelledCard
// takes, or 0.
func cardSeparator(s string, j int) int {
	switch s[j] {
	case '.', '/', '_':
		return 1
	case 0xc2, 0xe2:
		for _, sep := range [...]string{"\u00a0", "\u2007", "\u2009", "\u202f", "\u2010", "\u2011", "\u2013"} {
			if strings.HasPrefix(s[j:], sep) {
				return len(sep)
			}
		}
	}
	return 0
}

func endOfGroup(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// nextGroup returns the beginning of the next group of digits, if not more than
// three separators stand between s[j] and it, or -1.
func nextGroup(s string, j int) int {
	for k := j; k < len(s) && k <= j+3; k++ {
		if k > j && isDigit(s[k]) {
			return k
		}
		if s[k] != ' ' && s[k] != '-' {
			break
		}
	}
	return -1
}

// cardAt returns the end of the longest card number that begins at s[a] and
// ends with a group, or 0. A number after it, such as a month, does not hide it.
func cardAt(s string, a int) (best int) {
	if s[a] == '0' {
		return 0 // no issuer has it, and a row of zeros passes Luhn
	}
	digits, groups := 0, 0
	for j := a; j >= 0; {
		end := endOfGroup(s, j)
		size := end - j
		digits += size
		groups++
		if digits > 19 || size > 6 && groups > 1 {
			break
		}
		if digits >= shortest && luhn(s[a:end]) && (groups > 1 && !inUUID(s, a, end) || groups == 1 && !inHash(s, a, end)) {
			best = end
		}
		if size > 6 {
			break
		}
		j = nextGroup(s, end)
	}
	return best
}

// luhn reports whether the digits of s add up (ISO/IEC 7812-1, annex B).
func luhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		if !isDigit(s[i]) {
			continue
		}
		d := int(s[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// inUUID reports whether s[a:b] is part of a UUID (RFC 9562, section 4): one in
// thousands has so many decimal digits in a row, and some of those add up. A log
// is searched by such identifiers.
func inUUID(s string, a, b int) bool {
	const length = 36
	for from := max(b-length, 0); from <= a && from+length <= len(s); from++ {
		to := from + length
		if uuidShaped(s[from:to]) && (from == 0 || !isHex(s[from-1]) && s[from-1] != '-') && (to == len(s) || !isHex(s[to]) && s[to] != '-') {
			return true
		}
	}
	return false
}

func uuidShaped(s string) bool {
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

// inHash reports whether s[a:b] is part of a hexadecimal number of at least 32
// digits. Among those, runs of decimal digits come up by chance; a card number
// is otherwise one whatever letters it touches, for in "\n4111…" it touches an n.
func inHash(s string, a, b int) bool {
	for a > 0 && isHex(s[a-1]) {
		a--
	}
	for b < len(s) && isHex(s[b]) {
		b++
	}
	return b-a >= 32
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
