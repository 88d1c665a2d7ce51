package isolation

import (
	"net/http"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// checkHandshake decides on a request without Sec-Fetch-Site. Chromium (156, December 2026)
// does not send it with a WebSocket handshake, but each browser sends Origin.
func (m *Middleware) checkHandshake(r *http.Request) error {
	if !isHandshake(r) {
		return nil
	}
	origin, found, one := field.One(r.Header, "Origin")
	if !found {
		return nil // not a browser
	}
	scheme, host, ok := strings.Cut(origin, "://")
	want, secure := carrier.Origin(r)
	switch {
	case !one || !ok || secure && scheme != "https":
		return errHandshake
	case strings.EqualFold(host, want) || m.sameSite && sameSite(strings.ToLower(host), strings.ToLower(want)):
		return nil
	}
	return errHandshake
}

// sameSite reports whether two hosts, with or without ports, belong to one site: they have
// the same registrable domain. Ports do not count, and an address has no such domain.
func sameSite(a, b string) bool {
	a, _ = hostport.Split(a)
	b, _ = hostport.Split(b)
	if a == b {
		return true
	}
	siteA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	siteB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && siteA == siteB
}

// isHandshake reports whether r opens a WebSocket, over HTTP/1.1 (RFC 6455, section 4.1) or
// HTTP/2 (RFC 8441, section 5).
func isHandshake(r *http.Request) bool {
	if r.Method == http.MethodConnect {
		return strings.EqualFold(strings.Join(r.Header[":protocol"], ","), "websocket")
	}
	for _, line := range r.Header["Upgrade"] {
		for protocol := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(protocol, " \t"), "websocket") {
				return true
			}
		}
	}
	return false
}
