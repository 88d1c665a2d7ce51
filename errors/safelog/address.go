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
	// A password with a raw slash ends the authority early; url.Parse then
	// refuses the URL and prints all of it in its error.
	port := true
	for k := password; k < j; k++ {
		port = port && isDigit(s[k])
	}
	if port {
		return -1, 0
	}
	for ; j < len(s) && j-lo < maxDetour && strings.IndexByte(" \"'<>`", s[j]) < 0; j++ {
		if s[j] == '@' {
			return lo, j
		}
	}
	return -1, 0
}

// findDSN finds the user and password before the @ at s[i] in a data source
// name of the form user:pass@tcp(host:port)/name, which is no URL.
func findDSN(s string, i, from int) (int, int) {
	rest := s[i+1:]
	if !strings.HasPrefix(rest, "tcp(") && !strings.HasPrefix(rest, "unix(") {
		return -1, 0
	}
	lo := i
	for lo > from && i-lo < maxDetour && strings.IndexByte(" \"'<>`=", s[lo-1]) < 0 {
		lo--
	}
	if lo == i {
		return -1, 0
	}
	return lo, i
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
