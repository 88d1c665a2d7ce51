// Package jsonlex reads the two JSON tokens that need care: strings and numbers (RFC
// 8259, sections 6 and 7).
//
// # Use
//
//	n, saved, fault := jsonlex.String(text[i:]) // text[i] is the opening quote
//	if fault != jsonlex.OK {
//		return fault
//	}
//	inside := text[i+1 : i+n-1]
//	if saved > 0 { // it has escapes
//		inside = jsonlex.Unescape(nil, inside)
//	}
//
// # Invariant
//
// A string or number is accepted only if RFC 8259 allows it. Half a surrogate pair is
// refused: encoding/json replaces it by U+FFFD, other readers keep it. Only Unescape,
// which appends, may allocate.
//
// # Place in the chain
//
// The caller checks once that the whole text is UTF-8, and for each number that it fits
// its type.
package jsonlex

import (
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is the input of a caller: the bytes of a body, or a token as a string.
type Text interface{ ~string | ~[]byte }

// A Fault is the reason why a string was refused.
type Fault uint8

// The faults of a string.
const (
	OK         Fault = iota
	Unfinished       // the text ends before the closing quote
	Control          // a control character below U+0020 that is not escaped
	BadEscape        // a backslash that does not begin an escape
	Surrogate        // half a surrogate pair
)

// String reads the string whose opening quote is the first byte of s. n is its length
// with both quotes. saved is the number of bytes that Unescape removes. If saved is 0,
// the string has no escapes.
func String[T Text](s T) (n, saved int, fault Fault) {
	i := 1 + PlainRun(s[1:])
	for i < len(s) {
		switch s[i] {
		case '"':
			return i + 1, saved, OK
		case '\\':
			r, size, bad := Escape(s[i:])
			if bad != OK {
				return 0, 0, bad
			}
			saved += size - utf8.RuneLen(r)
			i += size
			i += PlainRun(s[i:])
		default:
			return 0, 0, Control
		}
	}
	return 0, 0, Unfinished
}

// Escape reads the escape whose backslash is the first byte of s. It returns the rune
// of the escape and the length of the escape, 12 for a surrogate pair.
func Escape[T Text](s T) (r rune, size int, fault Fault) {
	if len(s) < 2 {
		return 0, 0, Unfinished
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2, OK
	case 'b':
		return '\b', 2, OK
	case 'f':
		return '\f', 2, OK
	case 'n':
		return '\n', 2, OK
	case 'r':
		return '\r', 2, OK
	case 't':
		return '\t', 2, OK
	case 'u':
		r = Hex4(s[2:])
		switch {
		case r < 0:
			return 0, 0, BadEscape
		case !utf16.IsSurrogate(r):
			return r, 6, OK
		}
		if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
			if r = utf16.DecodeRune(r, Hex4(s[8:])); r != utf8.RuneError {
				return r, 12, OK
			}
		}
		return 0, 0, Surrogate
	}
	return 0, 0, BadEscape
}

// Hex4 returns the value of the four hexadecimal digits at the start of s, or -1.
func Hex4[T Text](s T) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// Unescape appends inside with its escapes decoded. inside is the text between the
// quotes of a string that String has accepted.
func Unescape[T Text](to []byte, inside T) []byte {
	for i := 0; i < len(inside); {
		if inside[i] != '\\' {
			to = append(to, inside[i])
			i++
			continue
		}
		r, size, _ := Escape(inside[i:])
		to = utf8.AppendRune(to, r)
		i += size
	}
	return to
}

// Rune returns the first rune of inside with its escape decoded, and the number of
// bytes that spell it. inside is not empty and comes from a string that String has
// accepted.
func Rune[T Text](inside T) (r rune, size int) {
	switch c := inside[0]; {
	case c == '\\':
		r, size, _ = Escape(inside)
		return r, size
	case c < utf8.RuneSelf:
		return rune(c), 1
	}
	var b [utf8.UTFMax]byte
	return utf8.DecodeRune(b[:copy(b[:], inside)])
}

// Number reads the number at the start of s and returns its length, or 0 if s does not
// start with a number. whole says that the number has neither fraction nor exponent.
func Number[T Text](s T) (n int, whole bool) {
	i := 0
	if len(s) > 0 && s[0] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++ // no digit may follow: 01 is not a number
	} else if i = digits(s, i); i < 0 {
		return 0, false
	}
	whole = true
	if i < len(s) && s[i] == '.' {
		whole = false
		if i = digits(s, i+1); i < 0 {
			return 0, false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		whole = false
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if i = digits(s, i); i < 0 {
			return 0, false
		}
	}
	return i, whole
}

// digits returns the end of the digits that begin at i, or -1 if there is no digit at
// i.
func digits[T Text](s T, i int) int {
	from := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

const (
	ones  = 0x0101010101010101 // every byte is 1, so every byte of ones*'x' is 'x'
	highs = 0x8080808080808080 // the high bit of every byte
)

// specials sets the high bit of each byte of w that is a quote, a backslash or a
// control character. Only the lowest set bit is reliable, because a subtraction borrows
// from the bytes above.
//
// A byte from 0x80 on is plain. For a byte c below 0x80, c-n sets the high bit if c is
// less than n. To find a backslash, the xor turns it into 0 and n is 1. To find a quote
// or a control character, the xor turns '"' into 0x20 and n is 0x21. That xor turns a
// space into 0x22 and leaves the control characters below 0x20.
func specials(w uint64) uint64 {
	quote := (w ^ ones*2) - ones*0x21
	slash := (w ^ ones*'\\') - ones
	return (quote | slash) &^ w & highs
}

// PlainRun returns the number of bytes at the start of s that a string may hold without
// escapes: all bytes except quotes, backslashes and control characters.
func PlainRun[T Text](s T) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		b := s[i : i+8] // the compiler turns the eight reads into one load
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if found := specials(w); found != 0 {
			return i + bits.TrailingZeros64(found)/8 // the lowest byte of w comes first in s
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}
