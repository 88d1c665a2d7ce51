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

// address finds an e-mail address (RFC 5321, section 4.1.2, without quoted local
// parts and address literals) around the @ at t.s[i:domain]. The domain must
// have a dot and end in letters: neither a@b nor module@v1.2.3 is one.
func address(t text, i, domain int) (lo, hi int) {
	s := t.s
	lo = i
	for lo > t.from && i-lo < Longest && isLocal(s[lo-1]) {
		lo--
	}
	if lo == i {
		return -1, 0
	}
	hi = -1
	labels := 0
	for j := domain; j < len(s) && isLabel(s[j]) && s[j] != '-'; j++ {
		start, letters := j, true
		for j < len(s) && isLabel(s[j]) {
			letters = letters && !isDigit(s[j]) && s[j] != '-'
			j++
		}
		labels++
		if labels > 1 && (letters && j-start >= 2 || strings.HasPrefix(s[start:j], "xn--")) {
			hi = j
		}
		if j == len(s) || s[j] != '.' {
			break
		}
	}
	if hi < 0 {
		return -1, 0
	}
	return lo, hi
}

func isLabel(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c >= 0x80 }

func isLocal(c byte) bool { return isLabel(c) || strings.IndexByte("._+%~'&!#$*", c) >= 0 }
