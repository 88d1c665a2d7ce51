package safelog

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
	"github.com/go-sallyport/sallyport/internal/sanitize"
)

const (
	redacted  = detect.Mark
	cutMark   = "[TRUNCATED]" // stands for values beyond a limit
	cutMember = `"` + cutMark + `":null`
	opaque    = "[OPAQUE]" // stands for a value that reflection cannot read
	cycle     = "[CYCLE]"  // stands for a value inside itself
	truncated = " (truncated)"
)

// lookahead is the number of bytes after the cut in which the end of a secret is
// searched. A possible secret that has no end there is masked as well.
const lookahead = 4 << 10

// cleanText is cleanTextWith for a text that may hold any secret.
func (r *rules) cleanText(s string) string { return r.cleanTextWith(r.detector, s) }

// cleanTextWith cleans s: it removes control and invisible characters, masks text
// that d finds, and cuts text that is too long. It allocates only if
// s changes.
//
// It masks before it cuts. In the other order half a token would stay in the
// log, and half a token does not look like one.
func (r *rules) cleanTextWith(d *detect.Detector, s string) string {
	open := len(s) > r.maxString+lookahead
	if open {
		s = s[:runeStart(s, r.maxString+lookahead)]
	}
	if d.Clean(s, open) {
		if len(s) <= r.maxString {
			return s
		}
		return s[:runeStart(s, r.maxString)] + truncated
	}
	s = flatten(d, s)
	b := make([]byte, 0, min(len(s), r.maxString)+2*len(redacted))
	at := 0
	for scanner := d.Scan(s, open); len(b) <= r.maxString; {
		lo, hi := scanner.Next()
		if lo < 0 {
			break
		}
		if lo > at || at == 0 { // adjacent secrets share one mark
			b = append(b, s[at:lo]...)
			b = append(b, redacted...)
		}
		at = hi
	}
	tail := len(b)
	b = append(b, s[at:]...) // if the loop ended early, the unsearched rest is cut off below
	if len(b) > r.maxString || open {
		cut := min(len(b), r.maxString)
		if open {
			// Removed characters may have moved the end of the searched part
			// before the cut. Half an address or half a card number may stand
			// there.
			cut = min(cut, max(tail, len(b)-detect.Longest))
		}
		return string(append(b[:runeStart(string(b), cut)], truncated...))
	}
	return string(b)
}

// isClean reports whether cleanText would return s unchanged.
func (r *rules) isClean(s string) bool {
	return len(s) <= r.maxString && r.detector.Clean(s, false)
}

// runeStart returns the start of the last character in s that begins at or
// before i.
func runeStart(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// flatten removes control characters from s and joins its lines to one line. If s
// has several lines, flatten masks the values of header fields first: in one line
// the ends of these values can no longer be found.
func flatten(d *detect.Detector, s string) string {
	s = stripControls(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for lo, hi := d.NextHeader(s, 0); lo >= 0; lo, hi = d.NextHeader(s, hi) {
		b.WriteString(s[at:lo])
		b.WriteString(redacted)
		at = hi
	}
	b.WriteString(s[at:])
	return oneLine(b.String())
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// stripControls removes control and invisible characters from s. Each line end
// becomes one \n. A tab becomes a space, so that two words do not become one. An
// invalid UTF-8 byte becomes U+FFFD.
func stripControls(s string) string {
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
