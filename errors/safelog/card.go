package safelog

// findCard finds a payment card number (ISO/IEC 7812-1: 13 to 19 digits here, of
// which the last is a Luhn check digit) in the run of digits, spaces and dashes
// that begins at s[i]. next is the end of that run.
//
// Groups that are set apart have at most six digits, as on every card. That
// keeps the last two groups of a UUID, four and twelve hexadecimal digits, from
// ever counting as one.
func findCard(s string, i int) (lo, hi, next int) {
	end, total := i, 0
	for j := i; j < len(s); {
		if isDigit(s[j]) {
			total++
			j++
			end = j
		} else if j = nextGroup(s, j); j < 0 {
			break
		}
	}
	if total < shortest {
		return -1, 0, end
	}
	// A number after the card, such as its month, must not hide it, so every
	// beginning is tried, and overlapping finds become one.
	lo = -1
	for a := i; a < end; {
		if b := cardAt(s, a, end); b > 0 {
			if lo < 0 {
				lo = a
			}
			hi = max(hi, b)
		}
		for a < end && isDigit(s[a]) {
			a++
		}
		for a < end && !isDigit(s[a]) {
			a++
		}
		if lo >= 0 && a >= hi {
			break
		}
	}
	return lo, hi, end
}

// nextGroup returns the beginning of the next group of digits, if not more than
// three separators stand between s[j] and it, or -1.
func nextGroup(s string, j int) int {
	for k := j; k < len(s) && k <= j+3; k++ {
		if isDigit(s[k]) {
			return k
		}
		if s[k] != ' ' && s[k] != '-' {
			break
		}
	}
	return -1
}

// cardAt returns the end of the longest card number that begins at s[a] and
// ends with a group, or 0.
func cardAt(s string, a, end int) (best int) {
	if s[a] == '0' {
		return 0 // no issuer has it, and a row of zeros passes Luhn
	}
	digits, groups := 0, 0
	for j := a; j < end && digits <= 19; {
		start := j
		for j < end && isDigit(s[j]) {
			j++
		}
		digits += j - start
		groups++
		if j-start > 6 && groups > 1 || digits > 19 {
			break
		}
		if digits >= shortest && luhn(s[a:j]) && (groups > 1 || !inHash(s, a, j)) {
			best = j
		}
		if j-start > 6 {
			break
		}
		for j < end && !isDigit(s[j]) {
			j++
		}
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
