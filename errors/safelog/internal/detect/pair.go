package detect

import (
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// A pair is a sensitive name and the sign behind it, inside a text: password=…,
// Password:… as fmt prints a struct, "password":… in JSON, and Authorization: …
// as it goes over the wire. Those are the ways in which a sensitive key reaches
// the log without being a key of it.
type pair struct {
	s      string
	open   bool // s goes on after its end
	name   string
	start  int  // where the name begins, without quotes
	sign   int  // where the colon or the equals sign stands
	lo     int  // where the value begins
	quoted bool // the name stands in quotes
	apart  bool // the name and the sign are apart
}

// A form is a way in which pairs are written. The first that fits a pair decides
// where its value is; there may be none.
//
// "password: must be longer" is prose and stays: behind an unquoted key with a
// colon and a space, a value counts only if it is quoted, or if the key is that
// of a header.
type form struct {
	name  string
	fits  func(p pair) bool
	value func(p pair) (lo, hi int)
}

var forms = [...]form{
	{"name=value", func(p pair) bool { return p.s[p.sign] == '=' }, plainValue},
	{`"name":value`, func(p pair) bool { return p.quoted }, plainValue},
	{"Header: value", func(p pair) bool { return isHeader(p.name) && !p.apart && p.lo > p.sign+1 }, headerValue},
	{"{Field:value}", func(p pair) bool { return !p.apart && p.lo == p.sign+1 }, fieldValue},
	{`name: "value"`, quotesValue, plainValue},
	{"Bearer: token", func(p pair) bool { return endsWithFold(p.name, "bearer") }, bearerValue},
}

// sensitivePair finds the value of the pair whose sign is t.s[i].
func sensitivePair(d *Detector, t text, i int) (lo, hi int) {
	if i == 0 || isLetter(t.s[i-1]) && !d.keys.match(t.s[max(0, i-longestName):i]) {
		return -1, 0 // the usual case, and no need to see where the word begins
	}
	p, ok := d.pairAt(t, i)
	for k := 0; ok && k < len(d.forms); k++ {
		if d.forms[k].fits(p) {
			return d.forms[k].value(p)
		}
	}
	return -1, 0
}

// queryKey finds the value of the parameter "key" of a query before the equals
// sign at t.s[i]. As a key of the log that word is far too common, but in a URL
// it carries API keys.
func queryKey(_ *Detector, t text, i int) (lo, hi int) {
	lo = valueStart(t.s, i)
	if lo < 0 || i < 4 || t.s[i-4] != '?' && t.s[i-4] != '&' || !strings.EqualFold(t.s[i-3:i], "key") {
		return -1, 0
	}
	return value(t.s, lo)
}

// longestName is how far back a name is followed, in bytes.
const longestName = 64

// pairAt returns the pair whose sign is t.s[i], if its name is sensitive.
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
		s: s, open: t.open, start: start, sign: i, lo: lo,
		quoted: k < closing, apart: closing < i, name: name,
	}, true
}

// valueStart returns where the value behind the sign at s[i] begins, or -1 if
// there is none, or the sign is of another kind: key == …, key := ….
func valueStart(s string, i int) int {
	lo := skipSpaces(s, i+1)
	if lo == len(s) || s[lo] == '=' {
		return -1
	}
	return lo
}

// nameStart returns where the unquoted name that ends at s[:end] begins. The n
// of an escaped line end belongs to that, and not to the name.
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

// quotedName returns the key between two quotes of which the second follows
// s[:end], with its \u escapes undone: JSON may spell any letter by one. Where
// there is no first quote, it is the name that begins at start.
func quotedName(s string, start, end int, quote byte) string {
	const most = longestName * len(`\u0070`)
	inside := s[max(0, end-most):end]
	if b := strings.LastIndexByte(inside, quote); b >= 0 {
		return unescape(inside[b+1:])
	}
	return s[start:end]
}

// unescape undoes the \uXXXX in s, however many backslashes each of them has
// where JSON stands in JSON.
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
