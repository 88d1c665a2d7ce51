package oauth

import "strings"

// maxReturnTo is the longest accepted return_to in bytes. Five cookies with one each must fit
// into the header field of a request.
const maxReturnTo = 512

// isLocalPage reports whether every browser reads s as a page of this host: a path that begins
// with one slash, and a query and a fragment if there are any.
//
// Browsers (URL Standard, section 4.4) take a backslash for a slash, and skip tabs and line
// ends wherever they are. Some servers decode a path before they redirect, and remove dot
// segments. So isLocalPage refuses all of these characters, encoded or not, and two slashes
// after each other.
func isLocalPage(s string) bool {
	if s == "" || len(s) > maxReturnTo || s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	end := strings.IndexAny(s, "?#")
	if end < 0 {
		end = len(s)
	}
	return isLocalPath(s[:end])
}

// isLocalPath checks the path, which has only visible ASCII, as it is after decoding.
func isLocalPath(path string) bool {
	last := byte(0)
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			if i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
				return false
			}
			c = unhex(path[i+1])<<4 | unhex(path[i+2])
			i += 2
		}
		if c < ' ' || c == 0x7f || c == '\\' || c == '/' && last == '/' {
			return false
		}
		last = c
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
