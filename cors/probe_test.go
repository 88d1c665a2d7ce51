package cors_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestProbe(t *testing.T) {
	put := configWith(func(c *cors.Config) { c.Methods = []string{"PUT"} })
	m := mustNew(t, put)
	inside, outside := http.NewServeMux(), http.NewServeMux()
	inside.Handle("PUT /notes/{id}", m.Handler(&mwtest.Spy{}))
	outside.Handle("PUT /notes/{id}", &mwtest.Spy{})
	for _, tc := range []struct {
		name    string
		m       *cors.Middleware
		handler http.Handler
		method  string
		fault   string
	}{
		{"around the router", m, m.Handler(outside), "PUT", ""},
		{"around the route", m, inside, "PUT", "405"},
		{"a method that is not listed", m, m.Handler(outside), "DELETE", "403"},
		{"another policy", mustNew(t, withOrigins("https://other.example")), m.Handler(outside), "PUT", "403"},
		{"a pattern", mustNew(t, withOrigins("https://*.example.org:*")),
			mustNew(t, cors.Config{Origins: []string{"https://*.example.org"}, Methods: []string{"PUT"}}).Handler(outside), "PUT", ""},
		{"any origin", mustNew(t, cors.Config{AllowAnyOrigin: true, Methods: []string{"PUT"}}),
			mustNew(t, cors.Config{AllowAnyOrigin: true, Methods: []string{"PUT"}}).Handler(outside), "PUT", ""},
	} {
		err := tc.m.Probe(tc.handler, tc.method, "/notes/7")
		if (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.fault)
		}
	}
	routes := mustNew(t, cors.Config{Origins: []string{"https://other.example"}, Routes: map[string]cors.Config{"/notes/": put}})
	if err := routes.Probe(routes.Handler(outside), "PUT", "/notes/7"); err != nil {
		t.Errorf("a route with a policy of its own: %v", err)
	}
	if m.Probe(m.Handler(outside), "PUT", "http://[") == nil {
		t.Error("a target that is no URL")
	}
}

// An https target passes the layers that refuse plain http.
func TestProbeOverTLS(t *testing.T) {
	m := mustNew(t, configWith(func(c *cors.Config) { c.Methods = []string{"PUT"} }))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || r.Host != "api.example" {
			w.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	})
	if err := m.Probe(handler, "PUT", "https://api.example/notes"); err != nil {
		t.Error(err)
	}
	if m.Probe(handler, "PUT", "http://api.example/notes") == nil {
		t.Error("plain http")
	}
}
