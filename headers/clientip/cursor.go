package clientip

import "strings"

// maxEntry bounds one entry in bytes. No address with its port is nearly as
// long, and no element of Forwarded that a proxy writes is.
const maxEntry = 512

// A cursor goes through the entries of a header from the last to the first,
// over all its lines: several lines are one list (RFC 9110, section 5.3).
//
// It looks for the beginning of an entry from its end, also among quoted
// strings. Reading from the front would be simpler, and would let a client
// that begins the list with an open quote spoil what the proxies append. From
// the end it is as exact: inside a quoted string every quote has an odd number
// of backslashes before it, and the opening one has none.
type cursor struct {
	lines  []string // still to be opened
	line   string   // what is left of the open one
	open   bool
	quotes bool // quoted strings may hold commas
}

// prev returns the next entry to the left without the white space around it.
// more is false if there is none; ok is false if it cannot be told where it
// begins.
func (c *cursor) prev() (entry string, more, ok bool) {
	if !c.open {
		n := len(c.lines)
		if n == 0 {
			return "", false, false
		}
		c.line, c.lines, c.open = c.lines[n-1], c.lines[:n-1], true
	}
	comma, ok := c.comma()
	if !ok {
		return "", true, false
	}
	entry = strings.Trim(c.line[comma+1:], " \t")
	if c.open = comma >= 0; c.open {
		c.line = c.line[:comma]
	}
	return entry, true, true
}

// comma returns the index of the last comma of the line that is not quoted, or
// -1 if there is none.
func (c *cursor) comma() (index int, ok bool) {
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
			switch {
			case !c.quotes:
			case !quoted:
				quoted = true
			default:
				quoted = escaped(c.line[:i])
			}
		}
	}
	return -1, !quoted
}

// escaped reports whether what follows s is escaped by the backslashes at its
// end. There are at most maxEntry of them to count: more end the entry.
func escaped(s string) bool {
	n := 0
	for n < maxEntry && n < len(s) && s[len(s)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
