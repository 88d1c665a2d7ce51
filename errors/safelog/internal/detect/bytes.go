package detect

import "strings"

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isQuote(c byte) bool  { return c == '"' || c == '\'' || c == '`' }

func isBase64URL(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '_'
}

// Further sets of bytes that the keys of vendors have.
func isAlnum(c byte) bool      { return isLetter(c) || isDigit(c) }
func isUpperAlnum(c byte) bool { return isDigit(c) || 'A' <= c && c <= 'Z' }
func isBase64(c byte) bool     { return isBase64URL(c) || c == '+' || c == '/' || c == '=' }
func isDotted(c byte) bool     { return isBase64URL(c) || c == '.' }
func isJoinedHex(c byte) bool  { return isHex(c) || c == '-' || c == '_' }
func isPath(c byte) bool       { return isDotted(c) || c == '/' || c == '@' }

// skipSpaces returns the index of the first byte at or after s[i] that is no
// space.
func skipSpaces(s string, i int) int { return len(s) - len(strings.TrimLeft(s[i:], " ")) }

// endsWithFold reports whether s ends in word, without regard to case. word is in
// small letters.
func endsWithFold(s, word string) bool {
	n := len(s) - len(word)
	return n >= 0 && s[len(s)-1]|0x20 == word[len(word)-1] && strings.EqualFold(s[n:], word)
}
