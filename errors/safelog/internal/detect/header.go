package detect

import "strings"

// isHeader reports whether a sensitive name is the name of a header field. The
// value of a header field may have spaces and ends with its line (RFC 9110,
// section 5.5).
func isHeader(name string) bool {
	return endsWithFold(name, "authorization") || endsWithFold(name, "cookie") || strings.IndexByte(name, '-') > 0
}

// headerValue returns the extent of the value of a header field in a text of one
// line. The value ends at the end of the text or at an escaped line end, and
// inside a quoted string at the quote.
func headerValue(p pair) (int, int) {
	s, lo := p.s, p.lo
	if strings.HasPrefix(s[lo:], Mark) && (lo+len(Mark) == len(s) || endsValue(s, lo+len(Mark))) {
		return -1, 0
	}
	if p.start > 0 && isQuote(s[p.start-1]) {
		before := s[:p.start-1]
		return quotedValue(s, lo, s[p.start-1], len(before)-len(strings.TrimRight(before, `\`)))
	}
	line, _, _ := strings.Cut(s[lo:], `\r\n`)
	return extent(lo, lo+len(line))
}

// NextHeader returns the first value of a sensitive header field at or after from
// in s, a text of several lines, or -1. The value ends with its line, or with the
// folded lines that continue it (RFC 9112, section 5.2). Call it before the lines
// are joined: afterwards the end of the value can no longer be found.
func (d *Detector) NextHeader(s string, from int) (lo, hi int) {
	for i := from; i < len(s) && d.headers; i++ {
		if s[i] != ':' || i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\n' {
			continue
		}
		start := nameStart(s, i)
		name := s[start:i]
		if name == "" || !isHeader(name) || !d.SensitiveKey(name) || start > 0 && isQuote(s[start-1]) {
			continue // Next finds a quoted header, which ends at its quote
		}
		hi = headerEnd(s, start, i)
		if value := strings.Trim(s[i+1:hi], " \n"); value != "" && value != Mark {
			return i + 1 + strings.Index(s[i+1:hi], value), hi
		}
	}
	return -1, 0
}

// headerEnd returns the end of the header field with the name s[start:colon]. A
// line that is indented further continues the field. Any other line ends it.
func headerEnd(s string, start, colon int) int {
	line := strings.LastIndexByte(s[:start], '\n') + 1
	indent := skipSpaces(s, line) - line
	hi := colon
	for {
		n := strings.IndexByte(s[hi:], '\n')
		if n < 0 {
			return len(s)
		}
		hi += n
		next := len(s) - len(strings.TrimLeft(s[hi:], "\n"))
		if skipSpaces(s, next)-next <= indent {
			return hi
		}
		hi = next
	}
}
