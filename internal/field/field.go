// Package field checks the grammar of HTTP fields (RFC 9110, section 5).
//
// # Use
//
//	name, found, ok := field.One(r.Header, "X-Tenant")
//	if !ok || found && !field.Token(name) {
//		return errMalformed
//	}
//
// # Place in the chain
//
// It is a leaf: many packages of the library use it for their Config and their headers.
package field

import (
	"net/http"
	"time"
)

// Token reports whether s is a token (RFC 9110, section 5.6.2), the form of the names
// of fields, methods and schemes.
func Token(s string) bool {
	for i := range len(s) {
		if !tokenChars[s[i]] {
			return false
		}
	}
	return s != ""
}

// Value reports whether s may be sent as a field value: visible ASCII, with spaces and
// tabs anywhere but at the ends. Obsolete text (bytes above 0x7e) is refused, because
// peers disagree on its meaning.
func Value(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t') || c > '~' {
			return false
		}
	}
	return s == "" || !blank(s[0]) && !blank(s[len(s)-1])
}

// One returns the value of a field that must come at most once. name must be in
// canonical form. found tells whether the field is present. ok is false if the field
// comes more than once: then no choice of a value is safe.
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

// Quoted reports whether s can stand between the quotes of a quoted-string without
// escapes: printable ASCII without the quote and the backslash.
func Quoted(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Lower returns s with the letters of ASCII in lower case and all other characters
// unchanged. strings.ToLower would turn the Kelvin sign into a "k", and so make two
// names equal.
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

// EqualFold reports whether a and b are equal except for the case of ASCII letters, as
// HTTP compares names.
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

// Seconds returns d in whole seconds, rounded up, as Retry-After takes it (RFC 9110,
// section 10.2.3): the client must not come back too early.
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
