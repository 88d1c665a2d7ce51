package safelog

import "strings"

// findPair finds the value of a pair inside a text: password=…, Password:… as
// fmt prints a struct, "password":… in JSON, and Authorization: … as it goes
// over the wire. Those are the ways in which a sensitive key reaches the log
// without being a key of it. s[i] is the sign between the two.
//
// "password: must be longer" is prose and stays: behind an unquoted key with a
// colon and a space, a value counts only if it is quoted, or if the key is that
// of a header.
func (r *rules) findPair(s string, i int, open bool) (int, int) {
	if i == 0 || isLetter(s[i-1]) && !r.keys.match(s[max(0, i-64):i]) && !isQueryKey(s, i) {
		return -1, 0 // the usual case, and no need to see where the word begins
	}
	k := i
	for k > 0 && s[k-1] == ' ' && i-k < 4 {
		k--
	}
	apart, closing := k < i, k
	for k > 0 && strings.IndexByte("\"'\\`", s[k-1]) >= 0 && i-k < 8 {
		k--
	}
	quoted := k < closing
	start := nameStart(s, k)
	name := s[start:k]
	if quoted {
		name = quotedName(s, start, k, s[closing-1])
	}
	if name == "" || !r.sensitive(name) && !isQueryKey(s, i) {
		return -1, 0
	}
	lo := i + 1
	for lo < len(s) && s[lo] == ' ' {
		lo++
	}
	if lo == len(s) || s[lo] == '=' { // key == …, key := …
		return -1, 0
	}
	if s[i] != ':' || quoted {
		return value(s, lo)
	}
	switch header := isHeader(name); {
	case header && !apart && lo > i+1:
		return headerValue(s, start, lo)
	case !apart && lo == i+1:
		return fieldValue(s, start, lo, header, open)
	case strings.IndexByte("\"'`", s[lo]) >= 0 && lo+1 < len(s) && s[lo+1] != ' ':
		return value(s, lo)
	case isBearer(name):
		if hi := tokenEnd(s, lo); hi > lo && !isWord(s[lo:hi]) {
			return lo, hi
		}
	}
	return -1, 0
}

// nameStart returns where the unquoted name that ends at s[:end] begins. The n
// of an escaped line end belongs to that, and not to the name.
func nameStart(s string, end int) int {
	k := end
	for k > 0 && end-k < 64 && (isBase64URL(s[k-1]) || s[k-1] == '.' || s[k-1] == ']' || s[k-1] == '[') {
		k--
	}
	if k > 0 && k < end && s[k-1] == '\\' && (s[k] == 'n' || s[k] == 'r' || s[k] == 't') {
		k++
	}
	return k
}

// quotedName returns the key between two quotes of which the second follows
// s[:end], with its \u escapes undone: JSON may spell any letter by one. Where
// there is no first quote, it is the name that begins at start.
func quotedName(s string, start, end int, quote byte) string {
	const most = 64 * len(`\u0070`)
	from := max(0, end-most)
	b := strings.LastIndexByte(s[from:end], quote)
	if b < 0 {
		return s[start:end]
	}
	name := s[from+b+1 : end]
	if strings.Contains(name, `\u`) {
		return unescape(name)
	}
	return name
}

// unescape undoes the \uXXXX in s, however many backslashes each of them has
// where JSON stands in JSON.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i+5 < len(s) && s[i+1] == 'u' {
			var c rune
			for _, h := range []byte(s[i+2 : i+6]) {
				switch {
				case isDigit(h):
					c = c<<4 | rune(h-'0')
				case isHex(h):
					c = c<<4 | rune(h|0x20-'a'+10)
				default:
					c = -1
				}
			}
			if c >= 0 {
				b.WriteRune(c)
			}
			i += 5
		}
	}
	return b.String()
}

// isQueryKey reports whether s[:i] ends in the parameter "key" of a query. As a
// key of the log that word is far too common, but in a URL it carries API keys.
func isQueryKey(s string, i int) bool {
	return i >= 4 && s[i-1]|0x20 == 'y' && (s[i-4] == '?' || s[i-4] == '&') &&
		i < len(s) && s[i] == '=' && strings.EqualFold(s[i-3:i], "key")
}

// isHeader reports whether a sensitive name is that of a header field: its value
// goes on to the end of the line, spaces and all (RFC 9110, section 5.5).
func isHeader(name string) bool {
	return endsWithFold(name, "authorization") || endsWithFold(name, "cookie") || strings.IndexByte(name, '-') > 0
}

func isBearer(name string) bool { return endsWithFold(name, "bearer") }
