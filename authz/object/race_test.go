package object_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Callers that use one guard at a time each get their own object, and no other one.
func TestManyCallers(t *testing.T) {
	names := []string{"ann", "bob", "eve", "joe"}
	store := newShelf()
	for _, name := range names {
		store.notes[name] = &note{ID: name, Issuer: issuer, Subject: name, Tenant: "acme"}
	}
	notes := build(t, store.config())
	h := notes.Handler(&mwtest.Spy{Respond: func(_ http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		if n, ok := notes.From(r.Context()); !ok || n.Subject != p.Subject {
			t.Errorf("%s got %v", p.Subject, n)
		}
	}})
	var wg sync.WaitGroup
	for _, caller := range names {
		for _, id := range names {
			wg.Go(func() {
				for range 50 {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, request(changed(func(p *authn.Principal) { p.Subject = caller }), "GET", id))
					if (w.Code == 200) != (caller == id) {
						t.Errorf("%s asks for %s: %d", caller, id, w.Code)
					}
				}
			})
		}
	}
	wg.Wait()
}
