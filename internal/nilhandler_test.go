package internal_test

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/allowedhosts"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/validate"
)

type shown struct {
	Name string `json:"name" view:"public" write:"public"`
}

// ownedConfig returns the Config of a guard that loads v of hunter2, or fails with err.
func ownedConfig[T any](v T, err error) object.Config[T, string] {
	return object.Config[T, string]{
		Name: "shown", SingleTenant: true,
		Key:   func(*http.Request) (string, bool) { return "1", true },
		Load:  func(context.Context, string) (T, bool, error) { return v, true, err },
		Owner: func(T) object.Owner { return object.Owner{Issuer: "https://id.example", Subject: "hunter2"} },
	}
}

type rejectingAuthenticator struct{}

func (rejectingAuthenticator) Present(*http.Request) bool { return false }
func (rejectingAuthenticator) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, authn.ErrInvalid
}
func (rejectingAuthenticator) Challenge(string, error) string { return "Any" }

// builtInto returns a router with next as its route, and panics if it does not start.
func builtInto(next http.Handler) http.Handler {
	mux, err := routes.New(routes.Config{})
	if err != nil {
		panic(err)
	}
	mux.Handle(routes.Route{Pattern: "GET /", Handler: next, Public: "a test", Subtree: "a test"})
	h, err := mux.Build()
	if err != nil {
		panic(err)
	}
	return h
}

// A missing handler shows when the program starts, and not at the first request. That
// includes a nil function inside an interface.
func TestNilHandlers(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"httperr":      mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})).Handler,
		"Seal":         httperr.Seal,
		"headers":      mwtest.Must[*headers.Middleware](t)(headers.New(headers.API())).Handler,
		"lifecycle":    mwtest.Must[*lifecycle.Middleware](t)(lifecycle.New(lifecycle.Config{Sunset: time.Now().Add(time.Hour)})).Handler,
		"clientip":     mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: clientip.XForwardedFor})).Handler,
		"cors":         mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}})).Handler,
		"ratelimit":    mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(1)}, Key: ratelimit.ByClientIP})).Handler,
		"concurrency":  mwtest.Must[*concurrency.Limiter](t)(concurrency.New(concurrency.Config{Max: 1, Key: ratelimit.ByClientIP})).Handler,
		"authn":        mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{rejectingAuthenticator{}}})).Handler,
		"mtls":         mwtest.Must[*mtls.Authenticator](t)(mtls.New(mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return nil }})).Require,
		"authz":        mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.Scopes("a")})).Handler,
		"object":       mwtest.Must[*object.Guard[shown, string]](t)(object.New(ownedConfig(shown{}, nil))).Handler,
		"view":         mwtest.Must[*view.View[shown]](t)(view.New[shown](view.Config{})).Handler,
		"input":        mwtest.Must[*view.Input[shown]](t)(view.NewInput[shown](view.Config{})).Handler,
		"ipdeny":       mwtest.Must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})).Handler,
		"routes":       builtInto,
		"validate":     mwtest.Must[*validate.Schema[struct{}]](t)(validate.New[struct{}](validate.Config{})).Middleware,
		"redirect":     mwtest.Must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"app.example"}})).Handler,
		"allowedhosts": mwtest.Must[*allowedhosts.Middleware](t)(allowedhosts.New(allowedhosts.Config{Hosts: []string{"app.example"}})).Handler,
		"isolation":    mwtest.Must[*isolation.Middleware](t)(isolation.New(isolation.Config{})).Handler,
	} {
		for kind, next := range map[string]http.Handler{"nil": nil, "a nil function": http.HandlerFunc(nil), "a nil pointer": (*http.ServeMux)(nil)} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: %s is accepted", name, kind)
					}
				}()
				wrap(next)
			}()
		}
	}
}
