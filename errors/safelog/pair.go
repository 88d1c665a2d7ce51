package safelog

import "strings"

// findPair finds the value of a pair inside a text: password=…, Password:… as
// fmt prints a struct, and "password":… in JSON. Those are the ways in which a
// sensitive key reaches the log without being a key of it. s[i] is the sign
// between the two.
//
// "password: must be longer" is prose and stays: an unquoted key with a colon
// counts only if the value follows at once.
func (r *rules) findPair(s string, i int) (int, int) {
	if i == 0 || isLetter(s[i-1]) && !r.keys.match(s[max(0, i-64):i]) {
		return -1, 0 // the usual case, and no need to see where the word begins
	}
	k := i
	for k > 0 && s[k-1] == ' ' && i-k < 4 {
		k--
	}
	apart, quoted := k < i, false
	for k > 0 && strings.IndexByte("\"'\\`", s[k-1]) >= 0 && i-k < 8 {
		k--
		quoted = true
	}
	end := k
	for k > 0 && end-k < 64 && (isBase64URL(s[k-1]) || s[k-1] == '.' || s[k-1] == ']' || s[k-1] == '[') {
		k--
	}
	if k == end || !r.sensitive(s[k:end]) {
		return -1, 0
	}
	lo := i + 1
	for lo < len(s) && s[lo] == ' ' {
		lo++
	}
	switch {
	case lo == len(s) || s[lo] == '=': // key == …, key := …
		return -1, 0
	case s[i] == ':' && !quoted && (apart || lo > i+1):
		return -1, 0
	}
	return value(s, lo)
}

// value returns the extent of the value of a pair at s[lo], without quotes.
func value(s string, lo int) (int, int) {
	delimiter := 0
	for lo+delimiter < len(s) && s[lo+delimiter] == '\\' {
		delimiter++
	}
	if q := lo + delimiter; q < len(s) && (s[q] == '"' || s[q] == '\'' || s[q] == '`') {
		return quotedValue(s, q+1, s[q], delimiter)
	}
	open := lo
	if strings.HasPrefix(s[lo:], "map[") {
		open += len("map")
	} else if s[lo] == '&' {
		open++
	}
	if open < len(s) && (s[open] == '[' || s[open] == '{' || s[open] == '(') {
		depth := 0
		for j := open; j < len(s); j++ {
			switch s[j] {
			case '[', '{', '(':
				depth++
			case ']', '}', ')':
				if depth--; depth == 0 {
					return lo, j + 1
				}
			}
		}
		return lo, len(s)
	}
	hi := lo
	for hi < len(s) && strings.IndexByte(" ,;&)}]\"'<>|`", s[hi]) < 0 {
		hi++
	}
	if hi == lo {
		return -1, 0
	}
	return lo, hi
}

// quotedValue ends at a quote after exactly as many backslashes as stood before
// the first one; more of them escape a quote inside.
func quotedValue(s string, lo int, quote byte, backslashes int) (int, int) {
	run := 0
	for j := lo; j < len(s); j++ {
		switch {
		case s[j] == '\\':
			run++
			continue
		case s[j] == quote && run <= backslashes:
			if j-run == lo {
				return -1, 0 // empty
			}
			return lo, j - run
		}
		run = 0
	}
	if lo == len(s) {
		return -1, 0
	}
	return lo, len(s)
}
