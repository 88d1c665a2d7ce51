package clientip

import (
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// element is one forwarded-element of RFC 7239, section 4, written by one proxy.
type element struct {
	node  string // the value of for, unquoted
	proto string
	host  string
}

// maxParams is the maximum number of parameters of an element. The registry
// defines four.
const maxParams = 8

// parseElement parses an element by the grammar of RFC 7239, section 4, and allows each
// parameter only once. It also allows white space around a semicolon, which the grammar
// does not have and many proxies write.
func parseElement(s string) (e element, ok bool) {
	var seen [maxParams]string
	for n := 0; s != ""; {
		if s[0] == ';' || s[0] == ' ' || s[0] == '\t' {
			s = s[1:]
			continue
		}
		name, rest, found := strings.Cut(s, "=")
		if !found || !field.Token(name) || n == maxParams {
			return element{}, false
		}
		for _, other := range seen[:n] {
			if field.EqualFold(name, other) {
				return element{}, false
			}
		}
		seen[n] = name
		n++
		value, rest, ok := parseValue(rest)
		rest = strings.TrimLeft(rest, " \t")
		if !ok || rest != "" && rest[0] != ';' {
			return element{}, false
		}
		switch s = rest; {
		case field.EqualFold(name, "for"):
			e.node = value
		case field.EqualFold(name, "proto"):
			e.proto = value
		case field.EqualFold(name, "host"):
			e.host = value
		}
	}
	return e, true
}

// parseValue parses a token or a quoted string (RFC 9110, section 5.6) at the
// beginning of s. It returns the unquoted value and the rest of s.
func parseValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, "; \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], field.Token(s[:end])
	}
	escapes := false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			value = s[1:i]
			if escapes {
				value = unescape(value)
			}
			return value, s[i+1:], true
		case c == '\\':
			escapes = true
			if i++; i == len(s) || !quotedText(s[i]) {
				return "", "", false
			}
		case !quotedText(c):
			return "", "", false
		}
	}
	return "", "", false
}

// quotedText reports whether c may stand in a quoted string, escaped or not.
func quotedText(c byte) bool { return c == '\t' || ' ' <= c && c <= '~' }

// unescape removes the backslashes of a quoted string. It allocates, but only
// few proxies escape characters in an address.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// parseNode parses a node of RFC 7239, section 6: an address (IPv6 always in
// brackets) or a name that hides the address, optionally with a port, which may
// be hidden too. If addr is invalid, reason says why.
func parseNode(s string) (addr netip.Addr, reason string) {
	if s == "" {
		return netip.Addr{}, reasonUnidentified // the element has no for
	}
	name, port := hostport.Split(s)
	switch {
	case name == "", port != "" && !hostport.Port(port[1:]) && !obfuscated(port[1:]):
		return netip.Addr{}, reasonMalformed
	case field.EqualFold(name, "unknown"), obfuscated(name):
		return netip.Addr{}, reasonUnidentified
	case strings.Contains(name, "%"):
		return netip.Addr{}, reasonMalformed // the grammar has no zones
	case name[0] == '[':
		addr, _ = parseBracketed(name)
	default:
		addr, _ = parseAddr(name)
	}
	return addr, reasonMalformed
}

// obfuscated follows the rules obfnode and obfport of RFC 7239, section 6.
func obfuscated(s string) bool {
	return len(s) > 1 && s[0] == '_' &&
		strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == ""
}
