package detect

import (
	"slices"
	"strings"
)

// dsn finds the user and password before the @ at t.s[i] where they are no URL:
// user:pass@host:port, user:pass@/name, user:pass@tcp(host:port)/name.
//
// A tag or version has a colon and an @ as well (image:1.2@sha256:…), but no
// host follows it.
func dsn(d *Detector, t text, i int) (lo, hi int) {
	s := t.s
	if i+1 == len(s) || !isHost(s[i+1:]) {
		return -1, 0
	}
	lo = i
	for lo > t.from && i-lo < maxDetour && strings.IndexByte(" \"'<>`", s[lo-1]) < 0 {
		lo--
	}
	if d := strings.LastIndexAny(s[lo:i], ",;&"); d >= 0 && strings.IndexByte(s[lo:lo+d], '@') >= 0 {
		lo += d + 1 // behind another address
	}
	colon := lo + strings.IndexByte(s[lo:i], ':')
	if colon < lo || strings.Contains(s[lo:i], "://") {
		return -1, 0
	}
	// The text before the user, as in dsn=… and [a:b@c,…, is no part of it.
	if d := strings.LastIndexAny(s[lo:colon], "=([{,;&"); d >= 0 {
		lo += d + 1
	}
	if colon+1 == i || s[i-1] == ':' || isScheme(s[lo:colon]) && strings.IndexByte(s[colon+1:i], ':') < 0 {
		return -1, 0
	}
	hi = i
	if _, end := email(d, t, i); end > hi && strings.IndexByte(s[i:end], '.') > 0 && !isPort(s[end:]) {
		hi = end // it may as well be an address behind a word
	}
	return lo, hi
}

// schemes are those of a URI without "//", which has no password:
// mailto:jane@example.com is an address, and npm:x@y a version.
var schemes = []string{"mailto", "acct", "sip", "sips", "xmpp", "npm"}

func isScheme(s string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool { return strings.EqualFold(s, scheme) })
}

// isHost reports whether s begins with what follows the userinfo in an address:
// a host, with or without a port, the slash before a name, or a network with
// the address in brackets.
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
