package safelog

import (
	"strings"
	"unicode/utf8"
)

// invisible reports whether c is a character that prints as nothing or changes
// the order of its neighbours: with them a line is disguised, and a secret is
// split so that no pattern finds it.
func invisible(c rune) bool {
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

// unclean reports whether the multi-byte character at the beginning of s must
// be stripped, and how long it is. Bytes that are not UTF-8 are unclean: a
// terminal takes 0x9b alone as the beginning of a command.
func unclean(s string) (bool, int) {
	c, size := utf8.DecodeRuneInString(s)
	return c == utf8.RuneError && size == 1 || c <= 0x9f || invisible(c), size
}

// strip removes control and invisible characters from s. Line ends and tabs
// become spaces, so that no two words become one, and what is not UTF-8 becomes
// U+FFFD.
func strip(s string) string {
	for i := 0; i < len(s); {
		c, size := s[i], 1
		bad := c < 0x20 || c == 0x7f
		if c >= utf8.RuneSelf {
			bad, size = unclean(s[i:])
		}
		if bad {
			return s[:i] + stripAll(s[i:])
		}
		i += size
	}
	return s
}

func stripAll(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\r', c == '\t', c == '\u2028', c == '\u2029', c == '\u0085':
			return ' '
		case c < 0x20, 0x7f <= c && c <= 0x9f, invisible(c):
			return -1
		}
		return c // RuneError for each byte that is not UTF-8
	}, s)
}
