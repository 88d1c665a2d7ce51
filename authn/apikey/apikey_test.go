package apikey_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	var typed *store
	for name, tc := range map[string]struct {
		cfg  apikey.Config
		want []string
	}{
		"zero":           {apikey.Config{}, []string{"apikey: Store: is nil; ", "apikey: Prefix: is missing; name the service", "apikey: Env: is missing; name the environment"}},
		"a nil function": {apikey.Config{Store: finder(nil), Prefix: "a", Env: "b"}, []string{"apikey: Store: is nil; "}},
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

// finder is a store that is a function.
type finder func(id string) (apikey.Record, bool, error)

func (f finder) Find(_ context.Context, id string) (apikey.Record, bool, error) { return f(id) }

func allHaveFixes(t *testing.T, err error) {
	t.Helper()
	for _, leaf := range mwtest.Leaves(err) {
		if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Fix == "" || e.Reason == "" {
			t.Errorf("%T without reason and fix: %v", leaf, leaf)
		}
	}
}

// Two of one header would each take every key, also that of the other.
func TestTwoOfOneHeaderAreRefused(t *testing.T) {
	one := func(env, header string) *apikey.Authenticator {
		return mwtest.Must[*apikey.Authenticator](t)(apikey.New(apikey.Config{Store: newStore(), Prefix: "notes", Env: env, Header: header}))
	}
	for name, tc := range map[string]struct {
		of   []authn.Authenticator
		want []string
	}{
		"the default":  {[]authn.Authenticator{one("live", ""), one("test", "x-api-key")}, []string{"authn: Authenticators[1]: takes each X-Api-Key header for its own, as Authenticators[0] does"}},
		"another":      {[]authn.Authenticator{one("live", "X-A"), one("live", "X-B"), one("test", "x-a"), one("old", "X-A")}, []string{"authn: Authenticators[2]: takes each X-A header for its own, as Authenticators[0] does", "authn: Authenticators[3]: takes each X-A header"}},
		"in a wrapper": {[]authn.Authenticator{struct{ *apikey.Authenticator }{one("live", "X-A")}, one("test", "X-A")}, []string{"authn: Authenticators[1]: takes each X-A header"}},
		"a stranger's": {[]authn.Authenticator{foreign("X-A"), one("live", "X-A")}, []string{"authn: Authenticators[1]: takes each X-A header for its own, as Authenticators[0] does"}},
		"two headers":  {[]authn.Authenticator{one("live", "X-A"), one("test", "X-B"), foreign("X-C")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := authn.New(authn.Config{Authenticators: tc.of})
			mwtest.Faults(t, err, tc.want...)
			allHaveFixes(t, err)
		})
	}
}

// foreign reads the header of its name, and says so to nobody.
type foreign string

func (f foreign) Present(r *http.Request) bool { return r.Header.Get(string(f)) != "" }
func (foreign) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Subject: "ann"}, nil
}
func (foreign) Challenge(string, error) string { return "" }
