package detect

import "strings"

// privateKey finds a private key in PEM (RFC 7468) whose "-----BEGIN" ends before
// t.s[i]. The key ends with its line "-----END …", or with the text.
func privateKey(_ *Detector, t text, i int) (lo, hi int) {
	const begin, end, dashes, longestLabel = "-----BEGIN", "-----END", "-----", 64
	s := t.s
	if !strings.HasSuffix(s[:i], begin) {
		return -1, 0
	}
	label, _, _ := strings.Cut(s[i:min(len(s), i+longestLabel)], dashes)
	if !strings.Contains(label, " PRIVATE KEY") {
		return -1, 0
	}
	lo = max(i-len(begin), t.from) // "-----BEGIN" may already be masked as the value of a pair
	n := strings.Index(s[i:], end)
	if n < 0 {
		return lo, len(s)
	}
	hi = i + n + len(end)
	if label, _, closed := strings.Cut(s[hi:min(len(s), hi+longestLabel)], dashes); closed {
		hi += len(label) + len(dashes)
	}
	return lo, hi
}
