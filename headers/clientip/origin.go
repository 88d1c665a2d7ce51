package clientip

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// scheme returns the scheme that a trusted proxy named, if it is one that a
// client can have used, and else that of the connection itself: what another
// layer resolved is no answer, for here it is found out.
func scheme(r *http.Request, proto string) string {
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

// validHost reports whether s is a host with perhaps a port, as in a Host field
// (RFC 9110, section 7.2), of the names and addresses that are in use: no
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
