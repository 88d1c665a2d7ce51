package safelog

import "unicode/utf8"

const (
	redacted  = "[REDACTED]"
	cutMark   = "[TRUNCATED]" // in place of what a limit cut
	opaque    = "[OPAQUE]"    // in place of what cannot be seen into
	cycle     = "[CYCLE]"     // in place of a value inside itself
	truncated = " (truncated)"
)

// lookahead is how far behind the cut a secret that begins before it is
// followed, in bytes. One that is still not over is masked on suspicion.
const lookahead = 4 << 10

// longest is how long, in bytes, the secrets may be that find recognises only
// when they are complete: card numbers and e-mail addresses (RFC 5321, section
// 4.5.3.1).
const longest = 320

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
	if lo, _ := r.find(s, 0, open); lo < 0 {
		if len(s) <= r.maxString {
			return s
		}
		return s[:runeStart(s, r.maxString)] + truncated
	}
	s, _ = r.flatten(s)
	b := make([]byte, 0, min(len(s), r.maxString)+2*len(redacted))
	at := 0
	for len(b) <= r.maxString {
		lo, hi := r.find(s, at, open)
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
			cut = min(cut, max(tail, len(b)-longest))
		}
		for cut > 0 && cut < len(b) && !utf8.RuneStart(b[cut]) {
			cut--
		}
		b = append(b[:cut], truncated...)
	}
	return string(b)
}

// clean reports whether text would leave s as it is.
func (r *rules) clean(s string) bool {
	if len(s) > r.maxString {
		return false
	}
	lo, _ := r.find(s, 0, false)
	return lo < 0
}

// runeStart is the last beginning of a character in s at or before i.
func runeStart(s string, i int) int {
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
