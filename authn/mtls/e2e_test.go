package mtls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A token that is bound to a certificate works over a connection with that certificate alone.
func TestBoundTokenOverTheWire(t *testing.T) {
	const issuer, audience = "https://id.example", "https://notes.example"
	root := newAuthority(t, "prod", nil)
	mine, theirs := root.issue(t, uris(alice)), root.issue(t, uris(alice))
	pool := root.pool()
	var isDown atomic.Bool
	a := build(t, mtls.Config{
		Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool },
		Revoked: func(context.Context, *mtls.Peer) (bool, error) {
			if isDown.Load() {
				return false, errors.New("down")
			}
			return false, nil
		},
	})
	tokens := authntest.NewIssuer(t, issuer, audience)
	verifier := mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{
		Issuers: []jwtauth.TrustedIssuer{tokens.Trusted()}, Confirm: a.Confirm, Cache: 8,
	}))
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}}))
	server := httptest.NewUnstartedServer(auth.Handler(&mwtest.Spy{}))
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()

	now := time.Now().Unix()
	token := tokens.Sign(map[string]any{"sub": "ann", "iat": now, "cnf": map[string]any{"x5t#S256": mine.sum()}})
	for i, step := range []struct {
		name   string
		leaf   *leaf
		isDown bool
		status int
		code   string
	}{
		{"none", nil, false, 401, "invalid_credentials"},
		{"another", theirs, false, 401, "invalid_credentials"},
		{"its own", mine, false, 200, ""},
		{"another again", theirs, false, 401, "invalid_credentials"},
		{"an outage", mine, true, 503, "authentication_unavailable"},
		{"its own again", mine, false, 200, ""},
	} {
		isDown.Store(step.isDown)
		transport := server.Client().Transport.(*http.Transport).Clone()
		if step.leaf != nil {
			transport.TLSClientConfig.Certificates = []tls.Certificate{step.leaf.tls()}
		}
		r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "GET", server.URL, nil))
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if step.status == 200 {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != 200 {
				t.Errorf("step %d, %s: %d", i, step.name, res.StatusCode)
			}
		} else {
			mwtest.Refused(t, res, step.status, step.code)
		}
		transport.CloseIdleConnections()
	}
}
