package safelog

import "strings"

// maxDetour is how far a pattern looks for an end that a well-formed text would
// have had earlier, in bytes. It bounds the work that malformed text makes.
const maxDetour = 256

// findUserinfo finds the userinfo of a URL (RFC 3986, section 3.2.1) whose "://"
// begins at s[i]. Without a colon it is masked as well: a token often stands in
// for the user.
func findUserinfo(s string, i int, open bool) (int, int) {
	if !strings.HasPrefix(s[i:], "://") {
		return -1, 0
	}
	lo, last, password := i+3, -1, -1
	j := lo
	for ; j < len(s) && strings.IndexByte("/?#\\ \"'<>`", s[j]) < 0; j++ {
		switch s[j] {
		case '@':
			last = j
		case ':':
			if password < 0 {
				password = j + 1
			}
		}
	}
	switch {
	case last >= 0:
		return lo, last
	case open && j == len(s) && password >= 0:
		return lo, j
	case password < 0 || s[lo] == '[' || j == len(s):
		return -1, 0
	}
	// A password with a raw slash or a space ends the authority early; url.Parse
	// then refuses the URL and prints all of it in its error. Digits may be a
	// port, behind which URLs of the web often have an @ in the path.
	port := true
	for k := password; k < j; k++ {
		port = port && isDigit(s[k])
	}
	if port && (j == password || s[j] == ' ' || isWeb(s[:i])) {
		return -1, 0
	}
	for ; j < len(s) && j-lo < maxDetour && strings.IndexByte("\"'<>`", s[j]) < 0; j++ {
		if s[j] == '@' && isHost(s[j+1:]) {
			last = j
		} else if s[j] == ' ' && (port || last >= 0) {
			break
		}
	}
	if last < 0 {
		return -1, 0
	}
	return lo, last
}

// isWeb reports whether s ends in a scheme that is used without userinfo.
func isWeb(s string) bool {
	return endsWithFold(s, "http") || endsWithFold(s, "https") || endsWithFold(s, "ws") || endsWithFold(s, "wss")
}

// findDSN finds the user and password before the @ at s[i] where they are no
// URL: user:pass@host:port, user:pass@/name, user:pass@tcp(host:port)/name.
//
// A tag or version has a colon and an @ as well (image:1.2@sha256:…), but what
// follows is no host.
func findDSN(s string, i, from int) (int, int) {
	if i+1 == len(s) || !isHost(s[i+1:]) {
		return -1, 0
	}
	lo := i
	for lo > from && i-lo < maxDetour && strings.IndexByte(" \"'<>`", s[lo-1]) < 0 {
		lo--
	}
	if d := strings.LastIndexAny(s[lo:i], ",;&"); d >= 0 && strings.IndexByte(s[lo:lo+d], '@') >= 0 {
		lo += d + 1 // behind another address
	}
	colon := lo + strings.IndexByte(s[lo:i], ':')
	if colon < lo || strings.Contains(s[lo:i], "://") {
		return -1, 0
	}
	// What stands before the user, as in dsn=… and [a:b@c,…, is no part of it.
	if d := strings.LastIndexAny(s[lo:colon], "=([{,;&"); d >= 0 {
		lo += d + 1
	}
	if colon+1 == i || s[i-1] == ':' || isScheme(s[lo:colon]) && strings.IndexByte(s[colon+1:i], ':') < 0 {
		return -1, 0
	}
	hi := i
	if _, end := findEmail(s, i, i+1, from); end > hi && strings.IndexByte(s[i:end], '.') > 0 && !isPort(s[end:]) {
		hi = end // it may as well be an address behind a word
	}
	return lo, hi
}

// isScheme reports whether s is that of a URI without "//", which has no
// password: mailto:jane@example.com is an address, and npm:x@y a version.
func isScheme(s string) bool {
	switch strings.ToLower(s) {
	case "mailto", "acct", "sip", "sips", "xmpp", "npm":
		return true
	}
	return false
}

// isHost reports whether s begins with what follows the userinfo in an address:
// a host, with or without a port, the slash before a name, or a network with
// the address in brackets.
func isHost(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '/' || s[0] == '[' {
		return true
	}
	n, dots, digits := 0, 0, true
	for n < len(s) && (isLabel(s[n]) || s[n] == '_' || s[n] == '.' && n > 0) {
		if s[n] == '.' {
			dots++
		} else if !isDigit(s[n]) && (n > 0 || s[n] != 'v') {
			digits = false
		}
		n++
	}
	switch {
	case n == 0, digits && (dots != 3 || s[0] == 'v'): // a version
		return false
	case n < len(s) && s[n] == ':':
		return isPort(s[n:])
	}
	return n == len(s) || strings.IndexByte(" /?#(,;)]}\"'`<>\\", s[n]) >= 0
}

// isPort reports whether s begins with a colon and a port.
func isPort(s string) bool {
	n := 1
	for n < len(s) && n <= 6 && isDigit(s[n]) {
		n++
	}
	return len(s) > 1 && s[0] == ':' && n > 1 && n <= 6 && (n == len(s) || !isLabel(s[n]))
}

// findEmail finds an e-mail address (RFC 5321, section 4.1.2, without quoted
// local parts and address literals) around the @ at s[i:domain]. The domain
// must have a dot and end in letters: neither a@b nor module@v1.2.3 is one.
func findEmail(s string, i, domain, from int) (int, int) {
	lo := i
	for lo > from && i-lo < longest && isLocal(s[lo-1]) {
		lo--
	}
	if lo == i {
		return -1, 0
	}
	hi, labels := -1, 0
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

func isLocal(c byte) bool {
	return isLabel(c) || c == '.' || c == '_' || c == '+' || c == '%' || c == '~' || c == '\'' || c == '&' || c == '!' || c == '#' || c == '$' || c == '*'
}
