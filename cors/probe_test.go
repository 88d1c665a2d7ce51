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
	if m.Probe(m.Handler(outside), "PUT", "http://[") == nil {
		t.Error("a target that is no URL")
	}
}
