package apikey_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	var typed *store
	for name, tc := range map[string]struct {
		cfg  apikey.Config
		want []string
	}{
		"zero":           {apikey.Config{}, []string{"apikey: Store: is nil; ", "apikey: Prefix: is missing; name the service", "apikey: Env: is missing; name the environment"}},
		"a nil function": {apikey.Config{Store: storeFunc(nil), Prefix: "a", Env: "b"}, []string{"apikey: Store: is nil; "}},
		"all at once": {
			apikey.Config{Store: typed, Prefix: "Notes", Env: "a_b", Header: "X API Key", Issuer: "a\nb"},
			[]string{"apikey: Store: is nil; ", `apikey: Prefix: "Notes": `, `apikey: Env: "a_b": `, `apikey: Header: "X API Key": is not `, `apikey: Issuer: "a\nb": `},
		},
		"a digit first": {apikey.Config{Store: newStore(), Prefix: "1a", Env: "live"}, []string{`apikey: Prefix: "1a": `}},
		"too long":      {apikey.Config{Store: newStore(), Prefix: "abcdefghijklmnopq", Env: "live"}, []string{"apikey: Prefix: "}},
		"Authorization": {apikey.Config{Store: newStore(), Prefix: "a", Env: "b", Header: "authorization"}, []string{`apikey: Header: "authorization": carries something else; `}},
		"Cookie":        {apikey.Config{Store: newStore(), Prefix: "a", Env: "b", Header: "Cookie"}, []string{`apikey: Header: "Cookie": carries `}},
		"Host":          {apikey.Config{Store: newStore(), Prefix: "a", Env: "b", Header: "HOST"}, []string{`apikey: Header: "HOST": carries `}},
		"the proxy's":   {apikey.Config{Store: newStore(), Prefix: "a", Env: "b", Header: "Proxy-Authorization"}, []string{`apikey: Header: "Proxy-Authorization": carries `}},
		"two places":    {apikey.Config{Store: newStore(), Prefix: "a", Env: "b", Header: "X-Key", Bearer: true}, []string{`apikey: Header: "X-Key": is not used with Bearer`}},
		"longest":       {apikey.Config{Store: newStore(), Prefix: "abcdefghijklmno9", Env: "l1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := apikey.New(tc.cfg)
			mwtest.Faults(t, err, tc.want...)
			if (a == nil) != (len(tc.want) > 0) {
				t.Errorf("authenticator %v with error %v", a, err)
			}
			allHaveFixes(t, err)
		})
	}
}

// storeFunc is a store that calls a function.
type storeFunc func(id string) (apikey.Record, bool, error)

func (f storeFunc) Find(_ context.Context, id string) (apikey.Record, bool, error) { return f(id) }

// Two Authenticators with the same header would each accept every key, also the
// keys of the other.
func TestSharedHeaderIsRefused(t *testing.T) {
	newFor := func(env, header string) *apikey.Authenticator {
		return mwtest.Must[*apikey.Authenticator](t)(apikey.New(apikey.Config{Store: newStore(), Prefix: "notes", Env: env, Header: header}))
	}
	for name, tc := range map[string]struct {
		authenticators []authn.Authenticator
		want           []string
	}{
		"the default":  {[]authn.Authenticator{newFor("live", ""), newFor("test", "x-api-key")}, []string{"authn: Authenticators[1]: takes each X-Api-Key header for its own, as Authenticators[0] does"}},
		"another":      {[]authn.Authenticator{newFor("live", "X-A"), newFor("live", "X-B"), newFor("test", "x-a"), newFor("old", "X-A")}, []string{"authn: Authenticators[2]: takes each X-A header for its own, as Authenticators[0] does", "authn: Authenticators[3]: takes each X-A header"}},
		"in a wrapper": {[]authn.Authenticator{struct{ *apikey.Authenticator }{newFor("live", "X-A")}, newFor("test", "X-A")}, []string{"authn: Authenticators[1]: takes each X-A header"}},
		"another type": {[]authn.Authenticator{undeclared("X-A"), newFor("live", "X-A")}, []string{"authn: Authenticators[1]: takes each X-A header for its own, as Authenticators[0] does"}},
		"two headers":  {[]authn.Authenticator{newFor("live", "X-A"), newFor("test", "X-B"), undeclared("X-C")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := authn.New(authn.Config{Authenticators: tc.authenticators})
			mwtest.Faults(t, err, tc.want...)
			allHaveFixes(t, err)
		})
	}
}

// undeclared reads the header that it is named after, and has no method
// CredentialHeader.
type undeclared string

func (u undeclared) Present(r *http.Request) bool { return r.Header.Get(string(u)) != "" }
func (undeclared) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Subject: "ann"}, nil
}
func (undeclared) Challenge(string, error) string { return "" }
