package clientip

import "strings"

// maxEntry is the maximum length of one entry in bytes. An address with its port
// is much shorter, and so is every element of Forwarded that proxies write.
const maxEntry = 512

// maxEmpty is the number of empty elements in a row that Forwarded may have. RFC 9110,
// section 5.6.1.2, asks to ignore a reasonable number of them. An empty entry of
// X-Forwarded-For has an author, a proxy that does not know its peer, and is malformed:
// the entry to its left could be a client's.
const maxEmpty = 32

// A cursor reads the entries of a header from the last to the first, over all
// its lines: several lines are one list (RFC 9110, section 5.3).
//
// It searches the beginning of each entry backwards from its end, also if the
// entry contains quoted strings. Reading forwards would be simpler. But a client
// could then start the list with an open quote and so hide the entries that the
// proxies append. Reading backwards is as exact: a quote inside a quoted string
// has an odd number of backslashes before it, and the opening quote has none.
type cursor struct {
	lines     []string // the lines that are not read yet
	line      string   // the unread part of the current line
	inLine    bool     // line is the current line; false before each new line
	forwarded bool     // the list is Forwarded: quoted strings may contain commas
	broken    bool     // the beginning of an entry was not found, so that no further entry can be read
}

// prev returns the next entry to the left, without the white space around it.
// more is false if there is no further entry. ok is false if the beginning of
// the entry was not found.
func (c *cursor) prev() (entry string, more, ok bool) {
	if !c.inLine {
		n := len(c.lines)
		if n == 0 {
			return "", false, false
		}
		c.line, c.lines, c.inLine = c.lines[n-1], c.lines[:n-1], true
	}
	comma, ok := c.lastComma()
	if !ok {
		c.broken = true
		return "", true, false
	}
	entry = strings.Trim(c.line[comma+1:], " \t")
	if c.inLine = comma >= 0; c.inLine {
		c.line = c.line[:comma]
	}
	return entry, true, true
}

// lastComma returns the index of the last comma of the line outside of quoted
// strings, or -1 if there is no such comma.
func (c *cursor) lastComma() (index int, ok bool) {
	quoted := false
	for i := len(c.line) - 1; i >= 0; i-- {
		if len(c.line)-i > maxEntry {
			return 0, false
		}
		switch c.line[i] {
		case ',':
			if !quoted {
				return i, true
			}
		case '"':
			if c.forwarded {
				quoted = !quoted || escaped(c.line[:i])
			}
		}
	}
	return -1, !quoted
}

// escaped reports whether the backslashes at the end of s escape the next
// character. It counts at most maxEntry backslashes, because an entry with more
// is too long in any case.
func escaped(s string) bool {
	s = s[max(0, len(s)-maxEntry):]
	backslashes := len(s) - len(strings.TrimRight(s, `\`))
	return backslashes%2 == 1
}
