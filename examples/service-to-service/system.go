package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A system is everything that runs, with the credentials of orders.
type system struct {
	servers []*http.Server

	public, mesh, internal, edge string // URLs of the listeners of stock, and of the proxy

	ours, partner *authority
	orders        tls.Certificate
	key           string            // API key of orders
	issuer        *jwtissuer.Issuer // the authorization server
}

// start makes the certificates, the keys and the listeners.
func start(logger *slog.Logger) *system {
	s := &system{ours: newAuthority(ourDomain), partner: newAuthority(partnerDomain)}
	s.orders = s.ours.issue(ourDomain, "orders")

	store := must(apikey.Memory())
	keys := must(apikey.New(apikey.Config{Store: store, Prefix: "stock", Env: "demo"}))
	key, record, err := keys.Generate(apikey.Record{
		Subject: "orders", Scopes: []string{"stock:read"}, ExpiresAt: time.Now().Add(time.Hour),
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	check(err)
	check(store.Put(context.Background(), record))
	s.key = key

	s.issuer = must(jwtissuer.New(jwtissuer.Config{
		Issuer: issuerURL, Audience: []string{audience}, Key: must(jwtissuer.GenerateKey(jwks.ES256)), Lifetime: time.Minute,
	}))
	roots := map[string]*x509.CertPool{ourDomain: poolOf(s.ours), partnerDomain: poolOf(s.partner)}
	stock := newStock(logger, roots, keys, s.issuer)

	certificate := s.ours.issue(ourDomain, "stock")
	s.public = s.listen(stock.public, certificate, nil)
	s.mesh = s.listen(stock.mesh, certificate, poolOf(s.ours, s.partner))
	s.internal = s.listen(stock.internal, certificate, poolOf(s.ours))
	edge := s.ours.issue(ourDomain, "edge")
	s.edge = s.listen(newEdge(must(url.Parse(s.internal)), s.client(edge)), edge, poolOf(s.ours, s.partner))
	return s
}

// listen serves h on a free port of loopback, and returns its URL. With clients, each client
// needs a certificate of one of these authorities.
func (s *system) listen(h http.Handler, certificate tls.Certificate, clients *x509.CertPool) string {
	cfg := tlsconf.Modern()
	cfg.Certificates, cfg.ClientCAs = []tls.Certificate{certificate}, clients
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	server := &http.Server{Handler: h, TLSConfig: must(tlsconf.New(cfg)), ReadHeaderTimeout: 5 * time.Second}
	s.servers = append(s.servers, server)
	go func() {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
	}()
	return "https://" + listener.Addr().String()
}

// client returns the TLS configuration of a client with the certificates.
func (s *system) client(certificates ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: poolOf(s.ours), Certificates: certificates, MinVersion: tls.VersionTLS13}
}

// Close ends all listeners and connections.
func (s *system) Close() error {
	var all []error
	for _, server := range s.servers {
		all = append(all, server.Close())
	}
	return errors.Join(all...)
}
