package object_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const issuer = "https://id.example"

// A note is an object of the tests.
type note struct {
	ID, List, Issuer, Subject, Tenant string
}

func ownerOf(n *note) object.Owner { return object.Owner{Issuer: n.Issuer, Subject: n.Subject} }
func tenantOf(n *note) string      { return n.Tenant }

// A shelf is a store of notes that counts the calls of load.
type shelf struct {
	notes map[string]*note
	loads atomic.Int64
}

func newShelf(notes ...*note) *shelf {
	s := &shelf{notes: map[string]*note{}}
	for _, n := range notes {
		s.notes[n.ID] = n
	}
	return s
}

func (s *shelf) load(_ context.Context, id string) (*note, bool, error) {
	s.loads.Add(1)
	n, ok := s.notes[id]
	return n, ok, nil
}

// config returns a complete Config of the notes of s.
func (s *shelf) config() object.Config[*note, string] {
	return object.Config[*note, string]{Name: "note", Load: s.load, Owner: ownerOf, Tenant: tenantOf}
}

func build[T any, K comparable](t testing.TB, cfg object.Config[T, K]) *object.Guard[T, K] {
	t.Helper()
	return mwtest.Must[*object.Guard[T, K]](t)(object.New(cfg))
}

// ann owns the notes of the tests.
func ann() *authn.Principal {
	return &authn.Principal{Kind: "jwt", Issuer: issuer, Subject: "ann", Tenant: "acme"}
}

// changed returns a principal like ann with changes.
func changed(change func(*authn.Principal)) *authn.Principal {
	p := ann()
	change(p)
	return p
}

func annsNote() *note {
	return &note{ID: "1", List: "9", Issuer: issuer, Subject: "ann", Tenant: "acme"}
}

// request returns a request of p for the object with an ID. A nil p is no principal.
func request(p *authn.Principal, method, id string) *http.Request {
	ctx := context.Background()
	if p != nil {
		ctx = authn.NewContext(ctx, p)
	}
	r := httptest.NewRequestWithContext(ctx, method, "/notes/x", nil)
	r.SetPathValue("id", id)
	return r
}

// authenticated runs next with the principal that the function returns.
func authenticated(of func(*http.Request) *authn.Principal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := of(r); p != nil {
			r = r.WithContext(authn.NewContext(r.Context(), p))
		}
		next.ServeHTTP(w, r)
	})
}

// as runs next with the principal p.
func as(p *authn.Principal, next http.Handler) http.Handler {
	return authenticated(func(*http.Request) *authn.Principal { return p }, next)
}
