package detect

import (
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// A pair is a sensitive name and the separator after it, inside a text:
// password=…, Password:… as fmt prints a struct, "password":… in JSON, and
// Authorization: … as HTTP/1.1 sends it. In these forms a sensitive key is part
// of a logged text and not the key of an attribute.
type pair struct {
	s         string
	open      bool // s is the beginning of a longer text
	name      string
	start     int  // index of the name, without quotes
	separator int  // index of the colon or the equals sign
	lo        int  // index of the value
	quoted    bool // the name is in quotes
	spaced    bool // there are spaces between the name and the separator
}

// A form is a notation of pairs. The first form that fits a pair finds its value.
// If no form fits, the text is no pair.
//
// "password: must be longer" is prose and stays. After an unquoted name, a colon
// and a space, a value counts only if it is quoted, or if the name is the name of
// a header.
type form struct {
	name  string
	fits  func(p pair) bool
	value func(p pair) (lo, hi int)
}

var forms = [...]form{
	{"name=value", func(p pair) bool { return p.s[p.separator] == '=' }, plainValue},
	{`"name":value`, func(p pair) bool { return p.quoted }, plainValue},
	{"Header: value", func(p pair) bool { return isHeader(p.name) && !p.spaced && p.lo > p.separator+1 }, headerValue},
	{"{Field:value}", func(p pair) bool { return !p.spaced && p.lo == p.separator+1 }, fieldValue},
	{`name: "value"`, quotesValue, plainValue},
	{"Bearer: token", func(p pair) bool { return endsWithFold(p.name, "bearer") }, bearerValue},
}

// sensitivePair finds the value of the pair with the separator t.s[i].
func sensitivePair(d *Detector, t text, i int) (lo, hi int) {
	if i == 0 {
		return -1, 0
	}
	if name := t.s[max(0, i-longestName):i]; isLetter(t.s[i-1]) && (d.keys.excludes(name) || d.keys.match(name) == notSensitive) {
		return -1, 0 // the common case, decided without a search for the start of the name
	}
	p, ok := d.pairAt(t, i)
	for k := 0; ok && k < len(d.forms); k++ {
		if d.forms[k].fits(p) {
			if lo, hi = d.forms[k].value(p); lo >= 0 && d.staysUnmasked(p.name, t.s[lo:hi], lo > p.lo) {
				return -1, 0
			}
			return lo, hi
		}
	}
	return -1, 0
}

// staysUnmasked reports whether value, the value of a pair with a sensitive
// name, is no secret: no value at all, a count, a directory. A number in quotes
// is no count.
func (d *Detector) staysUnmasked(name, value string, quoted bool) bool {
	switch {
	case value == "<nil":
		return true // the bracket after it ended the value
	case isDigit(value[0]) || value[0] == '-':
		if quoted || len(value) > 16 || strings.Trim(value[1:], decimal+".") != "" {
			return false
		}
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && d.StaysNumber(name, n)
	case value[0] == '/' || len(value) > 2 && value[1] == ':':
		return d.StaysText(name, value)
	}
	return false
}

// queryKey finds the value of the query parameter "key" with the equals sign at
// t.s[i]. The word is far too common as the key of an attribute, but in a URL it
// carries API keys.
func queryKey(_ *Detector, t text, i int) (lo, hi int) {
	lo = valueStart(t.s, i)
	if lo < 0 || i < 4 || t.s[i-4] != '?' && t.s[i-4] != '&' || !strings.EqualFold(t.s[i-3:i], "key") {
		return -1, 0
	}
	return valueExtent(t.s, lo)
}

// longestName is the greatest length, in bytes, of a name that pairAt finds.
const longestName = 64

// pairAt returns the pair with the separator t.s[i], if its name is sensitive.
func (d *Detector) pairAt(t text, i int) (p pair, ok bool) {
	s, k := t.s, i
	for k > 0 && s[k-1] == ' ' && i-k < 4 {
		k--
	}
	closing := k
	for k > 0 && (isQuote(s[k-1]) || s[k-1] == '\\') && i-k < 8 {
		k--
	}
	start := nameStart(s, k)
	name := s[start:k]
	if k < closing {
		name = quotedName(s, start, k, s[closing-1])
	}
	lo := valueStart(s, i)
	if name == "" || lo < 0 || !d.SensitiveKey(name) {
		return p, false
	}
	return pair{
		s: s, open: t.open, start: start, separator: i, lo: lo,
		quoted: k < closing, spaced: closing < i, name: name,
	}, true
}

// valueStart returns the index of the value after the separator at s[i], which may
// be the arrow => of Ruby and PHP. It returns -1 if there is no value, or if s[i]
// is part of another operator: key == …, key := ….
func valueStart(s string, i int) int {
	if s[i] == '=' && i+1 < len(s) && s[i+1] == '>' {
		i++
	}
	lo := skipSpaces(s, i+1)
	if lo == len(s) || s[lo] == '=' {
		return -1
	}
	return lo
}

// nameStart returns the index of the unquoted name that ends before s[end]. The n of
// an escaped line end before the name does not belong to the name.
func nameStart(s string, end int) int {
	k := end
	for k > 0 && end-k < longestName && (isBase64URL(s[k-1]) || s[k-1] == '.' || s[k-1] == ']' || s[k-1] == '[') {
		k--
	}
	if k > 0 && k < end && s[k-1] == '\\' && (s[k] == 'n' || s[k] == 'r' || s[k] == 't') {
		k++
	}
	return k
}

// quotedName returns the name between two quotes, the second of them at s[end]. It
// decodes \u escapes, because JSON may write any letter as an escape. If there is
// no first quote, the name begins at start.
func quotedName(s string, start, end int, quote byte) string {
	const most = longestName * len(`\u0070`)
	inside := s[max(0, end-most):end]
	if b := strings.LastIndexByte(inside, quote); b >= 0 {
		return unescape(inside[b+1:])
	}
	return s[start:end]
}

// unescape decodes the \uXXXX escapes in s. An escape may have several
// backslashes, where JSON is quoted inside JSON.
func unescape(s string) string {
	if !strings.Contains(s, `\u`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+5 < len(s) && s[i+1] == 'u':
			if c := jsonlex.Hex4(s[i+2:]); c >= 0 {
				b.WriteRune(c)
			}
			i += 5
		}
	}
	return b.String()
}
