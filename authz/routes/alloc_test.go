package routes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// same returns next: a layer that costs nothing.
func same(next http.Handler) http.Handler { return next }

// The router adds no allocation to those of httperr.WrapMux, and a policy adds none either.
func TestAllocations(t *testing.T) {
	spy := &mwtest.Spy{}
	mux := http.NewServeMux()
	for _, p := range []string{"GET /notes/{id}", "GET /healthz"} {
		mux.Handle(p, spy)
	}
	plain := httperr.WrapMux(mux)
	guarded := build(t, newMux(t, routes.Config{Authenticate: same},
		routes.Route{Pattern: "GET /notes/{id}", Handler: spy, Require: authz.Scopes("read"), NoObject: "it is free"},
		routes.Route{Pattern: "GET /healthz", Handler: spy, Public: "health"},
		routes.Route{Pattern: "GET /clock/{id}", Handler: spy, AnyCaller: "why", NoObject: "none"}))
	mux.Handle("GET /clock/{id}", spy)
	for _, path := range []string{"/notes/7", "/healthz", "/clock/7"} {
		w, r := mwtest.NewDiscard(), withRead(httptest.NewRequest("GET", path, nil))
		without := testing.AllocsPerRun(500, func() { w.Reset(); plain.ServeHTTP(w, r) })
		mwtest.MaxAllocs(t, path+" beyond WrapMux", without, func() { w.Reset(); guarded.ServeHTTP(w, r) })
	}
}
