// Package field knows the grammar of HTTP fields (RFC 9110, section 5).
package field

import (
	"net/http"
	"time"
)

// Token reports whether s is a token (RFC 9110, section 5.6.2), as the names
// of fields, methods and schemes are.
func Token(s string) bool {
	for i := range len(s) {
		if !tokenChars[s[i]] {
			return false
		}
	}
	return s != ""
}

// Value reports whether s may be sent as a field value: visible ASCII, with
// spaces and tabs anywhere but at the ends. Obsolete text
// (bytes above 0x7e) is refused: peers disagree on what it means.
func Value(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t') || c > '~' {
			return false
		}
	}
	return s == "" || !blank(s[0]) && !blank(s[len(s)-1])
}

// One returns the value of a field that must come at most once. name must be
// in canonical form. found tells whether the field is there at all; ok is false
// if it is there more than once, when no reading of it is safe.
func One(h http.Header, name string) (value string, found, ok bool) {
	switch v := h[name]; len(v) {
	case 0:
		return "", false, true
	case 1:
		return v[0], true, true
	default:
		return "", true, false
	}
}

// Quoted reports whether s can stand between the quotes of a quoted-string as
// it is: printable ASCII without the quote and the backslash.
func Quoted(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Lower returns s with the letters of ASCII in lower case and all else as it is.
// strings.ToLower makes a "k" of the Kelvin sign, and so one name of two.
func Lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// EqualFold reports whether a and b are equal but for the case of the letters
// of ASCII, as the names of HTTP are.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}

// Seconds returns d in whole seconds, rounded up, as Retry-After takes it
// (RFC 9110, section 10.2.3): a client that is told to wait must not come too
// early.
func Seconds(d time.Duration) int64 {
	n := int64(d / time.Second)
	if d%time.Second > 0 {
		n++
	}
	return n
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

var tokenChars = func() (t [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()
