package mtls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// exampleMesh returns the roots of a mesh, and a certificate of the service orders.
func exampleMesh() (*x509.CertPool, tls.Certificate) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour),
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), URIs: []*url.URL{{Scheme: "spiffe", Host: "prod.example", Path: "/orders"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, NotAfter: time.Now().Add(time.Hour),
	}
	root = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, root, root, key.Public(), key))))
	pool := x509.NewCertPool()
	pool.AddCert(root)
	der := must(x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key))
	return pool, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// exampleGet sends a request with a client certificate, or without one.
func exampleGet(server *httptest.Server, certificates ...tls.Certificate) string {
	client := server.Client()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = certificates
	res := must(client.Get(server.URL))
	defer func() { _ = res.Body.Close() }()
	defer client.CloseIdleConnections()
	return res.Status
}

// The services of a mesh call each other with X.509 SVIDs. A reloader that stores another pool
// changes who is trusted, also on the connections that are open.
func Example() {
	pool, orders := exampleMesh()
	var roots atomic.Pointer[map[string]*x509.CertPool]
	roots.Store(&map[string]*x509.CertPool{"prod.example": pool})

	certificates := must(mtls.New(mtls.Config{
		Identity: mtls.SPIFFEID,
		Roots:    func(trustDomain string) *x509.CertPool { return (*roots.Load())[trustDomain] },
	}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{certificates}}))
	errs := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))

	server := httptest.NewUnstartedServer(errs.Handler(auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		fmt.Println(p.Issuer, p.Subject)
	}))))
	// A route without a certificate can live beside it: RequireAndVerifyClientCert has none.
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()

	fmt.Println(exampleGet(server, orders))
	fmt.Println(exampleGet(server))
	roots.Store(&map[string]*x509.CertPool{})
	fmt.Println(exampleGet(server, orders))
	// Output:
	// prod.example spiffe://prod.example/orders
	// 200 OK
	// 401 Unauthorized
	// 401 Unauthorized
}

// exampleUser stands for a jwtauth.Verifier.
type exampleUser struct{}

func (exampleUser) Present(*http.Request) bool { return true }
func (exampleUser) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Kind: "jwt", Issuer: "https://id.example", Subject: "ann"}, nil
}
func (exampleUser) Challenge(string, error) string { return "Bearer" }

// A service of the mesh passes on the token of its user. The certificate says which service it
// is, and the token which user.
func ExampleAuthenticator_Require() {
	pool, orders := exampleMesh()
	certificates := must(mtls.New(mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }}))
	tokens := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{exampleUser{}}}))

	server := httptest.NewUnstartedServer(certificates.Require(tokens.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		service, _ := mtls.PeerFrom(r.Context())
		user, _ := authn.FromContext(r.Context())
		fmt.Println(user.Subject, "through", service.Subject)
	}))))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	fmt.Println(exampleGet(server, orders))
	// Output:
	// ann through spiffe://prod.example/orders
	// 200 OK
}

// Behind Envoy, the certificate of the client is in X-Forwarded-Client-Cert. Any other sender of
// that header is refused.
func ExampleConfig_proxy() {
	pool, _ := exampleMesh()
	certificates := must(mtls.New(mtls.Config{
		Identity: mtls.SPIFFEID,
		Roots:    func(string) *x509.CertPool { return pool },
		Header:   mtls.XFCC,
		Proxies:  []netip.Prefix{netip.MustParsePrefix("10.1.2.0/28")},
		By:       []string{"spiffe://prod.example/edge"}, // the SAN that Envoy shows to its clients
	}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{certificates}}))

	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.9.9.9:4321"
	r.Header.Set("X-Forwarded-Client-Cert", "URI=spiffe://prod.example/orders")
	w := httptest.NewRecorder()
	auth.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output: 400
}

// A token that is bound to a certificate (RFC 8705) is refused without that certificate. Confirm
// is for jwtauth.Config.Confirm.
func ExampleAuthenticator_Confirm() {
	pool, _ := exampleMesh()
	certificates := must(mtls.New(mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }}))
	bound := authn.Confirmation{Method: "x5t#S256", Value: "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}
	fmt.Println(certificates.Confirm(httptest.NewRequest("GET", "https://notes.example/", nil), bound))
	// Output: unauthenticated
}
