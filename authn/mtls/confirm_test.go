package mtls_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
)

// A bound token comes with its own certificate, over the connection or through a proxy.
func TestConfirm(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	mine, theirs, foreign := root.issue(t, uris(alice)), root.issue(t, uris(alice)), newAuthority(t, "x", nil).issue(t, uris(alice))
	base := mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool())}
	header, words, down := base, base, base
	header.Header, header.Proxies = mtls.ClientCert, proxies
	words.Header, words.Proxies, words.DangerouslyWithoutCert = mtls.XFCC, proxies, true
	down.Revoked = func(context.Context, *mtls.Peer) (bool, error) { return false, errors.New("down") }
	unverified := connected(mine)
	unverified.TLS.VerifiedChains = nil
	bound := authn.Confirmation{Method: "x5t#S256", Value: mine.sum()}
	none := connected(mine)
	none.TLS = nil
	const x = "X-Forwarded-Client-Cert"
	for name, row := range map[string]struct {
		cfg mtls.Config
		r   *http.Request
		c   authn.Confirmation
		err error  // or
		msg string // of the error
	}{
		"its certificate":             {base, connected(mine), bound, nil, ""},
		"another, of the same caller": {base, connected(theirs), bound, nil, "another certificate"},
		"none":                        {base, none, bound, authn.ErrNoCredentials, ""},
		"not verified":                {base, unverified, bound, authn.ErrInvalid, ""},
		"not of our authority":        {base, connected(foreign), authn.Confirmation{Method: "x5t#S256", Value: foreign.sum()}, authn.ErrInvalid, ""},
		"a key of DPoP":               {base, connected(mine), authn.Confirmation{Method: "jkt", Value: mine.sum()}, nil, "not bound to a certificate"},
		"an empty value":              {base, connected(mine), authn.Confirmation{Method: "x5t#S256"}, nil, "another certificate"},
		"an outage":                   {down, connected(mine), bound, authn.ErrUnavailable, ""},
		"through a proxy":             {header, proxied("Client-Cert", mine.clientCert()), bound, nil, ""},
		"another through a proxy":     {header, proxied("Client-Cert", theirs.clientCert()), bound, nil, "another certificate"},
		"none through a proxy":        {header, proxied(), bound, authn.ErrNoCredentials, ""},
		"the proxy's own":             {header, connected(mine), bound, authn.ErrNoCredentials, ""},
		"in words":                    {words, proxied(x, "Hash="+mine.hash()+";URI="+alice), bound, nil, ""},
		"in words, another":           {words, proxied(x, "Hash="+theirs.hash()+";URI="+alice), bound, nil, "another certificate"},
		"in words without a hash":     {words, proxied(x, "URI="+alice), authn.Confirmation{Method: "x5t#S256"}, nil, "another certificate"},
	} {
		err := build(t, row.cfg).Confirm(row.r, row.c)
		switch {
		case row.err != nil && !errors.Is(err, row.err),
			row.err == nil && row.msg == "" && err != nil,
			row.err == nil && row.msg != "" && (err == nil || !strings.Contains(err.Error(), row.msg)):
			t.Errorf("%s: %v", name, err)
		}
	}
}
