package validate

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// ecmaPattern writes a parsed RE2 expression in what it has in common with the
// regular expressions of JavaScript, in which JSON Schema has its patterns
// (core, section 6.4): no flags, no (?P<name>), no \pL, no \z. ok is false where
// there is no such thing.
func ecmaPattern(re *syntax.Regexp) (pattern string, ok bool) {
	var b strings.Builder
	ok = writeECMA(&b, re, loose)
	return b.String(), ok
}

// What may stand in a place without brackets around it.
const (
	loose = iota // alternatives
	row          // what may have a neighbour
	atom         // what may have a quantifier
)

func writeECMA(b *strings.Builder, re *syntax.Regexp, place int) bool {
	needs := row
	switch re.Op {
	case syntax.OpAlternate, syntax.OpCapture:
		needs = loose
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		needs = atom
	case syntax.OpLiteral:
		if len(re.Rune) == 1 {
			needs = atom
		}
	}
	if needs < place {
		b.WriteString("(?:")
		defer b.WriteByte(')')
	}
	each := func(between string, place int) bool {
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteString(between)
			}
			if !writeECMA(b, sub, place) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeLiteral(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		return writeClass(b, re.Rune)
	case syntax.OpAnyChar:
		b.WriteString(`[\s\S]`)
	case syntax.OpAnyCharNotNL:
		b.WriteString(`[^\n]`) // a dot is also not U+2028 in JavaScript
	case syntax.OpBeginText:
		b.WriteByte('^')
	case syntax.OpEndText:
		b.WriteByte('$')
	case syntax.OpWordBoundary:
		b.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		b.WriteString(`\B`)
	case syntax.OpCapture:
		return each("", loose)
	case syntax.OpAlternate:
		return each("|", row)
	case syntax.OpConcat:
		return each("", row)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if !each("", atom) {
			return false
		}
		b.WriteString(quantifier(re)) // greed decides what is captured, not what matches
	default:
		return false // the beginning or end of a line, and what matches nothing
	}
	return true
}

func quantifier(re *syntax.Regexp) string {
	switch {
	case re.Op == syntax.OpStar:
		return "*"
	case re.Op == syntax.OpPlus:
		return "+"
	case re.Op == syntax.OpQuest:
		return "?"
	case re.Max < 0:
		return fmt.Sprintf("{%d,}", re.Min)
	case re.Max == re.Min:
		return fmt.Sprintf("{%d}", re.Min)
	}
	return fmt.Sprintf("{%d,%d}", re.Min, re.Max)
}

func writeLiteral(b *strings.Builder, r rune, fold bool) {
	if !fold || unicode.SimpleFold(r) == r {
		writeRune(b, r, false)
		return
	}
	b.WriteByte('[')
	writeRune(b, r, true)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		writeRune(b, f, true)
	}
	b.WriteByte(']')
}

func writeClass(b *strings.Builder, ranges []rune) bool {
	b.WriteByte('[')
	for i := 0; i < len(ranges); i += 2 {
		from, to := ranges[i], ranges[i+1]
		// Half a surrogate pair cannot be written, nor be in a text.
		for _, half := range [...]rune{from, to} {
			if 0xd800 <= half && half <= 0xdfff {
				return false
			}
		}
		writeRune(b, from, true)
		if to > from {
			b.WriteByte('-')
			writeRune(b, to, true)
		}
	}
	b.WriteByte(']')
	return len(ranges) > 0
}

// writeRune writes a character that both take for itself. Only in brackets may
// a hyphen be escaped, and only there must it be.
func writeRune(b *strings.Builder, r rune, inBrackets bool) {
	switch {
	case strings.ContainsRune(`\^$.|?*+()[]{}/`, r), r == '-' && inBrackets:
		b.WriteByte('\\')
		b.WriteRune(r)
	case r < 0x20 || 0x7f <= r && r <= 0xff:
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		b.WriteRune(r)
	}
}
