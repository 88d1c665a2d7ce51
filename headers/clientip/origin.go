package clientip

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// clientScheme returns proto, the scheme that a trusted proxy named, if it is
// http or https, and otherwise the scheme of the connection. It does not use
// carrier.Secure, because that reads the result of this package.
func clientScheme(r *http.Request, proto string) string {
	switch {
	case field.EqualFold(proto, "https"):
		return "https"
	case field.EqualFold(proto, "http"):
		return "http"
	case r.TLS != nil:
		return "https"
	}
	return "http"
}

// maxHost is the length of the longest name and port.
const maxHost = 253 + len(".:65535")

// validHost reports whether s is a host, optionally with a port, as in a Host
// field (RFC 9110, section 7.2). It accepts only the common forms: no
// percent-encoding, no user, no empty label.
func validHost(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	host, port := hostport.Split(s)
	if port != "" && !hostport.Port(port[1:]) {
		return false
	}
	inner, bracketed := strings.CutPrefix(host, "[")
	if !bracketed {
		return hostport.Name(host, maxHost)
	}
	inner, closed := strings.CutSuffix(inner, "]")
	if !closed || len(inner) > maxAddr || strings.Trim(inner, "0123456789abcdefABCDEF:.") != "" {
		return false
	}
	a, err := netip.ParseAddr(inner)
	return err == nil && a.Is6()
}
