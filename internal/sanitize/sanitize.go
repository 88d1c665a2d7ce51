// Package sanitize makes text that a client may have had a part in fit for a
// log.
package sanitize

import (
	"strings"
	"unicode/utf8"
)

// Limit bounds such a text, in bytes.
const Limit = 2 << 10

// Text returns s with control and bidirectional characters, by which a line can
// be forged or disguised, replaced by spaces, and cut at Limit.
func Text(s string) string {
	cut := len(s) > Limit
	if cut {
		n := Limit
		for n > Limit-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	s = strings.Map(func(c rune) rune {
		if Unsafe(c) {
			return ' '
		}
		return c
	}, s)
	if cut {
		s += " (truncated)"
	}
	return s
}

// Unsafe reports whether c is a control character (C0, DEL, C1), a line or
// paragraph separator, a mark of text direction, or a byte order mark.
func Unsafe(c rune) bool {
	switch {
	case c < 0x20, 0x7f <= c && c < 0xa0,
		c == '\u061c', c == '\u200e', c == '\u200f', c == '\ufeff',
		'\u2028' <= c && c <= '\u202e', '\u2066' <= c && c <= '\u2069':
		return true
	}
	return false
}
