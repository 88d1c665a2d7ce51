// Package hostlist checks the hosts of a Config, and finds the host of a request in
// the same spelling.
//
// # Use
//
//	if reason, fix := hostlist.Fault(host); reason != "" {
//		faults.Add(fmt.Sprintf("Hosts[%d]", i), host, reason, fix)
//	}
//	allowed := hosts[hostlist.Of(r)]
//
// # Threat
//
// A host that no request can have, so that its entry has no effect. And a Host field
// that one program reads as a listed host and another program as a foreign one.
//
// # Place in the chain
//
// It is a leaf: the packages that compare the host of a request with a list use it.
package hostlist

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// Fault returns the reason why host cannot be in a list, and the fix, or "" twice.
func Fault(host string) (reason, fix string) {
	const plain = "write the host alone, as in \"example.com\""
	switch {
	case host == "":
		return "an empty host matches nothing", "remove it"
	case strings.Contains(host, "*"):
		return "a host cannot be a wildcard", "list each host"
	case strings.ContainsAny(host, "/?#@\\ \t"):
		return "not a host", plain
	case strings.HasPrefix(host, "["):
		addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || host != "["+addr.String()+"]" {
			return "not an IPv6 address in its short form (RFC 5952)", "write it as in \"[2001:db8::1]\""
		}
		return "", ""
	case strings.Contains(host, ":"):
		if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
			return "an IPv6 address without brackets", "write \"[" + addr.String() + "]\""
		}
		return "a port is not part of a host", plain
	case strings.HasSuffix(host, "."):
		return "hosts are compared without the dot at the end", "remove the dot"
	case host != field.Lower(host):
		return "hosts are compared in lower case", "write it in lower case"
	case len(host) > 253 || !hostport.Name(host, 63):
		return "not a host", plain + "; Unicode in its Punycode form"
	}
	return "", ""
}

// Of returns the host that the client of r asked for, as a list spells it. If clientip
// runs outside, its host counts. A malformed host is in no list.
func Of(r *http.Request) string {
	host := r.Host
	if rec := carrier.From(r.Context()); rec != nil {
		if resolved := rec.Facts().Host; resolved != "" {
			host = resolved
		}
	}
	return WithoutPort(host)
}

// WithoutPort returns the host of a Host field: in lower case, and without its port and
// the one dot that may end a fully qualified name. A malformed value remains malformed.
func WithoutPort(s string) string {
	host, port := hostport.Split(s)
	if strings.Trim(strings.TrimPrefix(port, ":"), "0123456789") != "" {
		return ""
	}
	return field.Lower(strings.TrimSuffix(host, "."))
}

// Malformed reports whether host, a result of Of, is no domain name.
func Malformed(host string) bool {
	return host == "" || strings.HasSuffix(host, ".") || !hostport.Name(host, 63)
}
