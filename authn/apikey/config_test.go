package apikey_test

import (
	"errors"
	"testing"

	"github.com/go-sallyport/sallyport/authn/apikey"
	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	var typed *store
	for name, tc := range map[string]struct {
		cfg  apikey.Config
		want []string
	}{
		"zero": {apikey.Config{}, []string{"apikey: Store: is nil; ", "apikey: Prefix: is missing; name the service", "apikey: Env: is missing; name the environment"}},
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

func allHaveFixes(t *testing.T, err error) {
	t.Helper()
	for _, leaf := range mwtest.Leaves(err) {
		if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Fix == "" || e.Reason == "" {
			t.Errorf("%T without reason and fix: %v", leaf, leaf)
		}
	}
}
