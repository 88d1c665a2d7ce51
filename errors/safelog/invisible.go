package safelog

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// unclean reports whether the multi-byte character at the beginning of s must
// be stripped, and how long it is. Bytes that are not UTF-8 are unclean: a
// terminal takes 0x9b alone as the beginning of a command.
func unclean(s string) (bool, int) {
	c, size := utf8.DecodeRuneInString(s)
	return c == utf8.RuneError && size == 1 || c <= 0x9f || sanitize.Invisible(c), size
}

// strip removes control and invisible characters from s, all but line ends: of
// these each becomes one \n. Tabs become spaces, so that no two words become one,
// and what is not UTF-8 becomes U+FFFD.
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
		case c == '\n', c == '\r', c == '\u2028', c == '\u2029', c == '\u0085':
			return '\n'
		case c == '\t':
			return ' '
		case c < 0x20, 0x7f <= c && c <= 0x9f, sanitize.Invisible(c):
			return -1
		}
		return c // RuneError for each byte that is not UTF-8
	}, s)
}
