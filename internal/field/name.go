package field

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Scope reports whether s is a scope-token (RFC 6749, section 3.3): visible ASCII
// without the quote and the backslash. A scope-token has no space, so Scope detects a
// list of scopes that was written as one scope.
func Scope(s string) bool { return s != "" && Quoted(s) && !strings.Contains(s, " ") }

// Name reports whether s is fit as the name of a person or a thing: printable text in
// any script, without blanks at its ends. Such blanks are invisible, but comparisons
// see them.
func Name(s string) bool {
	return s != "" && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

// Label reports whether s is fit as the name of a limit, a limiter or a tier: a token
// (RFC 9110, section 5.6.2) of at most 64 characters, without the bar. The bar
// separates such names where they are joined.
func Label(s string) bool { return len(s) <= 64 && Token(s) && !strings.Contains(s, "|") }
