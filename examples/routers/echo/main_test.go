package main

import (
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/examples/routers/internal/routertest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestService(t *testing.T) { routertest.Check(t, service, "/hello/:name") }

// The 405 of echo is an envelope too, and keeps the methods that echo has put into Allow.
func TestMethodNotAllowed(t *testing.T) {
	res := mwtest.Do(service(), httptest.NewRequest("DELETE", "/hello/ann", nil))
	if allow := res.Header.Get("Allow"); allow != "OPTIONS, GET" {
		t.Errorf("Allow %q", allow)
	}
	mwtest.Refused(t, res, 405, "method_not_allowed")
}
