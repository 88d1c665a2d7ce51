package main

import (
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestService(t *testing.T) {
	h := service()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	if w := get("/hello/ann"); w.Code != 200 || w.Body.String() != "hello, \"ann\"\n" || w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	mwtest.Refused(t, get("/hello/nobody").Result(), 404, "not_found")
	mwtest.Refused(t, get("/nowhere").Result(), 404, "not_found")
	for range 7 {
		get("/hello/ann")
	}
	mwtest.Refused(t, get("/hello/ann").Result(), 429, "rate_limited")
}
