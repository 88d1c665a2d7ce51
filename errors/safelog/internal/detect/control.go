package detect

import (
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// control finds the character at t.s[i] if it is a control character, an invisible
// character, or invalid UTF-8. A terminal reads the single byte 0x9b as the
// beginning of a command.
func control(_ *Detector, t text, i int) (lo, hi int) {
	c, size := utf8.DecodeRuneInString(t.s[i:])
	if c == utf8.RuneError && size == 1 || unicode.IsControl(c) || sanitize.Invisible(c) {
		return i, i + size
	}
	return -1, i + size
}
