package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The bytes of a string that end the run of those that mean themselves.
const (
	ordinary = iota
	highByte // of a rune beyond ASCII
	quotation
	escape
	control
)

var byteClasses = func() (c [256]uint8) {
	for i := range c {
		switch {
		case i == '"':
			c[i] = quotation
		case i == '\\':
			c[i] = escape
		case i < ' ':
			c[i] = control
		case i >= utf8.RuneSelf:
			c[i] = highByte
		}
	}
	return c
}()

// str skips a string (RFC 8259, section 7), and says in s.plain whether it is of
// ASCII without escapes.
func (s *scanner) str() bool {
	if s.peek() != '"' {
		return s.fail(ErrSyntax)
	}
	s.plain = true
	for i := s.at + 1; i < len(s.text); i++ {
		switch byteClasses[s.text[i]] {
		case ordinary:
		case highByte:
			s.plain = false
		case quotation:
			s.at = i + 1
			return true
		case escape:
			s.plain = false
			_, n := unescape(s.text[i:])
			if n == 0 {
				return s.fail(ErrString)
			}
			i += n - 1
		default:
			return s.fail(ErrString)
		}
	}
	return s.fail(ErrSyntax)
}

// unescape returns the rune that the escape at the start of raw stands for, and
// the length of the escape, which is 0 if it is not one. Half a surrogate pair
// is none: encoding/json would make U+FFFD of it, others keep it.
func unescape(raw string) (r rune, n int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch c := raw[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := hex4(raw)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hex4(raw[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads \uXXXX.
func hex4(raw string) (r rune, ok bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(raw[2:6]) {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number skips a number (RFC 8259, section 6).
func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail(ErrSyntax)
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return s.fail(ErrSyntax)
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fail(ErrSyntax)
		}
	}
	return true
}

// digits skips digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.at
	for isDigit(s.peek()) {
		s.at++
	}
	return s.at > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// String returns the string that raw, a value as Collect returns it, stands for. It
// is a part of raw unless raw has escapes.
func String(raw string) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	raw = raw[1 : len(raw)-1]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw, true
	}
	b := make([]byte, 0, len(raw))
	for raw != "" {
		var r rune
		r, raw = nextRune(raw)
		b = utf8.AppendRune(b, r)
	}
	return string(b), true
}

// nextRune returns the first rune of the inside of a string, and the rest.
func nextRune(raw string) (rune, string) {
	if raw[0] == '\\' {
		r, n := unescape(raw)
		return r, raw[n:]
	}
	r, n := utf8.DecodeRuneInString(raw)
	return r, raw[n:]
}
