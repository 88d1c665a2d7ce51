package mwtest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestSharingIsDetected(t *testing.T) {
	request := func() *http.Request { return httptest.NewRequest("GET", "/", nil) }
	shared := []string{"v"}
	pair := func() []string { return []string{"a", "b"} }
	for name, tc := range map[string]struct {
		set   func(h http.Header)
		fault bool
	}{
		"a slice of its own":          {func(h http.Header) { h["X-A"] = []string{"v"} }, false},
		"capped slices of one array":  {func(h http.Header) { p := pair(); h["X-A"], h["X-B"] = p[0:1:1], p[1:2:2] }, false},
		"a slice shared by requests":  {func(h http.Header) { h["X-A"] = shared }, true},
		"uncapped slices of an array": {func(h http.Header) { p := pair(); h["X-A"], h["X-B"] = p[0:1], p[1:2] }, true},
	} {
		shared[0] = "v"
		mw := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tc.set(w.Header())
				next.ServeHTTP(w, r)
			})
		}
		if got := findSharing(mw, request); (got != "") != tc.fault {
			t.Errorf("%s: fault %q, want fault: %v", name, got, tc.fault)
		}
	}
}
