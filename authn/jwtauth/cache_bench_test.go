package jwtauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func BenchmarkCached(b *testing.B) {
	for _, s := range signers() {
		cfg := cached(s, 64)
		b.Run(string(s.alg), func(b *testing.B) {
			v, good := build(b, cfg), s.good()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != "ann" {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(s.alg)+"/Handler", func(b *testing.B) {
			m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(b, cfg)}})
			if err != nil {
				b.Fatal(err)
			}
			passed, runs := 0, 0
			h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", bearer(s.good()))
			w := mwtest.NewDiscard()
			b.ReportAllocs()
			for b.Loop() {
				runs++
				h.ServeHTTP(w, r)
			}
			if passed != runs {
				b.Fatalf("%d of %d requests passed", passed, runs)
			}
		})
	}
}
