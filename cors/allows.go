package cors

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Allows reports whether a handler may open a WebSocket for r. A handshake passes CORS and
// [http.CrossOriginProtection], because it is a GET, and a browser sends cookies with it. So the
// handler itself compares the origin, as in
//
//	websocket.Upgrader{CheckOrigin: xo.Allows}
//
// Allows is true for a request without an Origin, which no page has sent, for a page of the
// same origin, and for a page whose origin is in the Config. Without Config.Credentials it is
// false for a foreign page if r has a credential that browsers send by themselves: a cookie, a
// client certificate, or an Authorization other than Bearer.
//
// The same origin has the scheme and the host of the client, which package clientip knows if a
// proxy ends TLS or changes the host. Without it, the service's own page is refused there.
func (m *Middleware) Allows(r *http.Request) bool {
	value, found, one := field.One(r.Header, "Origin")
	switch {
	case !found:
		return true
	case !one:
		return false
	case value == originOf(r):
		return true
	}
	p := m.current.Load().policyOf(r)
	if !p.anyOrigin && !p.origins.match(value) {
		return false
	}
	return p.granted.Credentials || !hasAmbientCredential(r)
}

// hasAmbientCredential reports whether r has a credential that a browser adds without a script:
// HTTP authentication of any scheme but Bearer, which no browser knows, counts.
func hasAmbientCredential(r *http.Request) bool {
	for _, value := range r.Header["Authorization"] {
		if scheme, _, _ := strings.Cut(value, " "); !field.EqualFold(scheme, "Bearer") {
			return true
		}
	}
	return len(r.Header["Cookie"]) > 0 || r.TLS != nil && len(r.TLS.PeerCertificates) > 0
}

// originOf returns the origin of the service in the form in which browsers send it.
func originOf(r *http.Request) string {
	scheme, host := "http", r.Host
	if carrier.Secure(r) {
		scheme = "https"
	}
	if rec := carrier.From(r.Context()); rec != nil {
		if known := rec.Facts().Host; known != "" {
			host = known
		}
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(host), ":"+defaultPort(scheme))
}

// CrossOriginProtection returns a protection of the standard library that trusts the Origins
// of the Config. It stops forged requests, which CORS does not: put it in front of the handlers
// that change something. The protection refuses with ErrForged; a later Update does not change it.
//
// CrossOriginProtection returns an error if the Config has no Credentials, because such origins
// must not act with the cookies of a user, or if an origin is a pattern, which the standard
// library does not have.
func (m *Middleware) CrossOriginProtection() (*http.CrossOriginProtection, error) {
	p := &m.current.Load().policy
	if !p.granted.Credentials {
		return nil, errors.New("cors: CrossOriginProtection would trust origins that may not send cookies; " +
			"set Config.Credentials, or use http.NewCrossOriginProtection")
	}
	protection := http.NewCrossOriginProtection()
	for _, o := range p.listed {
		if strings.Contains(o, "*") {
			return nil, fmt.Errorf("cors: CrossOriginProtection cannot trust the pattern %q; list each origin", o)
		}
		if err := protection.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("cors: CrossOriginProtection: %w", err)
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, ErrForged) }))
	return protection, nil
}
