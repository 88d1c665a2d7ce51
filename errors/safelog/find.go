package safelog

import (
	"strings"
	"unicode/utf8"
)

// This file and the patterns are on the path of every string that is logged.
// They must not allocate, and together they must stay linear in the length of
// the string whatever it is: a log line is often an attacker's text.

// What a byte may be the middle of. Each pattern is tried only at the one byte
// that is rare outside it: a JWT at its J, a URL at its colon.
const (
	boring = iota
	control
	beyondASCII
	digit
	jay     // eyJ…
	space   // Bearer …, Basic …
	colon   // ://user:pass@, Password:…, "password":…
	equals  // password=…
	at      // user@host.example, user:pass@tcp(…)
	percent // user%40host.example, Bearer%20…
	dot     // eyA….
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c < 0x20 || c == 0x7f:
			t[c] = control
		case c >= utf8.RuneSelf:
			t[c] = beyondASCII
		case '0' <= c && c <= '9':
			t[c] = digit
		}
	}
	t['J'], t[' '], t[':'], t['='], t['@'], t['%'], t['.'] = jay, space, colon, equals, at, percent, dot
	return t
}()

// shortest is the least number of digits of a card.
const shortest = 13

// find returns the first part of s at or after from that must not be written,
// or -1. A control or invisible character counts as one. open says that s goes
// on after its end, so that what reaches the end may have no end there.
func (r *rules) find(s string, from int, open bool) (lo, hi int) {
	noJWT := from               // no token begins before it
	noCard := len(s) - shortest // none begins behind it
	for i := from; i < len(s); {
		class := classes[s[i]]
		if class == boring || class == digit && i > noCard {
			i++
			continue
		}
		lo, hi, next := -1, 0, i+1
		switch class {
		case control:
			return i, i + 1
		case beyondASCII:
			bad, size := unclean(s[i:])
			if bad {
				return i, i + size
			}
			if next = i + size; size == 2 && s[i:next] == "\u00a0" {
				lo, hi = findScheme(s, i, size)
			}
		case digit:
			lo, hi, next = findCard(s, i)
		case jay:
			if i-2 >= noJWT {
				lo, hi = findJWT(s, i-2, open)
				noJWT = max(noJWT, hi)
			}
		case space:
			if i > 0 && (s[i-1]|0x20 == 'r' || s[i-1]|0x20 == 'c' || s[i-1] == 'N') {
				lo, hi = findBehindWord(s, i, from)
			}
		case colon:
			if i+1 < len(s) && s[i+1] == '/' {
				lo, hi = findUserinfo(s, i, open)
			}
			if lo < 0 {
				lo, hi = r.findPair(s, i, open)
			}
		case equals:
			lo, hi = r.findPair(s, i, open)
		case at:
			lo, hi = findDSN(s, i, from)
			if lo < 0 {
				lo, hi = findEmail(s, i, i+1, from)
			}
		case percent:
			if i+2 < len(s) && s[i+1] == '4' && s[i+2] == '0' {
				lo, hi = findEmail(s, i, i+3, from)
			} else if strings.HasPrefix(s[i:], "%20") {
				lo, hi = findScheme(s, i, len("%20"))
			}
		case dot:
			// The JSON of a header ends in a brace, and so in one of these.
			if i-from > 12 && (s[i-1] == '9' || s[i-1] == '0' || s[i-1] == 'Q') {
				lo, hi = findSpacedJWT(s, i, from, open)
			}
		}
		if lo >= 0 {
			if s[lo:hi] != redacted {
				return lo, hi
			}
			next = max(next, hi) // done before
		}
		i = next
	}
	return -1, 0
}

// findBehindWord finds what the word before the space at s[i] announces.
func findBehindWord(s string, i, from int) (int, int) {
	switch s[i-1] {
	case 'r', 'R', 'c', 'C': // Bearer, Basic
		return findScheme(s, i, 1)
	case 'N': // -----BEGIN
		return findPrivateKey(s, i, from)
	}
	return -1, 0
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }

func isBase64URL(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '_'
}
