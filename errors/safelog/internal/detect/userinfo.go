package detect

import "strings"

// maxSearch is the distance, in bytes, up to which a pattern searches for an
// end that a well-formed text would have earlier. It bounds the work for
// malformed text.
const maxSearch = 256

// userinfo finds the userinfo of a URL (RFC 3986, section 3.2.1) whose "://"
// begins at t.s[i]. A userinfo without a colon is masked as well, because the user
// is often a token.
func userinfo(_ *Detector, t text, i int) (lo, hi int) {
	s := t.s
	if !strings.HasPrefix(s[i:], "://") {
		return -1, 0
	}
	lo = i + 3
	end := len(s) // end of the authority
	if n := strings.IndexAny(s[lo:], "/?#\\ \"'<>`"); n >= 0 {
		end = lo + n
	}
	if at := strings.LastIndexByte(s[lo:end], '@'); at > 0 {
		return lo, lo + at
	}
	colon := strings.IndexByte(s[lo:end], ':')
	switch {
	case colon >= 0 && t.open && end == len(s):
		return lo, end
	case colon < 0, end == len(s), s[lo] == '[':
		return -1, 0
	}
	return extent(lo, brokenUserinfo(s, i, lo+colon+1, end))
}

// brokenUserinfo returns the end of a userinfo whose password, at s[password],
// has a raw slash or a space at s[end], so that the authority ends too early.
// If there is no such userinfo, it returns the beginning of the authority.
// url.Parse refuses such a URL and prints the whole URL in its error. A
// password of digits may be a port, and URLs of the web often have an @ in the
// path after the port.
func brokenUserinfo(s string, schemeEnd, password, end int) int {
	port := strings.Trim(s[password:end], decimal) == ""
	if port && (password == end || s[end] == ' ' || isWeb(s[:schemeEnd])) {
		return schemeEnd + 3
	}
	last := schemeEnd + 3
	for j := end; j < len(s) && j-schemeEnd-3 < maxSearch && strings.IndexByte("\"'<>`", s[j]) < 0; j++ {
		if s[j] == '@' && isHost(s[j+1:]) {
			last = j
		} else if s[j] == ' ' && (port || last > schemeEnd+3) {
			break
		}
	}
	return last
}

// isWeb reports whether s ends in a scheme of the web, which is used without
// userinfo.
func isWeb(s string) bool {
	return endsWithFold(s, "http") || endsWithFold(s, "https") || endsWithFold(s, "ws") || endsWithFold(s, "wss")
}
