package mtls_test

import (
	"crypto/x509"
	"net/http"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The ways in which a good certificate comes, with an Authenticator for each.
func goodWays(t testing.TB) map[string]func() (*mtls.Authenticator, *http.Request) {
	root := newAuthority(t, "prod", nil)
	l := root.issue(t, uris(alice))
	pool := root.pool()
	base := mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }}
	cert, xfcc := base, base
	cert.Header, cert.Proxies = mtls.ClientCert, proxies
	xfcc.Header, xfcc.Proxies, xfcc.By = mtls.XFCC, proxies, []string{"spiffe://prod.example/edge"}
	value := "By=spiffe://prod.example/edge;Hash=" + l.hash() + `;Cert="` + l.pem() + `";Subject="CN=api.example";URI=` + alice
	return map[string]func() (*mtls.Authenticator, *http.Request){
		"connection": func() (*mtls.Authenticator, *http.Request) { return build(t, base), connected(l) },
		"Client-Cert": func() (*mtls.Authenticator, *http.Request) {
			return build(t, cert), proxied("Client-Cert", l.clientCert())
		},
		"XFCC": func() (*mtls.Authenticator, *http.Request) {
			return build(t, xfcc), proxied("X-Forwarded-Client-Cert", value)
		},
	}
}

var wantAllocs = map[string]float64{"connection": 0, "Client-Cert": 0, "XFCC": 1}

func TestAllocs(t *testing.T) {
	for name, way := range goodWays(t) {
		a, r := way()
		mwtest.MaxAllocs(t, name, wantAllocs[name], func() {
			if _, err := a.Authenticate(r); err != nil {
				t.Fatal(err)
			}
		})
		_, r = carrier.Ensure(r)
		w, h := mwtest.NewDiscard(), a.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		mwtest.MaxAllocs(t, name+", Require", wantAllocs[name], func() { h.ServeHTTP(w, r) })
		if mtls.Verified(a) != 1 {
			t.Errorf("%s: %d certificates are remembered", name, mtls.Verified(a))
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	for name, way := range goodWays(b) {
		b.Run(name, func(b *testing.B) {
			a, r := way()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := a.Authenticate(r); err != nil || p.Subject != alice {
					b.Fatal(err)
				}
			}
		})
	}
}

// The first request with a certificate under a pool.
func BenchmarkVerify(b *testing.B) {
	root := newAuthority(b, "prod", nil)
	a := build(b, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return root.pool() }})
	r := connected(root.issue(b, uris(alice)))
	for b.Loop() {
		if _, err := a.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}

// The memory of verified certificates has a bound, also with many callers at a time, and a
// refused certificate takes no room in it.
func TestMemoryIsBounded(t *testing.T) {
	root, foreign := newAuthority(t, "prod", nil), newAuthority(t, "x", nil)
	pool := root.pool()
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }})
	if _, err := a.Authenticate(connected(foreign.issue(t, uris(alice)))); err == nil || mtls.Verified(a) != 0 {
		t.Errorf("%d remembered", mtls.Verified(a))
	}
	l := root.issue(t, uris(alice))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range mtls.MaxVerified/4 + 500 {
				c := *l.cert // as another handshake parses it
				if _, err := a.Authenticate(connected(&leaf{cert: &c})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := mtls.Verified(a); n > mtls.MaxVerified || n < mtls.MaxVerified/2 {
		t.Errorf("%d remembered", n)
	}
}
