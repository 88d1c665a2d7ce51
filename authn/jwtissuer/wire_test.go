package jwtissuer_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// RemoteKeys accept the set that an Issuer publishes: for each algorithm, through a
// rotation, and no longer after a key was withdrawn.
func TestRemoteKeysReadTheEndpoint(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, key jwtissuer.SigningKey) {
		i := newIssuer(t, issuerConfig(key))
		srv := httptest.NewServer(i.JWKS())
		defer srv.Close()
		fresh := func() verifier {
			keys := jwks.Remote(srv.URL)
			t.Cleanup(func() { _ = keys.Close() })
			return build(t, trusting(keys))
		}
		accepts := func(v verifier, out jwtissuer.Issued) error {
			p, err := v.Verify(context.Background(), out.Token)
			if err == nil {
				g := grant()
				g.AuthTime = p.AuthTime // a second may have passed
				if d := difference(p, g, out); d != "" {
					t.Error(d)
				}
			}
			return err
		}
		old := issue(t, i, grant())
		early := fresh()
		if err := accepts(early, old); err != nil {
			t.Fatal(err)
		}
		rotate(t, i, "next")
		late := fresh()
		if err := accepts(late, old); err != nil {
			t.Error(err)
		}
		if err := i.Withdraw(kid); err != nil {
			t.Fatal(err)
		}
		if err := accepts(late, issue(t, i, grant())); err != nil {
			t.Errorf("a key that was published ahead: %v", err)
		}
		if err := accepts(fresh(), old); !errors.Is(err, jwks.ErrUnknownKey) {
			t.Errorf("a withdrawn key: %v", err)
		}
	})
}

// RemoteKeys accept the tokens of an Issuer with a folder of keys, which publishes the key
// that signs and the next one.
func TestRemoteKeysReadTheEndpointOfAKeyFile(t *testing.T) {
	d := newKeyFolder(t)
	d.set("abc")
	i := newIssuer(t, d.config(""))
	srv := httptest.NewServer(i.JWKS())
	defer srv.Close()
	keys := jwks.Remote(srv.URL)
	defer func() { _ = keys.Close() }()
	v := build(t, trusting(keys))
	out := issue(t, i, grant())
	if _, err := v.Verify(context.Background(), out.Token); err != nil {
		t.Error(err)
	}
	if signs, known := namesIn(t, i); signs != "b" || known != "abc" {
		t.Errorf("%s signs, %s are published", signs, known)
	}
	for id := range nameOf {
		_, err := keys.Key(context.Background(), issuer, id, string(jwks.EdDSA))
		if published := nameOf[id] <= "c"; published != (err == nil) {
			t.Errorf("%s: %v", nameOf[id], err)
		}
	}
}
