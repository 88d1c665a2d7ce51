// Package hostport reads the text of a host and its port, as in a Host field, an origin
// or a forwarding header.
//
// # Use
//
//	host, port := hostport.Split(r.Host)
//	if port != "" && !hostport.Port(port[1:]) {
//		return errMalformed
//	}
//
// # Place in the chain
//
// It is a leaf: the packages that read origins, hosts and forwarding headers use it.
package hostport

import "strings"

// Split cuts s before the colon of its port. The colon stays with the port, so
// that a missing port differs from an empty one. Colons between brackets belong
// to an IPv6 address.
func Split(s string) (host, port string) {
	from := 0
	if strings.HasPrefix(s, "[") {
		from = strings.IndexByte(s, ']') + 1
	}
	if i := strings.IndexByte(s[from:], ':'); i >= 0 {
		return s[:from+i], s[from+i:]
	}
	return s, ""
}

// Port reports whether s is a port: 1 to 5 digits, at most 65535.
func Port(s string) bool {
	if s == "" || len(s) > 5 {
		return false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}

// Name reports whether s has the form of a domain or an IPv4 address: labels with dots
// between them, and perhaps one dot at the end. Each label has 1 to maxLabel ASCII
// letters, digits, hyphens and underscores.
func Name(s string, maxLabel int) bool {
	label := 0 // length of the current label
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			if label++; label > maxLabel {
				return false
			}
		default:
			return false
		}
	}
	return s != ""
}
