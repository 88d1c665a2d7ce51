// Package sanitize makes text that a client may have influenced fit for a log.
//
// # Use
//
//	logger.Info("refused", "agent", sanitize.Text(r.UserAgent()))
//
// # Threat
//
// With control and invisible characters a client forges a line of a log or disguises
// it, and splits a secret so that no pattern finds it.
//
// # Place in the chain
//
// It is a leaf: the packages that write logs and records call it.
package sanitize

import (
	"strings"
	"unicode/utf8"
)

// Limit is the maximum length of a text, in bytes.
const Limit = 2 << 10

// Text returns s with control and invisible characters replaced by spaces, and cut at
// Limit. With these characters a client could forge or disguise a line.
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
		if unsafe(c) {
			return ' '
		}
		return c
	}, s)
	if cut {
		s += " (truncated)"
	}
	return s
}

// unsafe reports whether c is a control character (C0, DEL, C1) or invisible.
func unsafe(c rune) bool { return c < 0x20 || 0x7f <= c && c < 0xa0 || Invisible(c) }

// Invisible reports whether c is invisible or changes the order of its neighbours. With
// such characters a client disguises a line, and splits a secret so that no pattern
// finds it.
func Invisible(c rune) bool {
	switch {
	case c < 0xad:
		return false
	case c == 0xad, c == 0x34f, c == 0x61c, c == 0x115f, c == 0x1160, c == 0x17b4, c == 0x17b5, c == 0x3164, c == 0xfeff, c == 0xffa0:
		return true
	case 0x180b <= c && c <= 0x180f, // Mongolian selectors and vowel separator
		0x200b <= c && c <= 0x200f,   // zero width, and direction marks
		0x2028 <= c && c <= 0x202e,   // line separators, and embeddings
		0x2060 <= c && c <= 0x206f,   // joiners, invisible operators, isolates
		0xfe00 <= c && c <= 0xfe0f,   // variation selectors
		0xfff9 <= c && c <= 0xfffb,   // interlinear annotation
		0x1d173 <= c && c <= 0x1d17a, // musical formatting
		0xe0000 <= c && c <= 0xe0fff: // tags, and more variation selectors
		return true
	}
	return false
}
