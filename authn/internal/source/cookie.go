package source

import (
	"net/http"
	"strings"
)

// blanks are the characters that net/http trims from the parts of a Cookie field.
const blanks = " \t\r\n"

// Cookie returns the value of the cookie name (RFC 6265, section 5.4), without the quotes
// around it. count is the number of cookies of this name; Cookie stops counting at 2. The
// value of the first is then returned, and must not be used.
func Cookie(h http.Header, name string) (value string, count int) {
	for _, list := range h["Cookie"] {
		for more := true; more; {
			var pair string
			pair, list, more = strings.Cut(list, ";")
			// The length is compared first, because most cookies have another name.
			pair = strings.Trim(pair, blanks)
			if len(pair) < len(name) || pair[:len(name)] != name {
				continue
			}
			found, text, _ := strings.Cut(pair, "=")
			if strings.TrimRight(found, blanks) != name {
				continue
			}
			if count++; count > 1 {
				return value, count
			}
			value = unquote(text)
		}
	}
	return value, count
}

// unquote removes the quotes that a cookie-value may have (RFC 6265, section 4.1.1).
func unquote(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
