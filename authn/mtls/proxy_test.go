package mtls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The header of a proxy counts once, from the proxy, and in the kind of the Config.
func TestHeadersOverTheHandler(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	l, other := root.issue(t, uris(alice)), root.issue(t, uris("spiffe://prod.example/mallory"))
	base := mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool())}
	direct, cert, xfcc, by, trusting := base, base, base, base, base
	cert.Header, cert.Proxies = mtls.ClientCert, proxies
	xfcc.Header, xfcc.Proxies = mtls.XFCC, proxies
	by.Header, by.Proxies, by.By = mtls.XFCC, proxies, []string{"spiffe://prod.example/edge", "https://edge.example/"}
	trusting.Header, trusting.Proxies, trusting.DangerouslyWithoutCert = mtls.XFCC, proxies, true
	good, bad := `Cert="`+l.pem()+`"`, `Cert="`+other.pem()+`"`
	chain := l.clientCert() + strings.Repeat(", "+l.clientCert(), 15)
	stranger := func(kv ...string) *http.Request {
		r := proxied(kv...)
		r.RemoteAddr = "10.0.0.2:1234"
		return r
	}
	withCertificate := func(kv ...string) *http.Request {
		r := proxied(kv...)
		r.TLS = connected(other).TLS
		return r
	}
	const x = "X-Forwarded-Client-Cert"
	for name, row := range map[string]struct {
		cfg    mtls.Config
		r      *http.Request
		status int
		reason string // in the cause
	}{
		"Client-Cert":                             {cert, proxied("Client-Cert", l.clientCert()), 200, ""},
		"with the longest chain":                  {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert-Chain", chain), 200, ""},
		"with a chain that is longer":             {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert-Chain", chain+","+l.clientCert()), 400, "at most 16"},
		"nothing":                                 {cert, proxied(), 401, ""},
		"an empty header":                         {cert, proxied("Client-Cert", ""), 401, ""},
		"nothing, from a stranger":                {cert, stranger(), 401, ""},
		"nothing but the proxy's own certificate": {cert, withCertificate(), 401, ""},
		"beside the proxy's own certificate":      {cert, withCertificate("Client-Cert", l.clientCert()), 200, ""},
		"from a stranger":                         {cert, stranger("Client-Cert", l.clientCert()), 400, "not in Config.Proxies"},
		"twice":                                   {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert", l.clientCert()), 400, "twice"},
		"twice, one empty":                        {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert", ""), 400, "twice"},
		"two items":                               {cert, proxied("Client-Cert", l.clientCert()+", "+l.clientCert()), 400, "one byte sequence"},
		"without a colon":                         {cert, proxied("Client-Cert", l.clientCert()[1:]), 400, "one byte sequence"},
		"without the last colon":                  {cert, proxied("Client-Cert", strings.TrimSuffix(l.clientCert(), ":")), 400, "one byte sequence"},
		"with a parameter":                        {cert, proxied("Client-Cert", l.clientCert()+";a=b"), 400, "one byte sequence"},
		"not a certificate":                       {cert, proxied("Client-Cert", ":aGVsbG8=:"), 401, "the certificate in the header"},
		"the chain alone":                         {cert, proxied("Client-Cert-Chain", l.clientCert()), 400, "without Client-Cert"},
		"the chain twice":                         {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert-Chain", "", "Client-Cert-Chain", ""), 400, "twice"},
		"a broken chain":                          {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert-Chain", "hunter2"), 400, "list of"},
		"a chain with another certificate":        {cert, proxied("Client-Cert", l.clientCert(), "Client-Cert-Chain", ":aGVsbG8=:"), 200, ""},
		"64 KiB":                                  {cert, proxied("Client-Cert", ":"+strings.Repeat("A", 64<<10)+":"), 400, "longer than 32 KiB"},
		"XFCC for Client-Cert":                    {cert, proxied(x, good), 400, "does not name it"},
		"both for Client-Cert":                    {cert, proxied("Client-Cert", l.clientCert(), x, good), 400, "does not name it"},

		"XFCC":                             {xfcc, proxied(x, good), 200, ""},
		"Client-Cert for XFCC":             {xfcc, proxied("Client-Cert", l.clientCert()), 400, "does not name it"},
		"both for XFCC":                    {xfcc, proxied("Client-Cert", l.clientCert(), x, good), 400, "does not name it"},
		"XFCC from a stranger":             {xfcc, stranger(x, good), 400, "not in Config.Proxies"},
		"two headers":                      {xfcc, proxied(x, bad, x, good), 400, "twice"},
		"two elements":                     {xfcc, proxied(x, bad+","+good), 200, ""},
		"the last without Cert":            {xfcc, proxied(x, good+",Hash="+l.hash()+";URI="+alice), 401, "has no Cert"},
		"a forged one in quotes":           {xfcc, proxied(x, good+`;Subject="CN=a\",`+strings.ReplaceAll(bad, `"`, `\"`)+`"`), 200, ""},
		"a subject with separators":        {xfcc, proxied(x, `Subject="O=a;b,c=\"d\" \\";`+good), 200, ""},
		"a quote that does not end":        {xfcc, proxied(x, good+`;Subject="`), 400, "malformed"},
		"Cert twice":                       {xfcc, proxied(x, bad+";"+good), 400, "malformed"},
		"XFCC of 64 KiB":                   {xfcc, proxied(x, good+`;Subject="`+strings.Repeat("A", 64<<10)+`"`), 400, "longer than 32 KiB"},
		"the hash of another":              {xfcc, proxied(x, good+";Hash="+other.hash()), 401, "two certificates"},
		"its hash, in upper case":          {xfcc, proxied(x, good+";Hash="+strings.ToUpper(l.hash())), 200, ""},
		"Cert is not PEM":                  {xfcc, proxied(x, "Cert=hunter2"), 400, "malformed"},
		"two certificates in Cert":         {xfcc, proxied(x, `Cert="`+l.pem()+other.pem()+`"`), 400, "malformed"},
		"a key in Cert":                    {xfcc, proxied(x, `Cert="`+strings.ReplaceAll(l.pem(), "CERTIFICATE", "PRIVATE%20KEY")+`"`), 400, "malformed"},
		"a block that pem skips":           {xfcc, proxied(x, `Cert="-----BEGIN%20CERTIFICATE-----%0A%21%0A`+l.pem()+`"`), 400, "malformed"},
		"the longest chain, with the leaf": {xfcc, proxied(x, good+`;Chain="`+strings.Repeat(l.pem(), 17)+`"`), 200, ""},
		"a chain that is too long":         {xfcc, proxied(x, good+`;Chain="`+strings.Repeat(l.pem(), 18)+`"`), 400, "malformed"},
		"a chain that is not PEM":          {xfcc, proxied(x, good+`;Chain="hunter2"`), 400, "malformed"},
		"a block of it that pem skips":     {xfcc, proxied(x, good+`;Chain="-----BEGIN%20CERTIFICATE-----%0A%21%0A`+l.pem()+`"`), 400, "malformed"},
		"a wrong percent-encoding":         {xfcc, proxied(x, `Cert="%ZZ"`), 400, "malformed"},
		"By, and none is configured":       {xfcc, proxied(x, "By=spiffe://prod.example/edge;"+good), 401, "not in Config.By"},
		"By":                               {by, proxied(x, "By=spiffe://prod.example/edge;"+good), 200, ""},
		"two By":                           {by, proxied(x, "By=spiffe://prod.example/edge;By=https://edge.example/;"+good), 200, ""},
		"By of another proxy":              {by, proxied(x, "By=spiffe://prod.example/other;"+good), 401, "not in Config.By"},
		"one By of another proxy":          {by, proxied(x, "By=spiffe://prod.example/edge;By=spiffe://prod.example/other;"+good), 401, "not in Config.By"},
		"no By":                            {by, proxied(x, good), 401, "has no By"},
		"By in an earlier element":         {by, proxied(x, "By=spiffe://prod.example/edge;"+bad+","+good), 401, "has no By"},
		"without Cert, by setting":         {trusting, proxied(x, "Hash="+l.hash()+`;Subject="";URI=`+alice), 200, ""},
		"Cert, with the setting":           {trusting, proxied(x, good), 200, ""},
		"foreign Cert, with it":            {trusting, proxied(x, `Cert="`+newAuthority(t, "x", nil).issue(t, uris(alice)).pem()+`";URI=`+alice), 401, "unknown authority"},
		"two URI":                          {trusting, proxied(x, "URI="+alice+";URI="+alice+"2"), 401, "exactly one URI SAN"},
		"no URI":                           {trusting, proxied(x, "Hash="+l.hash()), 401, "exactly one URI SAN"},
		"a domain that is not known":       {trusting, proxied(x, "URI=spiffe://other.example/a"), 401, "no authority"},
		"a hash that is none":              {trusting, proxied(x, "URI="+alice+";Hash=hunter2"), 400, "malformed"},
		"Client-Cert without a proxy":      {direct, proxied("Client-Cert", l.clientCert()), 400, "does not name it"},
		"XFCC without a proxy":             {direct, withCertificate(x, good), 400, "does not name it"},
		"a chain without a proxy":          {direct, withCertificate("Client-Cert-Chain", l.clientCert()), 400, "does not name it"},
		"an empty one without a proxy":     {direct, proxied(x, ""), 401, ""},
	} {
		var reason error
		spy := &mwtest.Spy{}
		auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{
			Authenticators: []authn.Authenticator{build(t, row.cfg)}, Realm: "notes",
			Observe: func(_ *http.Request, d authn.Decision) { reason = d.Err },
		})).Handler(spy)
		res := mwtest.Do(auth, row.r)
		if !strings.Contains(causeOf(reason), row.reason) {
			t.Errorf("%s: %s", name, causeOf(reason))
		}
		if row.status == 200 {
			if p, _ := authn.FromContext(context.WithoutCancel(requestContext(spy))); res.StatusCode != 200 || p == nil || p.Subject != alice {
				t.Errorf("%s: %d, %+v, %s", name, res.StatusCode, p, causeOf(reason))
			}
			continue
		}
		challenge := map[int]string{400: "", 401: `ClientCertificate realm="notes"`}[row.status]
		if res.StatusCode != row.status || spy.Calls() > 0 || res.Header.Get("Www-Authenticate") != challenge {
			t.Errorf("%s: %d, challenge %q, %s", name, res.StatusCode, res.Header.Get("Www-Authenticate"), causeOf(reason))
		}
	}
}

func requestContext(spy *mwtest.Spy) context.Context {
	if r := spy.Last(); r != nil {
		return r.Context()
	}
	return context.Background()
}

// A proxy can be known by the name in its certificate, alone or together with its address.
func TestProxyNames(t *testing.T) {
	root, edge, rogue := newAuthority(t, "prod", nil), newAuthority(t, "edge", nil), newAuthority(t, "rogue", nil)
	l := root.issue(t, uris(alice))
	cfg := mtls.Config{
		Identity: mtls.SPIFFEID, Roots: only("prod.example", root.pool()), Header: mtls.ClientCert,
		ProxyNames: []string{"edge.example", "spiffe://prod.example/edge"}, ProxyRoots: edge.pool,
	}
	revoked := edge.issue(t, dns("edge.example"))
	cfg.Revoked = func(_ context.Context, p *mtls.Peer) (bool, error) { return p.Thumbprint == revoked.sum(), nil }
	both := cfg
	both.Proxies = proxies
	pool := edge.pool()
	cfg.ProxyRoots, both.ProxyRoots = func() *x509.CertPool { return pool }, func() *x509.CertPool { return pool }
	alone, together := build(t, cfg), build(t, both)
	unverified := connected(edge.issue(t, dns("edge.example"))).TLS
	unverified.VerifiedChains = nil
	server := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	for name, row := range map[string]struct {
		state     *tls.ConnectionState
		remote    string
		a         *mtls.Authenticator
		isTrusted bool
	}{
		"DNS name":                       {connected(edge.issue(t, dns("EDGE.example", "b.example"))).TLS, "127.0.0.1:1", alone, true},
		"URI":                            {connected(edge.issue(t, uris("spiffe://prod.example/edge"))).TLS, "127.0.0.1:1", alone, true},
		"URI with an empty fragment":     {connected(edge.issue(t, rawURI(t, "spiffe://prod.example/edge#"))).TLS, "127.0.0.1:1", alone, false},
		"another name":                   {connected(edge.issue(t, dns("other.example"))).TLS, "127.0.0.1:1", alone, false},
		"the Common Name":                {connected(edge.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "edge.example" })).TLS, "127.0.0.1:1", alone, false},
		"another authority":              {connected(rogue.issue(t, dns("edge.example"))).TLS, "127.0.0.1:1", alone, false},
		"the authority of the clients":   {connected(root.issue(t, dns("edge.example"))).TLS, "127.0.0.1:1", alone, false},
		"a certificate for servers":      {connected(edge.issue(t, dns("edge.example"), server)).TLS, "127.0.0.1:1", alone, false},
		"not verified":                   {unverified, "127.0.0.1:1", alone, false},
		"plain HTTP":                     {nil, "127.0.0.1:1", alone, false},
		"revoked":                        {connected(revoked).TLS, "127.0.0.1:1", alone, false},
		"name and address":               {connected(edge.issue(t, dns("edge.example"))).TLS, "10.0.0.1:1", together, true},
		"name, other address":            {connected(edge.issue(t, dns("edge.example"))).TLS, "10.0.0.2:1", together, false},
		"address, other name":            {connected(edge.issue(t, dns("other.example"))).TLS, "10.0.0.1:1", together, false},
		"address, other name, authority": {connected(rogue.issue(t, dns("edge.example"))).TLS, "10.0.0.1:1", together, false},
	} {
		for range 2 {
			r := proxied("Client-Cert", l.clientCert())
			r.TLS, r.RemoteAddr = row.state, row.remote
			p, err := row.a.Authenticate(r)
			if row.isTrusted && (err != nil || p.Subject != alice) || !row.isTrusted && !errors.Is(err, authn.ErrAmbiguous) {
				t.Errorf("%s: %v, %s", name, p, causeOf(err))
			}
		}
	}
	// The authorities of the proxies change, and the connection stays.
	r := proxied("Client-Cert", l.clientCert())
	r.TLS = connected(edge.issue(t, dns("edge.example"))).TLS
	if _, err := alone.Authenticate(r); err != nil {
		t.Fatal(err)
	}
	pool = rogue.pool()
	if _, err := alone.Authenticate(r); !errors.Is(err, authn.ErrAmbiguous) {
		t.Error(err)
	}
}

// A remembered verification does not keep the whole header alive, which can have 32 KiB.
func TestXFCCMemory(t *testing.T) {
	const callers, padding = 100, 24 << 10
	root := newAuthority(t, "prod", nil)
	pool := root.pool()
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: only("prod.example", pool), Header: mtls.XFCC, Proxies: proxies})
	var certs []string
	for range callers {
		certs = append(certs, root.issue(t, uris(alice)).pem())
	}
	before := liveBytes()
	for _, cert := range certs {
		r := proxied("X-Forwarded-Client-Cert", `Subject="`+strings.Repeat("s", padding)+`",Cert="`+cert+`"`)
		if _, err := a.Authenticate(r); err != nil {
			t.Fatal(err)
		}
	}
	if grown := liveBytes() - before; grown > callers*padding/2 {
		t.Errorf("%d bytes for each caller", grown/callers)
	}
	runtime.KeepAlive(a)
}

func liveBytes() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
