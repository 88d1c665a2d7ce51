package internal_test

import (
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
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

type rejectingAuthenticator struct{}

func (rejectingAuthenticator) Present(*http.Request) bool { return false }
func (rejectingAuthenticator) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, authn.ErrInvalid
}
func (rejectingAuthenticator) Challenge(string, error) string { return "Any" }

// A missing handler shows when the program starts, and not at the first request. That
// includes a nil function inside an interface.
func TestNilHandlers(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"httperr":     mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})).Handler,
		"Seal":        httperr.Seal,
		"headers":     mwtest.Must[*headers.Middleware](t)(headers.New(headers.API())).Handler,
		"lifecycle":   mwtest.Must[*lifecycle.Middleware](t)(lifecycle.New(lifecycle.Config{Sunset: time.Now().Add(time.Hour)})).Handler,
		"clientip":    mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Header: clientip.XForwardedFor})).Handler,
		"cors":        mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}})).Handler,
		"isolation":   mwtest.Must[*isolation.Middleware](t)(isolation.New(isolation.Config{})).Handler,
		"ratelimit":   mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(1)}, Key: ratelimit.ByClientIP})).Handler,
		"concurrency": mwtest.Must[*concurrency.Limiter](t)(concurrency.New(concurrency.Config{Max: 1, Key: ratelimit.ByClientIP})).Handler,
		"authn":       mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{rejectingAuthenticator{}}})).Handler,
		"authz":       mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.Scopes("a")})).Handler,
		"view":        mwtest.Must[*view.View[shown]](t)(view.New[shown](view.Config{})).Handler,
		"input":       mwtest.Must[*view.Input[shown]](t)(view.NewInput[shown](view.Config{})).Handler,
		"ipdeny":      mwtest.Must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})).Handler,
		"validate":    mwtest.Must[*validate.Schema[struct{}]](t)(validate.New[struct{}](validate.Config{})).Middleware,
		"redirect":    mwtest.Must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"app.example"}})).Handler,
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
