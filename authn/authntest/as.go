package authntest

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

// As returns a request like r as authn.Middleware hands it on, for a caller with the
// subject and the scopes: a principal of the kind "jwt". Further fields of the principal
// need AsPrincipal. As panics if subject is empty.
func As(r *http.Request, subject string, scopes ...string) *http.Request {
	now := time.Now().Truncate(time.Second)
	return AsPrincipal(r, &authn.Principal{
		Kind:      "jwt",
		Issuer:    "https://issuer.test",
		Subject:   subject,
		ClientID:  "test",
		TokenID:   "test",
		Scopes:    scopes,
		IssuedAt:  now,
		ExpiresAt: now.Add(time.Hour),
	})
}

// AsPrincipal returns a request like r as authn.Middleware hands it on for p. It panics if
// p is nil or has no Subject, for which authn.Middleware would not run the handler. If r is
// the result of an earlier call, the two share one record, and p is the principal of both.
func AsPrincipal(r *http.Request, p *authn.Principal) *http.Request {
	if p == nil || p.Subject == "" {
		panic("authntest: a principal without Subject identifies no caller; for an anonymous request use the request itself")
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{admits{p}}})
	if err != nil {
		panic(err)
	}
	var admitted *http.Request
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { admitted = r })
	auth.Handler(next).ServeHTTP(httptest.NewRecorder(), r)
	return admitted
}

// admits is an authenticator that takes every request for one of p.
type admits struct{ p *authn.Principal }

func (admits) Present(*http.Request) bool                             { return true }
func (a admits) Authenticate(*http.Request) (*authn.Principal, error) { return a.p, nil }
func (admits) Challenge(string, error) string                         { return "Bearer" }
