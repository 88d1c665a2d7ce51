package detect

import "strings"

// email finds the e-mail address around the @ at t.s[i].
func email(_ *Detector, t text, i int) (lo, hi int) { return address(t, i, i+len("@")) }

// escapedEmail finds the e-mail address around the escaped @ at t.s[i].
func escapedEmail(_ *Detector, t text, i int) (lo, hi int) {
	const at = "%40"
	if !strings.HasPrefix(t.s[i:], at) {
		return -1, 0
	}
	return address(t, i, i+len(at))
}

// address finds an e-mail address around the @ at t.s[i:domain] (RFC 5321,
// section 4.1.2, without quoted local parts and address literals). The domain
// must have a dot and end in letters: a@b and module@v1.2.3 are no addresses.
func address(t text, i, domain int) (lo, hi int) {
	s := t.s
	lo = i
	for lo > t.from && i-lo < Longest && isLocalPart(s[lo-1]) {
		lo--
	}
	if lo == i {
		return -1, 0
	}
	rest := s[domain:]
	hi = lo
	for labels, j := 1, domain; ; labels, j = labels+1, j+1 {
		n := 0
		for n < len(rest) && isLabel(rest[n]) {
			n++
		}
		if n == 0 || rest[0] == '-' {
			break
		}
		if j += n; labels > 1 && isTopLevel(rest[:n]) {
			hi = j
		}
		if n == len(rest) || rest[n] != '.' {
			break
		}
		rest = rest[n+1:]
	}
	return extent(lo, hi)
}

// isTopLevel reports whether label may be the last label of a domain.
func isTopLevel(label string) bool {
	return len(label) >= 2 && !strings.ContainsAny(label, decimal+"-") || strings.HasPrefix(label, "xn--")
}

func isLabel(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c >= 0x80 }

func isLocalPart(c byte) bool { return isLabel(c) || strings.IndexByte("._+%~'&!#$*", c) >= 0 }
