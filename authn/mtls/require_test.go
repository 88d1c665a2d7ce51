package mtls_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type fixedUser struct{}

func (fixedUser) Present(*http.Request) bool { return true }
func (fixedUser) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Kind: "jwt", Issuer: "https://id.example", Subject: "ann"}, nil
}
func (fixedUser) Challenge(string, error) string { return "Bearer" }

// Require keeps the service beside the user of another credential.
func TestRequire(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	l := root.issue(t, uris(alice))
	var revoked bool
	var outage error
	a := build(t, mtls.Config{
		Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool()),
		Revoked: func(context.Context, *mtls.Peer) (bool, error) { return revoked, outage },
	})
	spy := &mwtest.Spy{Respond: func(_ http.ResponseWriter, r *http.Request) {
		p, ok := mtls.PeerFrom(r.Context())
		user, _ := authn.FromContext(r.Context())
		if !ok || p.Subject != alice || p.Issuer != "prod.example" || p.Certificate != l.cert || user == nil || user.Subject != "ann" {
			t.Errorf("%+v, %+v", p, user)
		}
	}}
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{fixedUser{}}}))
	logger, records := mwtest.Log()
	outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	h := outer.Handler(a.Require(auth.Handler(spy)))
	if res := mwtest.Do(h, connected(l)); res.StatusCode != 200 || spy.Calls() != 1 {
		t.Fatal(res.StatusCode)
	}
	none, forged := connected(l), connected(l)
	none.TLS = nil
	forged.Header.Set("Client-Cert", l.clientCert())
	for name, row := range map[string]struct {
		r       *http.Request
		revoked bool
		outage  error
		status  int
		code    string
		event   string
	}{
		"none":    {none, false, nil, 401, "unauthenticated", "auth.failed"},
		"forged":  {forged, false, nil, 400, "invalid_request", "auth.failed"},
		"foreign": {connected(newAuthority(t, "x", nil).issue(t, uris(alice))), false, nil, 401, "invalid_credentials", "auth.failed"},
		"revoked": {connected(l), true, nil, 401, "invalid_credentials", "auth.failed"},
		"outage":  {connected(l), false, errors.New("down"), 503, "authentication_unavailable", "store.degraded"},
	} {
		revoked, outage = row.revoked, row.outage
		res := mwtest.Do(h, row.r)
		if got := res.Header.Get("Www-Authenticate"); (got == "ClientCertificate") != (row.status == 401) {
			t.Errorf("%s: challenge %q", name, got)
		}
		mwtest.Refused(t, res, row.status, row.code)
		all := records()
		if all[len(all)-1]["events"] != row.event {
			t.Errorf("%s: %v", name, all[len(all)-1])
		}
	}
	if spy.Calls() != 1 {
		t.Error("a refused request reached the handler")
	}
}

// A client that leaves while Revoked runs is no outage.
func TestClientLeaves(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	a := build(t, mtls.Config{
		Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool()),
		Revoked: func(ctx context.Context, _ *mtls.Peer) (bool, error) { return false, ctx.Err() },
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Authenticate(connected(root.issue(t, uris(alice))).WithContext(ctx))
	if !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
		t.Error(err)
	}
}

// A certificate as the credential gives the same Peer, and no request gives one by itself.
func TestPeerFrom(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	l := root.issue(t, uris(alice))
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool())})
	spy := &mwtest.Spy{}
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Optional: true})).Handler(spy)
	mwtest.Do(auth, connected(l))
	if p, ok := mtls.PeerFrom(spy.Last().Context()); !ok || p.Thumbprint != l.sum() {
		t.Error(p)
	}
	mwtest.Do(auth, httptest.NewRequest("GET", "/", nil))
	for _, ctx := range []context.Context{spy.Last().Context(), t.Context(), authn.NewContext(t.Context(), &authn.Principal{Subject: "ann"})} {
		if p, ok := mtls.PeerFrom(ctx); ok || p != nil {
			t.Error(p)
		}
	}
}
