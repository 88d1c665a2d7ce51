package detect

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sections returns the lines of a file of testdata by the heading above them.
// Lines with # are comments.
func sections(t testing.TB, file string) map[string][]string {
	all, heading := make(map[string][]string), ""
	for _, row := range rows(t, file) {
		switch row[0] {
		case '#':
		case '[':
			heading = strings.Trim(row, "[]")
		default:
			all[heading] = append(all[heading], row)
		}
	}
	return all
}

// inGroups returns number in groups of these lengths.
func inGroups(number string, shape [5]int, separator string) string {
	var groups []string
	for _, n := range shape {
		if n > 0 {
			groups, number = append(groups, number[:n]), number[n:]
		}
	}
	return strings.Join(groups, separator)
}

func sum(shape [5]int) (n int) {
	for _, g := range shape {
		n += g
	}
	return n
}

// contexts are texts around a number. None has a word for cards.
var contexts = []string{"%s", "paid by %s.", "id=%s", "/v1/orders/%s/items", `{"id":"%s","n":1}`, "(%s)", "a,%s,b", "7 %s 12 27"}

// The published test cards are found, without groups and in all groups in which
// cards are written. Rare lengths and ranges need the groups or a word.
func TestPublishedCards(t *testing.T) {
	d := New(nil, nil)
	found := func(number, context string) {
		t.Helper()
		in := fmt.Sprintf(context, number)
		if got, want := mask(d, in), fmt.Sprintf(context, Mark); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	cards := sections(t, "cards.txt")
	if len(cards["alone"]) < 100 || len(cards["marked"]) < 10 {
		t.Fatalf("%d and %d cards", len(cards["alone"]), len(cards["marked"]))
	}
	seen := make(map[[5]int]bool)
	for heading, numbers := range cards {
		for _, number := range numbers {
			grouped := 0
			for _, shape := range cardShapes {
				if sum(shape) != len(number) {
					continue
				}
				grouped++
				seen[shape] = true
				for _, separator := range append(cardSeparators[1:], " ", "-", " - ", "  ") {
					found(inGroups(number, shape, separator), "pay %s!")
				}
				for _, context := range contexts {
					found(inGroups(number, shape, " "), context)
					found(inGroups(number, shape, "-"), context)
				}
			}
			if grouped == 0 {
				t.Errorf("%s: no groups for its length", number)
			}
			for _, context := range []string{"card %s", "Maestro: %s", "cardNumber %s refused", "%s is the PAN", "credit_card no. %s"} {
				found(number, context)
			}
			if heading == "alone" {
				for _, context := range append(contexts, `order\n%s`, "ab%sab", "paid.%s", "…%s", "...%s") {
					found(number, context)
				}
			} else if in := "order " + number; mask(d, in) != in {
				t.Errorf("%q became %q; move it to [alone]", in, mask(d, in))
			}
		}
	}
	if len(seen) != len(cardShapes) {
		t.Errorf("only the shapes %v have a card", seen)
	}
}

// Each range of issuers has a published test card. TestPublishedCards has one for
// each shape of groups.
func TestEveryIssuerHasACard(t *testing.T) {
	cards := sections(t, "cards.txt")
	all := slices.Concat(cards["alone"], cards["marked"])
	for _, r := range issuers {
		found := false
		for _, number := range all {
			var prefix int
			_, _ = fmt.Sscan(number[:4], &prefix)
			found = found || r.from <= prefix && prefix <= r.to && r.marked&(1<<len(number)) != 0
		}
		if !found {
			t.Errorf("no card from %d to %d", r.from, r.to)
		}
	}
}

// Timestamps, snowflake IDs, floats, ISBN and EAN are never taken for cards. Of
// random IDs of 16 digits, at most 3 in 100 are.
func TestNumbersAreNotCards(t *testing.T) {
	d := New(nil, nil)
	for heading, numbers := range sections(t, "numbers.txt") {
		wrong := 0
		for _, number := range numbers {
			if heading != "random" && !luhnOfSome(number) {
				t.Errorf("%s, %s: the Luhn check alone would keep it", heading, number)
			}
			for i, context := range contexts {
				in := fmt.Sprintf(context, number)
				if mask(d, in) == in {
					continue
				}
				if heading != "random" {
					t.Errorf("%s: %q became %q", heading, in, mask(d, in))
				} else if i == 0 {
					wrong++
				}
			}
		}
		if len(numbers) < 60 || wrong*100 > 3*len(numbers) {
			t.Errorf("%s: %d of %d are masked", heading, wrong, len(numbers))
		}
	}
}

// luhnOfSome reports whether the digits of s, or of a part of s between points,
// pass the Luhn check.
func luhnOfSome(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if luhn(part) && len(part) >= leastDigits {
			return true
		}
	}
	return luhn(s)
}

// The words beside a number are whole words, and near.
func TestWordsForCards(t *testing.T) {
	d := New(nil, nil)
	const number = "6304000000000000"
	for _, in := range []string{"", "discard ", "cardinal ", "a card that was seen long ago ", "visage "} {
		if in += number; mask(d, in) != in {
			t.Errorf("%q became %q", in, mask(d, in))
		}
	}
	for _, word := range cardWords {
		if in := word + " " + number; mask(d, in) != word+" "+Mark {
			t.Errorf("%q became %q", in, mask(d, in))
		}
	}
}

// A UUID is never taken for a card number, even if most of its digits are decimal.
// A card number beside or inside a similar text is still found.
func TestUUIDsAreNotCards(t *testing.T) {
	d := New(nil, nil)
	for range 20_000 {
		digits := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = "0123456789012345678901234567890123456789abcdef"[rand.IntN(46)]
			}
			return string(b)
		}
		id := fmt.Sprintf("%s-%s-7%s-8%s-%s", digits(8), digits(4), digits(3), digits(3), digits(12))
		if !d.Clean(id, false) {
			t.Fatalf("%s: %s", id, mask(d, id))
		}
	}
	for _, card := range []string{"4111-1111-1111-1111", "x-4111-1111-1111-1111-y", "4111-1111-1111-1111-000000000000", "01a20507-7747-7105-81e0-5f21a459977e-4111-1111-1111-1111"} {
		if got := mask(d, card); strings.Contains(got, "1111-1111") {
			t.Errorf("%s: %s", card, got)
		}
	}
}

// The slow reference of cards.
var (
	digitRuns = regexp.MustCompile(`[0-9]+`)
	hash      = regexp.MustCompile(`[0-9A-Fa-f]+`)
	uuid      = regexp.MustCompile(`^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	hexOrDash = regexp.MustCompile(`^[0-9A-Fa-f-]$`)
	fraction  = regexp.MustCompile(`(?:^|[^A-Za-z\x{80}-\x{ff}.)\]}])\.$`)
	shapes    = regexp.MustCompile(`^(?:4-4-5|4-4-4-1|4-6-4|4-4-4-2|4-6-5|4-4-4-3|4-4-4-4|4-4-4-4-1|4-4-4-5|4-4-4-4-2|4-4-4-6|4-4-4-4-3|4-4-4-7|6-13)$`)
	gaps      = regexp.MustCompile(`^(?:[ -]{1,3}(?:,[ -]{1,3})*|\.(?:,\.)*|/(?:,/)*|_(?:,_)*|` +
		"\u00a0(?:,\u00a0)*|\u2007(?:,\u2007)*|\u2009(?:,\u2009)*|\u202f(?:,\u202f)*|\u2010(?:,\u2010)*|\u2011(?:,\u2011)*|\u2013(?:,\u2013)*)$")
	sureCard = regexp.MustCompile(`^(?:4\d{12}|4\d{15}|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|` +
		`3[06]\d{12}|3[06]\d{14}|3[89]\d{12}|6011\d{12}|64[4-9]\d{13}|65\d{14}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14}|62\d{17})$`)
	markedCard  = regexp.MustCompile(`^(?:4\d{18}|3[0689]\d{12,17}|(?:6011|64[4-9]\d|65\d\d|35(?:2[89]|[3-8]\d))\d{12,15}|62\d{14,17}|(?:50|5[6-9]|6\d)\d{11,17})$`)
	wordForCard = regexp.MustCompile(`(?i)(?:^|[^A-Za-z])(?:cards?|cardno|cardnumber|creditcard|debitcard|pan|maestro|visa|mastercard|amex|diners|unionpay|jcb)(?:[^A-Za-z]|$)`)
)

// slowCardNumber tries all sequences of groups that begin at t.s[i], and then all
// sequences that begin inside the longest card number.
func slowCardNumber(t text, i int) (lo, hi int) {
	runs := digitRuns.FindAllStringIndex(t.s, -1)
	for a, first := range runs {
		if first[0] != i && first[0] >= hi || first[0] < i {
			continue
		}
		for b := a; b < min(len(runs), a+5); b++ {
			if slowCard(t.s, runs[a:b+1]) {
				hi = max(hi, runs[b][1])
			}
		}
		if hi == 0 {
			return -1, 0
		}
	}
	if hi == 0 {
		return -1, 0
	}
	return i, hi
}

func slowCard(s string, runs [][]int) bool {
	a, b := runs[0][0], runs[len(runs)-1][1]
	var number string
	var lengths, between []string
	for k, r := range runs {
		number += s[r[0]:r[1]]
		lengths = append(lengths, strconv.Itoa(r[1]-r[0]))
		if k > 0 {
			between = append(between, s[runs[k-1][1]:r[0]])
		}
	}
	if fraction.MatchString(latin(s[:a])) || !slowLuhn(number) {
		return false
	}
	if len(runs) > 1 {
		if !shapes.MatchString(strings.Join(lengths, "-")) || !gaps.MatchString(strings.Join(between, ",")) {
			return false
		}
		for from := 0; from <= a && from+36 <= len(s); from++ {
			before, after := s[max(from-1, 0):from], s[from+36:min(from+37, len(s))]
			if b <= from+36 && uuid.MatchString(s[from:from+36]) && !hexOrDash.MatchString(before) && !hexOrDash.MatchString(after) {
				return false
			}
		}
		return sureCard.MatchString(number) || markedCard.MatchString(number)
	}
	for _, h := range hash.FindAllStringIndex(s, -1) {
		if h[0] <= a && b <= h[1] && h[1]-h[0] >= 32 {
			return false
		}
	}
	near := slowBeside(s, a, b)
	ean := 0
	for i, c := range number {
		ean += int(c-'0') * (1 + 2*(i%2))
	}
	if sureCard.MatchString(number) && (near || len(number) != 13 || ean%10 != 0) {
		return true
	}
	return near && markedCard.MatchString(number)
}

// slowBeside reports whether a word for cards stands beside s[a:b]. A word that
// the distance cuts does not count.
func slowBeside(s string, a, b int) bool {
	from, to := max(0, a-24), min(len(s), b+24)
	before, after := s[from:a], s[b:to]
	if from > 0 && isLetter(s[from-1]) {
		before = strings.TrimLeft(before, letters)
	}
	if to < len(s) && isLetter(s[to]) {
		after = strings.TrimRight(after, letters)
	}
	return wordForCard.MatchString(before+"0") || wordForCard.MatchString("0"+after)
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func slowLuhn(s string) bool {
	digits := strings.Join(digitRuns.FindAllString(s, -1), "")
	sum := 0
	for i, c := range digits {
		d := int(c - '0')
		if (len(digits)-i)%2 == 0 {
			d = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[d]
		}
		sum += d
	}
	return sum%10 == 0
}
