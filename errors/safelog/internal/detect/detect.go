package detect

import "math"

// Mark replaces a secret in a text.
const Mark = "[REDACTED]"

// Longest is the greatest length, in bytes, of a secret that is recognised only
// if it is complete: a card number or an e-mail address (RFC 5321, section
// 4.5.3.1).
const Longest = 320

// A Detector knows the patterns and the sensitive names. It is safe for
// concurrent use.
type Detector struct {
	at       [256][]trigger // the patterns to try at each byte
	least    [256]int       // the least rest of these patterns; no text is so long where there is none
	forms    []form
	tokens   *tokenIndex
	keys     *keySet
	harmless *keySet
	plain    []string // names that are not sensitive, in normal form
	headers  bool     // NextHeader finds header fields
}

// A trigger is a pattern that is tried at a byte.
type trigger struct {
	row, rest int        // row is the index of the pattern in Scanner.skip
	after     *[256]bool // the bytes that may stand before it; nil for all
	find      func(d *Detector, t text, i int) (lo, hi int)
}

// New returns a Detector. keys are sensitive names in addition to its own. plain
// are complete names that are not sensitive.
func New(keys, plain []string) *Detector {
	d := compile(builtin())
	for _, k := range keys {
		d.keys.add([]string{Normal(k)}, endings[:], ownName, ownName)
	}
	for _, p := range plain {
		d.plain = append(d.plain, Normal(p))
	}
	return d
}

// tables are the rows that a Detector is made of.
type tables struct {
	patterns                                 []pattern
	forms                                    []form
	tokens                                   []tokenFormat
	textNames, digitNames, endings, harmless []string
}

func builtin() tables {
	return tables{patterns[:], forms[:], tokenFormats[:], textNames[:], digitNames[:], endings[:], harmless[:]}
}

// compile returns a Detector of these tables.
func compile(t tables) *Detector {
	d := &Detector{forms: t.forms, tokens: indexTokens(t.tokens), keys: new(keySet), harmless: new(keySet), headers: true}
	d.try(t.patterns)
	d.keys.add(t.textNames, t.endings, singular, plural)
	d.keys.add(t.digitNames, t.endings, singular, pluralDigits)
	d.harmless.add(t.harmless, t.endings, singular, plural)
	return d
}

// try sets the patterns that d tries.
func (d *Detector) try(patterns []pattern) {
	d.at = [256][]trigger{}
	for c := range d.least {
		d.least[c] = math.MaxInt
	}
	for row, p := range patterns {
		trig := trigger{row: row, rest: p.rest, find: p.find}
		if p.after != "" {
			trig.after = new([256]bool)
			for _, c := range []byte(p.after) {
				trig.after[c] = true
			}
		}
		for _, c := range []byte(p.bytes) {
			d.at[c] = append(d.at[c], trig)
			d.least[c] = min(d.least[c], p.rest)
		}
	}
}

// ForIdentifiers returns a Detector for values that the program declares to be
// identifiers. It finds keys and tokens only: an identifier may be an e-mail
// address, a number like that of a card, or name=value, as in a distinguished
// name.
func (d *Detector) ForIdentifiers() *Detector {
	return d.restricted(func(p pattern) bool { return p.key })
}

// ForPlain returns a Detector that finds only characters that no log may have.
func (d *Detector) ForPlain() *Detector {
	return d.restricted(func(p pattern) bool { return p.character })
}

func (d *Detector) restricted(keep func(pattern) bool) *Detector {
	c := *d
	c.headers = false
	var kept []pattern
	for _, p := range patterns {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	c.try(kept)
	return &c
}

// A text is the input of a pattern.
type text struct {
	s    string
	from int  // end of the previous secret; the next one begins there or later
	open bool // s is the beginning of a longer text, so its last secret may be incomplete
}

// A Scanner finds the secrets of one text, one after another.
type Scanner struct {
	d *Detector
	text
	skip [len(patterns)]int // the index before which each pattern is not tried again
}

// Scan returns a Scanner for s. open says that s is the beginning of a longer
// text. Then a possible secret that may continue after the end of s counts as
// found.
func (d *Detector) Scan(s string, open bool) Scanner {
	return Scanner{d: d, text: text{s: s, open: open}}
}

// Next returns the next part of the text that must not be written, or -1. A
// control character or an invisible character is such a part. A Mark is not.
func (sc *Scanner) Next() (lo, hi int) {
	s := sc.s
	for i := sc.from; i < len(s); i++ {
		if len(s)-i < sc.d.least[s[i]] {
			continue
		}
		for k := range sc.d.at[s[i]] {
			trig := &sc.d.at[s[i]][k]
			if i < sc.skip[trig.row] || len(s)-i < trig.rest || trig.after != nil && (i == 0 || !trig.after[s[i-1]]) {
				continue
			}
			if lo, hi = trig.find(sc.d, sc.text, i); lo < 0 {
				sc.skip[trig.row] = max(sc.skip[trig.row], hi)
				continue
			}
			if s[lo:hi] != Mark {
				sc.from = hi
				return lo, hi
			}
			i = max(i, hi-1)
			break
		}
	}
	sc.from = len(s)
	return -1, 0
}

// Clean reports whether s has no part that must be hidden.
func (d *Detector) Clean(s string, open bool) bool {
	for i := range len(s) {
		if len(s)-i >= d.least[s[i]] {
			sc := d.Scan(s, open)
			lo, _ := sc.Next()
			return lo < 0
		}
	}
	return true // no byte at which a pattern is tried: the common case
}
