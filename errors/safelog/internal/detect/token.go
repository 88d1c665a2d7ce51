package detect

import "strings"

// shortestToken is the least number of bytes from the anchor of a token to its
// end.
const shortestToken = 13

// A tokenIndex has the formats by the byte before their anchor, or by the anchor
// itself if that is the first byte of the prefix.
type tokenIndex [256][]tokenFormat

func indexTokens(formats []tokenFormat) *tokenIndex {
	index := new(tokenIndex)
	for _, f := range formats {
		indexByte := f.prefix[max(anchor(f.prefix)-1, 0)]
		index[indexByte] = append(index[indexByte], f)
	}
	return index
}

// anchor returns the index of the anchor in a prefix.
func anchor(prefix string) int { return strings.IndexAny(prefix[1:], tokenAnchors) + 1 }

// beforeAnchors returns the bytes before the anchors.
func beforeAnchors() string {
	var before []byte
	for _, f := range tokenFormats {
		if k := anchor(f.prefix); k > 0 {
			before = append(before, f.prefix[k-1])
		}
	}
	return string(before)
}

// token finds the key of a vendor. The anchor of its prefix is at t.s[i].
func token(d *Detector, t text, i int) (lo, hi int) {
	indexByte := t.s[i-1]
	if t.s[i] == ':' {
		indexByte = ':'
	}
	for k := range d.tokens[indexByte] {
		if lo, hi = tokenAt(t, i, &d.tokens[indexByte][k]); lo >= 0 {
			return lo, hi
		}
	}
	return -1, 0
}

// tokenAt returns the extent of the key of one format whose anchor is at t.s[i],
// or -1. Names of variables and hosts may have the prefix of a key as well, but
// have small letters and digits only. So a key must have a capital letter or,
// unless its prefix ends in a dot as in a host name, a digit.
func tokenAt(t text, i int, f *tokenFormat) (lo, hi int) {
	s := t.s
	if lo = i - anchor(f.prefix); lo < t.from || !strings.HasPrefix(s[lo:], f.prefix) {
		return -1, 0
	}
	body := lo + len(f.prefix)
	if len(s)-body < f.least {
		return -1, 0
	}
	looksRandom := false
	for hi = body; hi < body+f.least; hi++ {
		if !f.in(s[hi]) {
			return -1, 0
		}
		looksRandom = looksRandom || isUpperAlnum(s[hi]) && (!isDigit(s[hi]) || s[body-1] != '.')
	}
	if !looksRandom {
		return -1, 0
	}
	if f.before > 0 {
		for from := max(t.from, lo-maxSearch); lo > from && isAlnum(s[lo-1]); {
			lo--
		}
		if body-len(f.prefix)-lo < f.before {
			return -1, 0
		}
	} else if !beginsToken(s, lo) {
		return -1, 0
	}
	for hi < len(s) && f.in(s[hi]) {
		hi++
	}
	for hi > body && s[hi-1] == '.' { // the end of a sentence
		hi--
	}
	if hi < body+f.least {
		return -1, 0
	}
	return lo, hi
}

// beginsToken reports whether a token may begin at s[i]: task_live_ ends in the
// prefix of a key, but is not the prefix of one. The letter or digit before a
// token may belong to an escape: \n, %3D, \u003d.
func beginsToken(s string, i int) bool {
	if i == 0 || !isAlnum(s[i-1]) {
		return true
	}
	return i >= 2 && s[i-2] == '\\' && strings.IndexByte("nrt", s[i-1]) >= 0 ||
		i >= 3 && s[i-3] == '%' && isHex(s[i-2]) && isHex(s[i-1]) ||
		i >= 6 && s[i-6] == '\\' && s[i-5] == 'u'
}
