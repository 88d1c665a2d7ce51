// Package field knows the grammar of HTTP fields (RFC 9110, section 5).
package field

import "net/http"

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

func blank(c byte) bool { return c == ' ' || c == '\t' }

var tokenChars = func() (t [256]bool) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()
