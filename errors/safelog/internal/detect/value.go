package detect

import "strings"

// valueExtent returns the extent of the value of a pair at s[lo], without quotes.
// Text in brackets belongs to the value: {1 2} and [a b] of fmt, an object of
// JSON, []string{"a", "b"} of %#v.
func valueExtent(s string, lo int) (int, int) {
	q := len(s) - len(strings.TrimLeft(s[lo:], `\`))
	if q < len(s) && isQuote(s[q]) {
		return quotedValue(s, q+1, s[q], q-lo)
	}
	hi := lo
	if s[hi] == '&' && hi+1 < len(s) && (s[hi+1] == '{' || s[hi+1] == '[') {
		hi++
	}
	for hi < len(s) {
		switch c := s[hi]; {
		case c == '{', c == '[', c == '(' && hi == lo:
			hi = closingBracket(s, hi)
			// In a Go literal the type may continue after the brackets, and have braces of
			// its own: []interface {}{1}.
			if strings.HasPrefix(s[hi:], "interface {}") {
				hi += len("interface {}")
			}
			continue
		case c == '\\' && hi > lo && isClosingBracket(s[hi-1]), endsValue(s, hi):
			return extent(lo, hi)
		}
		hi++
	}
	return lo, hi
}

func isClosingBracket(c byte) bool { return c == ']' || c == '}' || c == ')' }

// closingBracket returns the end of the part in brackets that begins at s[open].
// Brackets in quotes do not count. An apostrophe, as in don't, is no quote.
func closingBracket(s string, open int) int {
	depth, slashes := 0, 0
	for j := open; j < len(s); j++ {
		switch c := s[j]; c {
		case '\\':
			slashes++
			continue
		case '[', '{', '(':
			depth++
		case ']', '}', ')':
			if depth--; depth == 0 {
				return j + 1
			}
		case '"', '\'':
			if before := s[j-1-slashes]; c == '"' || !isLetter(before) && !isDigit(before) {
				_, next := endOfQuoted(s, j+1, c, slashes)
				j = next - 1
			}
		}
		slashes = 0
	}
	return len(s)
}

// endsValue reports whether an unquoted value ends before s[j]. A password may
// have characters such as & and ) itself, so each of them ends the value only if
// the text after it shows the end: the next parameter after an ampersand, the end
// of a sentence after a bracket.
func endsValue(s string, j int) bool {
	next := byte(' ')
	if j+1 < len(s) {
		next = s[j+1]
	}
	switch s[j] {
	case ' ':
		return true
	case '&', ',', ';', '|':
		return strings.IndexByte(" \"'`\\{[(", next) >= 0 || beginsPair(s, j+1, "=:")
	case ')', ']', '}', '"', '\'', '`', '>':
		if next == '.' {
			return j+2 == len(s) || s[j+2] == ' '
		}
		return strings.IndexByte(" ,;:)]}\"'`<>|&\\", next) >= 0
	case '<':
		return next == '/'
	}
	return false
}

// beginsPair reports whether a name and one of signs begin at s[j].
func beginsPair(s string, j int, signs string) bool {
	const most = 64
	start := j
	for j < len(s) && j-start < most && (isBase64URL(s[j]) || s[j] == '.' || s[j] == '%') {
		j++
	}
	return j > start && j < len(s) && strings.IndexByte(signs, s[j]) >= 0
}

// quotedValue returns the extent of a value in quotes that begins at s[lo].
func quotedValue(s string, lo int, quote byte, backslashes int) (int, int) {
	end, _ := endOfQuoted(s, lo, quote, backslashes)
	return extent(lo, end)
}

// endOfQuoted returns the end of a text in quotes, and the end of the closing
// quote. A quote with more backslashes than the opening quote is escaped and
// belongs to the text.
func endOfQuoted(s string, lo int, quote byte, backslashes int) (end, next int) {
	slashes := 0
	for j := lo; j < len(s); j++ {
		if s[j] == quote && slashes <= backslashes {
			return j - slashes, j + 1
		}
		if s[j] == '\\' {
			slashes++
		} else {
			slashes = 0
		}
	}
	return len(s), len(s)
}

// extent returns lo and hi, or -1 if they are equal.
func extent(lo, hi int) (int, int) {
	if lo == hi {
		return -1, 0
	}
	return lo, hi
}
