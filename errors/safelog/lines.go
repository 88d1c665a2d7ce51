package safelog

import "strings"

// flatten strips s and makes one line of it. Where there is more than one, it
// first masks the values of header fields: afterwards nothing tells where they
// end. masked reports whether it did.
func (r *rules) flatten(s string) (flat string, masked bool) {
	s = strip(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s, false
	}
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for {
		lo, hi := r.nextHeader(s, at)
		if lo < 0 {
			break
		}
		b.WriteString(s[at:lo])
		b.WriteString(redacted)
		at, masked = hi, true
	}
	b.WriteString(s[at:])
	return strings.ReplaceAll(b.String(), "\n", " "), masked
}

// nextHeader returns the first value, at or after from, of a sensitive header
// field in s, a text of several lines. The value ends with its line and with the
// lines that go on with it, which are indented further (RFC 9112, section 5.2).
func (r *rules) nextHeader(s string, from int) (lo, hi int) {
	for i := from; i < len(s); i++ {
		if s[i] != ':' || i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\n' {
			continue
		}
		start := nameStart(s, i)
		name := s[start:i]
		if name == "" || !isHeader(name) || !r.sensitive(name) {
			continue
		}
		if start > 0 && strings.IndexByte("\"'`", s[start-1]) >= 0 {
			continue // its end is the quote
		}
		hi = headerEnd(s, start, i+1)
		value := strings.Trim(s[i+1:hi], " \n")
		if value == "" || value == redacted {
			continue
		}
		return i + 1 + strings.Index(s[i+1:hi], value), hi
	}
	return -1, 0
}

// headerEnd returns the end of the header field whose name begins at s[start],
// and whose value begins at s[lo].
func headerEnd(s string, start, lo int) int {
	line := strings.LastIndexByte(s[:start], '\n') + 1
	indent := skipSpaces(s, line) - line
	hi := lineEnd(s, lo)
	for next := hi; next < len(s); {
		text := skipSpaces(s, next+1)
		end := lineEnd(s, text)
		if text < end { // an empty line goes on with the field if another does
			if text-next-1 <= indent {
				break
			}
			hi = end
		}
		next = end
	}
	return hi
}

func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s)
}

func skipSpaces(s string, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}
