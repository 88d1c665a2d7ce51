package mtls_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A site is a TLS server on loopback with one route behind a client certificate.
type site struct {
	*httptest.Server
	a *mtls.Authenticator
}

func newSite(t *testing.T, a *mtls.Authenticator, isHTTP2 bool, config *tls.Config) *site {
	t.Helper()
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}}))
	outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	s := httptest.NewUnstartedServer(outer.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s %s", r.Proto, p.Subject)
	}))))
	s.TLS, s.EnableHTTP2 = config, isHTTP2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return &site{s, a}
}

// A caller is a client that keeps one connection.
type caller struct {
	*http.Client
	reused *atomic.Bool // the last request used an open connection
}

func (s *site) caller(t *testing.T, l *leaf) *caller {
	t.Helper()
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	if l != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{l.tls()}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{&http.Client{Transport: transport}, new(atomic.Bool)}
}

func (c *caller) get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { c.reused.Store(i.Reused) }}
	r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", url, nil))
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		return res, ""
	}
	defer res.Body.Close()
	return res, string(mwtest.Must[[]byte](t)(io.ReadAll(res.Body)))
}

// bothProtocols runs f with HTTP/1.1 and with HTTP/2.
func bothProtocols(t *testing.T, f func(t *testing.T, isHTTP2 bool, proto string)) {
	t.Run("HTTP/1.1", func(t *testing.T) { f(t, false, "HTTP/1.1") })
	t.Run("HTTP/2", func(t *testing.T) { f(t, true, "HTTP/2.0") })
}

func (c *caller) refused(t *testing.T, url, code string, isReused bool) {
	t.Helper()
	res, _ := c.get(t, url)
	if got := res.Header.Get("Www-Authenticate"); got != "ClientCertificate" {
		t.Errorf("challenge %q", got)
	}
	mwtest.Refused(t, res, 401, code)
	if c.reused.Load() != isReused {
		t.Errorf("the request used an open connection: %v", !isReused)
	}
}

// A connection outlives its certificate, and the trust in its authority.
func TestOpenConnection(t *testing.T) {
	bothProtocols(t, func(t *testing.T, isHTTP2 bool, proto string) {
		root, next := newAuthority(t, "prod", nil), newAuthority(t, "next", nil)
		l := root.issue(t, uris(alice))
		var now atomic.Int64
		var roots atomic.Pointer[x509.CertPool]
		now.Store(time.Now().UnixNano())
		roots.Store(root.pool())
		a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return roots.Load() }})
		mtls.SetNow(a, func() time.Time { return time.Unix(0, now.Load()) })
		s := newSite(t, a, isHTTP2, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.pool(), MinVersion: tls.VersionTLS12})
		c := s.caller(t, l)
		for i := range 3 {
			if res, body := c.get(t, s.URL); body != proto+" "+alice || c.reused.Load() != (i > 0) {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
		}
		// Another generation of the same root, then a root that has signed nothing, then none.
		roots.Store(root.pool())
		if res, body := c.get(t, s.URL); body == "" || !c.reused.Load() {
			t.Fatal(res.StatusCode)
		}
		for _, p := range []*x509.CertPool{next.pool(), x509.NewCertPool(), nil} {
			roots.Store(p)
			c.refused(t, s.URL, "invalid_credentials", true)
		}
		roots.Store(root.pool())
		now.Store(l.cert.NotAfter.UnixNano())
		if res, body := c.get(t, s.URL); body == "" {
			t.Fatal(res.StatusCode)
		}
		now.Store(l.cert.NotAfter.UnixNano() + 1)
		c.refused(t, s.URL, "credentials_expired", true)
		now.Store(l.cert.NotBefore.UnixNano() - 1)
		c.refused(t, s.URL, "invalid_credentials", true)
	})
}

// A session that TLS resumes does not bring back an authority that was removed.
func TestResumedSession(t *testing.T) {
	bothProtocols(t, func(t *testing.T, isHTTP2 bool, proto string) {
		root := newAuthority(t, "prod", nil)
		var roots atomic.Pointer[x509.CertPool]
		roots.Store(root.pool())
		a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return roots.Load() }})
		s := newSite(t, a, isHTTP2, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: root.pool(), MinVersion: tls.VersionTLS13})
		c := s.caller(t, root.issue(t, uris(alice)))
		for i, p := range []*x509.CertPool{root.pool(), root.pool(), newAuthority(t, "next", nil).pool()} {
			roots.Store(p)
			res, body := c.get(t, s.URL)
			if i == 2 {
				if res.TLS == nil || !res.TLS.DidResume {
					t.Error("the session was not resumed")
				}
				mwtest.Refused(t, res, 401, "invalid_credentials")
			} else if body != proto+" "+alice {
				t.Fatal(res.StatusCode)
			}
			c.CloseIdleConnections()
		}
	})
}

// A handshake that requests a certificate and does not verify it proves nothing.
func TestHandshakes(t *testing.T) {
	bothProtocols(t, func(t *testing.T, isHTTP2 bool, proto string) {
		root, foreign := newAuthority(t, "prod", nil), newAuthority(t, "other", nil)
		both := root.pool()
		both.AddCert(foreign.cert)
		a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool())})
		mine, server := root.issue(t, uris(alice)), root.issue(t, uris(alice), func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})
		for _, how := range []tls.ClientAuthType{tls.RequestClientCert, tls.RequireAnyClientCert, tls.NoClientCert} {
			s := newSite(t, a, isHTTP2, &tls.Config{ClientAuth: how, ClientCAs: both, MinVersion: tls.VersionTLS13})
			for _, l := range []*leaf{mine, server, foreign.issue(t, uris(alice))} {
				code := "invalid_credentials"
				if how == tls.NoClientCert {
					code = "unauthenticated"
				}
				s.caller(t, l).refused(t, s.URL, code, false)
			}
		}
		s := newSite(t, a, isHTTP2, &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: both, MinVersion: tls.VersionTLS13})
		s.caller(t, nil).refused(t, s.URL, "unauthenticated", false)
		s.caller(t, foreign.issue(t, uris(alice))).refused(t, s.URL, "invalid_credentials", false) // our domain, their authority
		if res, body := s.caller(t, mine).get(t, s.URL); body != proto+" "+alice {
			t.Error(res.StatusCode)
		}
		// The handshake itself refuses a certificate for servers.
		if res, err := s.caller(t, server).Get(s.URL); err == nil {
			_ = res.Body.Close()
			t.Error("a certificate for servers got through the handshake")
		}
	})
}

// An intermediate that expires before the leaf ends the connection's trust too.
func TestIntermediateExpires(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	middle := newAuthority(t, "middle", root)
	l := middle.issue(t, uris(alice), func(c *x509.Certificate) { c.NotAfter = middle.cert.NotAfter.Add(time.Hour) })
	l.chain = []*authority{middle}
	pool, now := root.pool(), time.Now()
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }})
	mtls.SetNow(a, func() time.Time { return now })
	for _, step := range []struct {
		now time.Time
		err error
	}{
		{now, nil},
		{middle.cert.NotAfter, nil},
		{middle.cert.NotAfter.Add(1), authn.ErrInvalid},
		{now, nil},
	} {
		now = step.now
		if _, err := a.Authenticate(connected(l)); !errors.Is(err, step.err) {
			t.Errorf("%v: %v", step.now, err)
		}
	}
}
