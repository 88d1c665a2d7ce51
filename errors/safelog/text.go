package safelog

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
	"github.com/go-sallyport/sallyport/internal/sanitize"
)

const (
	redacted  = detect.Mark
	cutMark   = "[TRUNCATED]" // in place of what a limit cut
	cutMember = `"` + cutMark + `":null`
	opaque    = "[OPAQUE]" // in place of what cannot be seen into
	cycle     = "[CYCLE]"  // in place of a value inside itself
	truncated = " (truncated)"
)

// lookahead is how far behind the cut a secret that begins before it is
// followed, in bytes. One that is still not over is masked on suspicion.
const lookahead = 4 << 10

// text cleans s: control and invisible characters are stripped, secrets that
// are known by their looks are masked, and what is too long is cut. It
// allocates only if that changes s.
//
// Masking comes before cutting. In the other order half a token would be left
// in the log, and no longer look like one.
func (r *rules) text(s string) string {
	open := len(s) > r.maxString+lookahead
	if open {
		s = s[:runeStart(s, r.maxString+lookahead)]
	}
	if r.secrets.Clean(s, open) {
		if len(s) <= r.maxString {
			return s
		}
		return s[:runeStart(s, r.maxString)] + truncated
	}
	s = r.flatten(s)
	b := make([]byte, 0, min(len(s), r.maxString)+2*len(redacted))
	at := 0
	for secrets := r.secrets.Scan(s, open); len(b) <= r.maxString; {
		lo, hi := secrets.Next()
		if lo < 0 {
			break
		}
		if lo > at || at == 0 { // or it goes on with the one before
			b = append(b, s[at:lo]...)
			b = append(b, redacted...)
		}
		at = hi
	}
	tail := len(b)
	b = append(b, s[at:]...) // unsearched only where it is cut off below
	if len(b) > r.maxString || open {
		cut := min(len(b), r.maxString)
		if open {
			// Stripping may have brought the end of the window into view, and
			// with it half an address or half a card number.
			cut = min(cut, max(tail, len(b)-detect.Longest))
		}
		return string(append(b[:runeStart(string(b), cut)], truncated...))
	}
	return string(b)
}

// clean reports whether text would leave s as it is.
func (r *rules) clean(s string) bool {
	return len(s) <= r.maxString && r.secrets.Clean(s, false)
}

// runeStart is the last beginning of a character in s at or before i.
func runeStart(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// flatten strips s and makes one line of it. Where there is more than one, it
// first masks the values of header fields: afterwards nothing tells where they
// end.
func (r *rules) flatten(s string) string {
	s = strip(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for lo, hi := r.secrets.NextHeader(s, 0); lo >= 0; lo, hi = r.secrets.NextHeader(s, hi) {
		b.WriteString(s[at:lo])
		b.WriteString(redacted)
		at = hi
	}
	b.WriteString(s[at:])
	return oneLine(b.String())
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// strip removes control and invisible characters from s, all but line ends: of
// these each becomes one \n. Tabs become spaces, so that no two words become one,
// and what is not UTF-8 becomes U+FFFD.
func strip(s string) string {
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
