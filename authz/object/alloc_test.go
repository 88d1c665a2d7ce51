package object_test

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The promise is two allocations more than Load has. The guard has one, and a refusal has no
// allocation before it is written.
func TestAllocs(t *testing.T) {
	store := newShelf(annsNote())
	cfg := store.config()
	cfg.OrRole = []string{"admin", "clerk"}
	cfg.Deny = func(http.ResponseWriter, *http.Request, error) {}
	notes := build(t, cfg)
	var got *note
	h := notes.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = notes.From(r.Context()) }))
	w := mwtest.NewDiscard()
	owner, missing := request(ann(), "GET", "1"), request(ann(), "GET", "2")
	foreign := request(changed(func(p *authn.Principal) { p.Subject = "bob" }), "GET", "1")
	mwtest.MaxAllocs(t, "the owner", 1, func() { h.ServeHTTP(w, owner) })
	if got != store.notes["1"] {
		t.Fatal("the handler did not run")
	}
	mwtest.MaxAllocs(t, "a foreign object", 0, func() { h.ServeHTTP(w, foreign) })
	mwtest.MaxAllocs(t, "a missing object", 0, func() { h.ServeHTTP(w, missing) })
	mwtest.MaxAllocs(t, "no principal", 0, func() { h.ServeHTTP(w, request0) })
	mwtest.MaxAllocs(t, "Check", 0, func() { _, _ = notes.Check(owner) })
	mwtest.MaxAllocs(t, "FilterOf and Own", 0, func() {
		_, _, _ = object.Own(owner.Context())
		_ = object.FilterOf(owner.Context()).MatchesIn(ownerOf(got), got.Tenant)
	})

	f := newFamily()
	_, items := f.guards(t)
	child := items.Handler(&mwtest.Spy{Respond: func(http.ResponseWriter, *http.Request) {}})
	r := requestItem(ann(), "GET", "9", "1")
	mwtest.MaxAllocs(t, "a child and its parent", 2, func() { child.ServeHTTP(w, r) })
}

var request0 = request(nil, "GET", "1")

// Measured beside the check that a handler without the guard makes for itself.
func BenchmarkGuard(b *testing.B) {
	store := newShelf(annsNote())
	notes := build(b, store.config())
	guarded := notes.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, ok := notes.From(r.Context()); ok && n.ID == "1" {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	byHand := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := authn.FromContext(r.Context())
		if !ok {
			httperr.Write(w, r, authn.ErrNoCredentials)
			return
		}
		n, ok, err := store.load(r.Context(), r.PathValue("id"))
		if err != nil || !ok || n.Issuer != p.Issuer || n.Subject != p.Subject || n.Tenant != p.Tenant {
			httperr.Write(w, r, httperr.ErrNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	for _, bm := range []struct {
		name string
		h    http.Handler
	}{{"by hand", byHand}, {"guard", guarded}} {
		b.Run(bm.name, func(b *testing.B) {
			w, r := mwtest.NewDiscard(), request(ann(), "GET", "1")
			b.ReportAllocs()
			for b.Loop() {
				w.Reset()
				bm.h.ServeHTTP(w, r)
				if w.Code != http.StatusNoContent {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
