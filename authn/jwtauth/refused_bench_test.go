package jwtauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// What a stranger costs, answer included.
func BenchmarkRefusedHandler(b *testing.B) {
	s := signers()[2]
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(b, config(s))}, Realm: "notes"})
	if err != nil {
		b.Fatal(err)
	}
	h := m.Handler(http.NotFoundHandler())
	for name, token := range map[string]string{"oversize": strings.Repeat("a", 900<<10), "malformed": strings.Repeat(".", 8<<10)} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", bearer(token))
			w := mwtest.NewDiscard()
			b.ReportAllocs()
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
			}
			if w.Code != 401 {
				b.Fatal(w.Code)
			}
		})
	}
}
