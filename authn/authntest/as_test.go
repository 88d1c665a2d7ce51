package authntest_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func get() *http.Request { return httptest.NewRequest("GET", "/notes", nil) }

// authz, the keys of ratelimit and the record find what they find behind authn.Middleware.
func TestAs(t *testing.T) {
	var log bytes.Buffer
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}))
	limit := mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.By(authn.PrincipalKey)}))
	read := mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.Scopes("notes:read")}))
	spy := &mwtest.Spy{}
	h := errs.Handler(read.Handler(limit.Handler(spy)))

	mwtest.Refused(t, mwtest.Do(h, get()), 401, "unauthenticated")
	res := mwtest.Do(h, authntest.As(get(), "bob", "notes:write"))
	mwtest.Refused(t, res, 403, "insufficient_scope")
	if got := res.Header.Get("WWW-Authenticate"); got != `Bearer error="insufficient_scope", scope="notes:read"` {
		t.Errorf("challenge %q", got)
	}
	if log.Reset(); mwtest.Do(h, authntest.As(get(), "ann", "notes:read")).StatusCode != 200 || spy.Calls() != 1 {
		t.Error("ann is refused")
	}
	for _, want := range []string{"principal=ann", "issuer=https://issuer.test", "auth=jwt", "events=auth.succeeded", "rule=scopes(notes:read)"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the record lacks %s: %s", want, log.String())
		}
	}
	mwtest.Refused(t, mwtest.Do(h, authntest.As(get(), "ann", "notes:read")), 429, "rate_limited")
	if res := mwtest.Do(h, authntest.As(get(), "eve", "notes:read")); res.StatusCode != 200 {
		t.Errorf("another subject has the key of ann: %d", res.StatusCode)
	}
	p, ok := authn.FromContext(spy.Last().Context())
	if !ok || p.Subject != "eve" || !p.HasScope("notes:read") || p.ExpiresAt.Before(p.IssuedAt) {
		t.Errorf("principal %+v", p)
	}
}

func TestAsPrincipal(t *testing.T) {
	admin := mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.AnyRole("admin")}))
	h := admin.Handler(&mwtest.Spy{})
	p := &authn.Principal{Kind: "apikey", Subject: "job", Roles: []string{"admin"}}
	r := get()
	if res := mwtest.Do(h, authntest.AsPrincipal(r, p)); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	if _, ok := authn.FromContext(r.Context()); ok {
		t.Error("the request of the caller was changed")
	}
	for _, p := range []*authn.Principal{nil, {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is taken for a caller", p)
				}
			}()
			authntest.AsPrincipal(get(), p)
		}()
	}
}

// The Middleware of a service does not trust the principal of an outer layer.
func TestAsDoesNotPassAMiddleware(t *testing.T) {
	issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
	mwtest.Refused(t, mwtest.Do(service(t, issuer.Trusted()), authntest.As(get(), "ann")), 401, "unauthenticated")
}
