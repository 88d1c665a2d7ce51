package clientip

import (
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// element is one forwarded-element of RFC 7239, section 4: what one proxy said.
type element struct {
	node  string // for, unquoted
	proto string
	host  string
}

// maxParams bounds the parameters of an element; the registry has four.
const maxParams = 8

// parseElement reads an element by the grammar of the section, which allows no
// white space inside and each parameter once.
func parseElement(s string) (e element, ok bool) {
	var seen [maxParams]string
	for n := 0; s != ""; {
		if s[0] == ';' {
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

// parseValue reads a token or a quoted string (RFC 9110, section 5.6) at the
// beginning of s and returns what it says and what follows.
func parseValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		end := strings.IndexByte(s, ';')
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
			if i++; i == len(s) || !text(s[i]) {
				return "", "", false
			}
		case !text(c):
			return "", "", false
		}
	}
	return "", "", false
}

// text reports whether c may stand in a quoted string, escaped or not.
func text(c byte) bool { return c == '\t' || ' ' <= c && c <= '~' }

// unescape allocates, for the rare proxy that escapes what needs no escape.
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

// parseNode reads a node of RFC 7239, section 6: an address, IPv6 always in
// brackets, or a name that hides one, and perhaps a port, which may be hidden
// too. The reason says why there is no address.
func parseNode(s string) (addr netip.Addr, reason string) {
	if s == "" {
		return netip.Addr{}, reasonUnidentified // no for at all
	}
	var name, port string
	var has bool
	if s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return netip.Addr{}, reasonMalformed
		}
		name, port = s[:end+1], s[end+1:]
		if port, has = strings.CutPrefix(port, ":"); !has && port != "" {
			return netip.Addr{}, reasonMalformed
		}
	} else {
		name, port, has = strings.Cut(s, ":")
	}
	switch {
	case name == "", has && !hostport.Port(port) && !obfuscated(port):
		return netip.Addr{}, reasonMalformed
	case field.EqualFold(name, "unknown"), obfuscated(name):
		return netip.Addr{}, reasonUnidentified
	case strings.Contains(name, "%"):
		return netip.Addr{}, reasonMalformed // the grammar has no zones
	}
	if name[0] == '[' {
		addr, _ = parseBracketed(name)
	} else {
		addr, _ = parseAddr(name)
	}
	return addr, reasonMalformed
}

// obfuscated follows obfnode and obfport of the same section.
func obfuscated(s string) bool {
	return len(s) > 1 && s[0] == '_' &&
		strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == ""
}
