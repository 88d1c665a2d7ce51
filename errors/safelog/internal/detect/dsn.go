package detect

import (
	"slices"
	"strings"
)

// dsn finds the user and password before the @ at t.s[i] in a data source name
// that is no URL: user:pass@host:port, user:pass@/name,
// user:pass@tcp(host:port)/name.
//
// A tag or a version has a colon and an @ as well (image:1.2@sha256:…), but no
// host after the @.
func dsn(d *Detector, t text, i int) (lo, hi int) {
	s := t.s
	if i+1 == len(s) || !isHost(s[i+1:]) {
		return -1, 0
	}
	lo = i
	for lo > t.from && i-lo < maxSearch && strings.IndexByte(" \"'<>`", s[lo-1]) < 0 {
		lo--
	}
	if d := strings.LastIndexAny(s[lo:i], ",;&"); d >= 0 && strings.IndexByte(s[lo:lo+d], '@') >= 0 {
		lo += d + 1 // the text before d is another address
	}
	colon := lo + strings.IndexByte(s[lo:i], ':')
	if colon < lo || strings.Contains(s[lo:i], "://") {
		return -1, 0
	}
	// Text before the user, as in dsn=… and [a:b@c,…, does not belong to the user.
	if d := strings.LastIndexAny(s[lo:colon], "=([{,;&"); d >= 0 {
		lo += d + 1
	}
	if colon+1 == i || s[i-1] == ':' || isOpaqueScheme(s[lo:colon]) && strings.IndexByte(s[colon+1:i], ':') < 0 {
		return -1, 0
	}
	hi = i
	if _, end := email(d, t, i); end > hi && strings.IndexByte(s[i:end], '.') > 0 && !isPort(s[end:]) {
		hi = end // the text may be a word, a colon and an e-mail address
	}
	return lo, hi
}

// opaqueSchemes are schemes of URIs without "//", which have no password:
// mailto:jane@example.com is an e-mail address, and npm:x@y a version.
var opaqueSchemes = []string{"mailto", "acct", "sip", "sips", "xmpp", "npm"}

func isOpaqueScheme(s string) bool {
	return slices.ContainsFunc(opaqueSchemes, func(scheme string) bool { return strings.EqualFold(s, scheme) })
}

// isHost reports whether s can follow the userinfo and the @. It must begin with a
// host, with or without a port, with the slash before a name, or with a network
// and the address in brackets.
func isHost(s string) bool {
	if s == "" || s[0] == '/' || s[0] == '[' {
		return s != ""
	}
	n := 0
	for n < len(s) && (isLabel(s[n]) || s[n] == '_' || s[n] == '.' && n > 0) {
		n++
	}
	name, isNetwork := s[:n], s[0] != 'v' && strings.Count(s[:n], ".") == 3
	isVersion := strings.Trim(strings.TrimPrefix(name, "v"), decimal+".") == "" && !isNetwork
	switch {
	case n == 0, isVersion:
		return false
	case n < len(s) && s[n] == ':':
		return isPort(s[n:])
	}
	return n == len(s) || strings.IndexByte(" /?#(,;)]}\"'`<>\\", s[n]) >= 0
}

// isPort reports whether s begins with a colon and a port.
func isPort(s string) bool {
	port, ok := strings.CutPrefix(s, ":")
	n := endOfGroup(port, 0)
	return ok && 0 < n && n <= 5 && (n == len(port) || !isLabel(port[n]))
}
