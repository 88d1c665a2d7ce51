package detect

import (
	"slices"
	"strings"
)

// A card number has from leastDigits to mostDigits digits.
const leastDigits, mostDigits = 13, 19

// An issuer is a range of payment card numbers. Their last digit is a Luhn check
// digit (ISO/IEC 7812-1). One number in ten passes that check by chance, so it
// proves nothing without the prefix and the length.
//
// Log lines have many long numbers that are no cards. A number without groups
// must therefore have a length that the issuer uses and that IDs with the same
// prefix do not have: snowflake IDs have 17 to 19 digits.
type issuer struct {
	from, to int     // the first four digits
	alone    lengths // lengths of a number without groups
	marked   lengths // lengths of a number in the groups of a card, or beside a word such as "card"
}

// lengths is a set of numbers of digits: bit n stands for n digits.
type lengths uint32

const (
	n13 lengths = 1 << (13 + iota)
	n14
	n15
	n16
	n17
	n18
	n19
)

// issuers are the ranges of ISO/IEC 7812 that the card networks publish.
var issuers = [...]issuer{
	{4000, 4999, n13 | n16, n13 | n16 | n19}, // Visa
	{5100, 5599, n16, n16},                   // Mastercard
	{2221, 2720, n16, n16},
	{3400, 3499, n15, n15}, // American Express
	{3700, 3799, n15, n15},
	{3000, 3099, n14 | n16, n14 | n15 | n16 | n17 | n18 | n19}, // Diners Club
	{3600, 3699, n14, n14 | n15 | n16 | n17 | n18 | n19},
	{3800, 3999, n14, n14 | n15 | n16 | n17 | n18 | n19},
	{6011, 6011, n16, n16 | n17 | n18 | n19}, // Discover
	{6440, 6599, n16, n16 | n17 | n18 | n19},
	{3528, 3589, n16, n16 | n17 | n18 | n19},                 // JCB
	{6200, 6299, n16 | n19, n16 | n17 | n18 | n19},           // UnionPay
	{5000, 5099, 0, n13 | n14 | n15 | n16 | n17 | n18 | n19}, // Maestro
	{5600, 6999, 0, n13 | n14 | n15 | n16 | n17 | n18 | n19},
}

// cardShapes are the lengths of the groups in which cards and forms show a number
// (https://baymard.com/checkout-usability/credit-card-patterns).
var cardShapes = [...][5]int{
	{4, 4, 5}, {4, 4, 4, 1}, // 13 digits
	{4, 6, 4}, {4, 4, 4, 2},
	{4, 6, 5}, {4, 4, 4, 3},
	{4, 4, 4, 4},
	{4, 4, 4, 4, 1}, {4, 4, 4, 5},
	{4, 4, 4, 4, 2}, {4, 4, 4, 6},
	{4, 4, 4, 4, 3}, {4, 4, 4, 7}, {6, 13},
}

// cardSeparators stand between two groups. The first stands for one to three
// spaces and dashes.
var cardSeparators = [...]string{" -", ".", "/", "_", "\u00a0", "\u2007", "\u2009", "\u202f", "\u2010", "\u2011", "\u2013"}

// cardWords are the words beside which a rare length or prefix is a card number.
var cardWords = [...]string{
	"card", "cards", "cardno", "cardnumber", "creditcard", "debitcard", "pan",
	"maestro", "visa", "mastercard", "amex", "diners", "unionpay", "jcb",
}

// card finds a payment card number that begins with the group of digits at
// t.s[i].
func card(_ *Detector, t text, i int) (lo, hi int) {
	s := t.s
	next := endOfGroup(s, i)
	if hi = cardAt(s, i, next); hi == 0 {
		return -1, next
	}
	// Another card number may begin inside this one and end after it.
	for a := next; a < hi; a++ {
		if isDigit(s[a]) {
			end := endOfGroup(s, a)
			hi = max(hi, cardAt(s, a, end))
			a = end
		}
	}
	return i, hi
}

// cardAt returns the end of the longest card number that begins with the group
// s[a:first], or 0.
func cardAt(s string, a, first int) (best int) {
	n := first - a
	switch {
	case s[a] < '2' || s[a] > '6', afterPoint(s, a):
		return 0 // no issuer has a number with another digit
	case n >= leastDigits:
		if isCard(s, a, first, false) && !inHash(s, a, first) {
			return first
		}
		return 0
	case n != 4 && n != 6:
		return 0
	}
	for k := range cardSeparators {
		best = max(best, groupedCard(s, a, first, k))
	}
	return best
}

// groupedCard returns the end of a card number of several groups with one kind of
// separator between them. A number after the card number, such as a month, does
// not hide it.
func groupedCard(s string, a, first, separator int) (best int) {
	shape := [5]int{first - a}
	j := first
	for n := 1; n < len(shape); n++ {
		if j = afterSeparator(s, j, separator); j < 0 {
			break
		}
		start := j
		j = endOfGroup(s, start)
		if shape[n] = j - start; shape[n] == 0 || shape[n] > mostDigits {
			break
		}
		if slices.Contains(cardShapes[:], shape) && isCard(s, a, j, true) && !inUUID(s, a, j) {
			best = j
		}
	}
	return best
}

// afterSeparator returns the index after the separator at s[j], or -1.
func afterSeparator(s string, j, separator int) int {
	if separator > 0 {
		if sep := cardSeparators[separator]; strings.HasPrefix(s[j:], sep) {
			return j + len(sep)
		}
		return -1
	}
	gap := j
	for gap < len(s) && gap-j < 3 && (s[gap] == ' ' || s[gap] == '-') {
		gap++
	}
	if gap == j {
		return -1
	}
	return gap
}

// isCard reports whether the digits of s[a:b] are the number of an issuer.
// grouped says that they stand in the groups of a card.
func isCard(s string, a, b int, grouped bool) bool {
	prefix, n := 0, 0
	for _, c := range []byte(s[a:b]) {
		if isDigit(c) {
			if n++; n <= 4 {
				prefix = prefix*10 + int(c-'0')
			}
		}
	}
	var alone, marked lengths
	for _, r := range issuers {
		if r.from <= prefix && prefix <= r.to {
			alone, marked = alone|r.alone, marked|r.marked
		}
	}
	length := lengths(1) << min(n, 31)
	switch {
	case marked&length == 0 || !luhn(s[a:b]):
		return false
	case grouped:
		return true
	}
	sure := alone&length != 0 && (n != 13 || !isEAN(s[a:b]))
	return sure || hasCardWord(s, max(0, a-beside), a) || hasCardWord(s, b, min(len(s), b+beside))
}

// beside is the distance, in bytes, up to which a word belongs to a number.
const beside = 24

// hasCardWord reports whether one of cardWords is a word of s[a:b].
func hasCardWord(s string, a, b int) bool {
	for i := a; i < b; i++ {
		if !isLetter(s[i]) || i > 0 && isLetter(s[i-1]) {
			continue
		}
		end := i
		for end < b && isLetter(s[end]) {
			end++
		}
		whole := end == len(s) || !isLetter(s[end])
		if whole && slices.ContainsFunc(cardWords[:], func(w string) bool { return strings.EqualFold(s[i:end], w) }) {
			return true
		}
	}
	return false
}

// afterPoint reports whether the digits at s[a] are the fraction of a number, as
// in 0.8093 and in .8093. The point of a sentence follows a letter or a bracket.
func afterPoint(s string, a int) bool {
	if a == 0 || s[a-1] != '.' {
		return false
	}
	return a == 1 || !isLetter(s[a-2]) && s[a-2] < 0x80 && strings.IndexByte(".)]}", s[a-2]) < 0
}

const decimal = "0123456789"

// endOfGroup returns the end of the group of digits at s[i].
func endOfGroup(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// luhn reports whether the digits of s pass the Luhn check (ISO/IEC 7812-1, annex
// B).
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if isDigit(s[i]) {
			d := int(s[i] - '0')
			if n++; n%2 == 0 {
				d = d*2%10 + d/5
			}
			sum += d
		}
	}
	return sum%10 == 0
}

// isEAN reports whether the 13 digits of s pass the check of an article number
// (GS1 General Specifications, section 7.9), as those of Germany and Japan that
// begin with 4. Cards of 13 digits are no longer issued.
func isEAN(s string) bool {
	sum := 0
	for i := range len(s) {
		sum += int(s[i]-'0') * (1 + i%2*2)
	}
	return sum%10 == 0
}

// inUUID reports whether s[a:b] is part of a UUID (RFC 9562, section 4). One UUID
// in thousands has so many decimal digits in a row, and some of these pass the
// Luhn check. UUIDs must stay readable, because people search logs for them.
func inUUID(s string, a, b int) bool {
	const length = 36
	a, b = widenSpan(s, a, b, length+1, func(c byte) bool { return isHex(c) || c == '-' })
	for i := range b - a {
		if (i == 8 || i == 13 || i == 18 || i == 23) != (s[a+i] == '-') {
			return false
		}
	}
	return b-a == length
}

// inHash reports whether s[a:b] is part of a hexadecimal number of at least 32
// digits. Such a number can have a run of decimal digits by chance. Otherwise
// letters beside the digits do not matter: in the escaped "\n4111…" the card
// number follows an n.
func inHash(s string, a, b int) bool {
	const least = 32
	a, b = widenSpan(s, a, b, least, isHex)
	return b-a == least
}

// widenSpan extends s[a:b] over the bytes around it that are in a set, up to most
// bytes.
func widenSpan(s string, a, b, most int, in func(c byte) bool) (int, int) {
	for a > 0 && b-a < most && in(s[a-1]) {
		a--
	}
	for b < len(s) && b-a < most && in(s[b]) {
		b++
	}
	return a, b
}
