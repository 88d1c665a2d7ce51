package cors

import (
	"crypto/tls"
	"fmt"
	"net/http"
)

// Probe sends a preflight for method and target, a path or a URL, through handler, the whole
// handler of the service. The preflight has the first of Origins in the policy for the target, and an
// https URL stands for a request over TLS. It returns an error unless the preflight is granted.
// Call it when the service starts: a router that has only "PUT /notes/{id}" answers the OPTIONS
// of a preflight with 405 if Handler is not around the router but around the route.
func (m *Middleware) Probe(handler http.Handler, method, target string) error {
	r, err := http.NewRequest(http.MethodOptions, target, nil)
	if err != nil {
		return fmt.Errorf("cors: Probe: %w", err)
	}
	if r.Host == "" {
		r.Host = "localhost"
	}
	if r.URL.Scheme == "https" {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	origin := "https://probe.invalid"
	if p := m.current.Load().policyOf(r); len(p.listed) > 0 {
		origin = instanceOf(p.listed[0])
	}
	r.RequestURI, r.RemoteAddr = target, "127.0.0.1:1"
	r.Header.Set("Origin", origin)
	r.Header.Set(requestMethod, method)
	w := &statusCollector{collector: make(collector)}
	handler.ServeHTTP(w, r)
	if granted := w.Header().Get("Access-Control-Allow-Methods"); w.status != http.StatusNoContent || granted != method {
		return fmt.Errorf("cors: Probe: the preflight for %s %s from %s is answered with %d and Access-Control-Allow-Methods %q; "+
			"put Handler around the router, and list the method in Config.Methods", method, target, origin, w.status, granted)
	}
	return nil
}

// statusCollector is a collector that keeps the status too.
type statusCollector struct {
	collector
	status int
}

func (c *statusCollector) WriteHeader(status int) {
	if c.status == 0 && status >= 200 {
		c.status = status
	}
}
