package main

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const (
	ourDomain     = "shop.example"
	partnerDomain = "partner.example"
	issuerURL     = "https://id.shop.example"
	audience      = "https://stock.shop.example"
	ordersID      = "spiffe://" + ourDomain + "/orders"
	edgeID        = "spiffe://" + ourDomain + "/edge"
)

// A stock is the service that the others call. It has a handler for each of its listeners.
type stock struct {
	public   http.Handler // callers outside of the mesh, with an API key
	mesh     http.Handler // callers with a certificate of their own
	internal http.Handler // the proxy, which passes the certificate of its client on
}

// newStock returns the service. roots are the authorities by trust domain.
func newStock(logger *slog.Logger, roots map[string]*x509.CertPool, keys *apikey.Authenticator, tokens jwks.Source) stock {
	rootsOf := func(domain string) *x509.CertPool { return roots[domain] }
	direct := must(mtls.New(mtls.Config{Identity: mtls.SPIFFEID, Roots: rootsOf}))
	// Each process of the machine can connect from 127.0.0.1, so the proxy is known by its name.
	proxied := must(mtls.New(mtls.Config{
		Identity: mtls.SPIFFEID, Roots: rootsOf, Header: mtls.ClientCert,
		ProxyNames: []string{edgeID}, ProxyRoots: func() *x509.CertPool { return roots[ourDomain] },
	}))
	bound := must(jwtauth.New(jwtauth.Config{Issuer: issuerURL, Audience: []string{audience}, Keys: tokens, Confirm: direct.Confirm}))

	// A certificate says which service calls, and these say what the caller may do.
	onlyOrders := must(authz.New(authz.Config{Require: authz.Decide(services{ordersID})}))
	readers := must(authz.New(authz.Config{Require: authz.Scopes("stock:read")}))

	errs := must(httperr.New(httperr.Config{Logger: logger}))
	guard := func(a authn.Authenticator, policy *authz.Middleware) http.Handler {
		auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: "stock"}))
		return auth.Handler(policy.Handler(http.HandlerFunc(answer)))
	}
	mesh := http.NewServeMux()
	mesh.Handle("GET /stock", guard(direct, onlyOrders))
	// The user of the token is the principal. Require keeps the service beside the user.
	mesh.Handle("GET /stock/mine", direct.Require(guard(bound, readers)))
	return stock{
		public:   errs.Handler(guard(keys, readers)),
		mesh:     errs.Handler(httperr.WrapMux(mesh)),
		internal: errs.Handler(guard(proxied, onlyOrders)),
	}
}

// answer names the caller.
func answer(w http.ResponseWriter, r *http.Request) {
	p, _ := authn.FromContext(r.Context())
	text := p.Subject
	if peer, ok := mtls.PeerFrom(r.Context()); ok && peer.Subject != p.Subject {
		text += " through " + peer.Subject
	}
	_, _ = fmt.Fprint(w, text)
}

// services lists the services that may call.
type services []string

// Decide implements authz.Decider.
func (s services) Decide(_ *http.Request, p *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: slices.Contains(s, p.Subject)}, nil
}

func (s services) String() string { return "callers" }
