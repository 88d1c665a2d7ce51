package detect

// Mark stands in a text in place of a secret.
const Mark = "[REDACTED]"

// Longest is the greatest length, in bytes, of a secret that is recognised only
// when it is complete: a card number or an e-mail address (RFC 5321, section
// 4.5.3.1).
const Longest = 320

// A Detector knows the patterns and the sensitive names. It is safe for
// concurrent use.
type Detector struct {
	at    [256][]try // none at a byte that no secret is found by
	forms []form
	keys  keySet
	plain []string // names that are not sensitive, in normal form
}

// A try is a pattern as it is tried at a byte.
type try struct {
	row, rest int // row is its place in Scanner.skip
	find      func(d *Detector, t text, i int) (lo, hi int)
}

// New returns a Detector that takes keys for sensitive names in addition to its
// own, and the complete names in plain for harmless ones.
func New(keys, plain []string) *Detector {
	d := compile(patterns[:], forms[:], names[:], endings[:])
	for _, k := range keys {
		d.keys.add([]string{Normal(k)}, endings[:])
	}
	for _, p := range plain {
		d.plain = append(d.plain, Normal(p))
	}
	return d
}

func compile(patterns []pattern, forms []form, names, endings []string) *Detector {
	d := &Detector{forms: forms}
	for row, p := range patterns {
		for _, c := range []byte(p.bytes) {
			d.at[c] = append(d.at[c], try{row, p.rest, p.find})
		}
	}
	d.keys.add(names, endings)
	return d
}

// A text is a string as a pattern sees it.
type text struct {
	s    string
	from int  // the end of the secret before; nothing that is found begins earlier
	open bool // s goes on after its end, so that a secret there may have no end
}

// A Scanner finds the secrets of one text, one after another.
type Scanner struct {
	d *Detector
	text
	skip [len(patterns)]int // where each pattern is tried next
}

// Scan returns a Scanner for s. open says that s is the beginning of a longer
// text: a secret that may go on behind the end of s is found on suspicion.
func (d *Detector) Scan(s string, open bool) Scanner {
	return Scanner{d: d, text: text{s: s, open: open}}
}

// Next returns the next part of the text that must not be written, or -1. A
// control or invisible character counts as one. A part that is a Mark is passed
// over.
func (sc *Scanner) Next() (lo, hi int) {
	s := sc.s
	for i := sc.from; i < len(s); i++ {
		for k := range sc.d.at[s[i]] {
			try := &sc.d.at[s[i]][k]
			if i < sc.skip[try.row] || len(s)-i < try.rest {
				continue
			}
			if lo, hi = try.find(sc.d, sc.text, i); lo < 0 {
				sc.skip[try.row] = max(sc.skip[try.row], hi)
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

// Clean reports whether nothing in s must be hidden.
func (d *Detector) Clean(s string, open bool) bool {
	sc := d.Scan(s, open)
	lo, _ := sc.Next()
	return lo < 0
}
