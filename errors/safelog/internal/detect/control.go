package detect

import (
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// control finds the control character at t.s[i].
func control(_ *Detector, _ text, i int) (lo, hi int) { return i, i + 1 }

// invisible finds the character at t.s[i] if it is a control character beyond
// ASCII, an invisible character, or invalid UTF-8. A terminal reads the single
// byte 0x9b as the beginning of a command.
func invisible(_ *Detector, t text, i int) (lo, hi int) {
	c, size := utf8.DecodeRuneInString(t.s[i:])
	if c == utf8.RuneError && size == 1 || c <= 0x9f || sanitize.Invisible(c) {
		return i, i + size
	}
	return -1, i + size
}
