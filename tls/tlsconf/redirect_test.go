package tlsconf_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

var siteConfig = tlsconf.RedirectConfig{
	Hosts:  []string{"example.com", "www.example.com", "192.0.2.7", "[2001:db8::1]", "k.example"},
	Exempt: []string{"/.well-known/acme-challenge/", "/healthz"},
}

func mustRedirect(t testing.TB, cfg tlsconf.RedirectConfig) *tlsconf.Redirect {
	t.Helper()
	return mwtest.Must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(cfg))
}

// sendRaw sends a request with exactly this request line and these headers. The
// package http would refuse to send some of them.
func sendRaw(t *testing.T, addr, line string, headers ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, line+" HTTP/1.1\r\n"+strings.Join(headers, "\r\n")+"\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(text))), nil)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return res
}

func TestRedirectOverTheWire(t *testing.T) {
	spy := &mwtest.Spy{}
	srv := httptest.NewServer(mustRedirect(t, siteConfig).Handler(spy))
	defer srv.Close()
	for _, row := range []struct{ line, host, want string }{
		{"GET /", "example.com", "https://example.com/"},
		{"GET /a/b?c=d&e=%2f%zz", "example.com:8080", "https://example.com/a/b?c=d&e=%2f%zz"},
		{"POST /form", "www.example.com", "https://www.example.com/form"},
		{"DELETE /x", "EXAMPLE.com", "https://example.com/x"},
		{"GET /x", "example.com.", "https://example.com/x"},
		{"GET /x", "EXAMPLE.COM.:80", "https://example.com/x"},
		{"HEAD /x", "192.0.2.7:80", "https://192.0.2.7/x"},
		{"GET /x", "[2001:db8::1]:80", "https://[2001:db8::1]/x"},
		{"GET /%2e%2E/a%2Fb%20c", "example.com", "https://example.com/%2e%2E/a%2Fb%20c"},
		{"GET /../a", "example.com", "https://example.com/../a"},
		{"GET //evil.test/x", "example.com", "https://example.com//evil.test/x"},
		{"GET /\\evil.test", "example.com", "https://example.com/\\evil.test"},
		{"GET /@evil.test", "example.com", "https://example.com/@evil.test"},
		{"GET /%0d%0aSet-Cookie:a=b", "example.com", "https://example.com/%0d%0aSet-Cookie:a=b"},
		{"GET /a#b", "example.com", "https://example.com/a%23b"},
		{"GET /caf\xc3\xa9?x=\xff", "example.com", "https://example.com/caf%C3%A9?x=%FF"},
		{"GET http://example.com/abs?q", "example.com", "https://example.com/abs?q"},
		{"GET http://example.com", "example.com", "https://example.com/"},
		{"GET http://example.com?q=/", "example.com", "https://example.com/?q=/"},
		{"GET /?u=https://evil.test/", "example.com", "https://example.com/?u=https://evil.test/"},
	} {
		res := sendRaw(t, srv.Listener.Addr().String(), row.line, "Host: "+row.host)
		if got := res.Header["Location"]; res.StatusCode != 308 || len(got) != 1 || got[0] != row.want {
			t.Errorf("%s, %s: %d %q, want %q", row.line, row.host, res.StatusCode, got, row.want)
		}
		mwtest.OnlyHeaders(t, res.Header, "Location", "Cache-Control", "Date", "Content-Length", "Connection")
		if body, _ := io.ReadAll(res.Body); len(body) > 0 || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: body %q, Cache-Control %q", row.line, body, res.Header.Get("Cache-Control"))
		}
	}
	if spy.Calls() != 0 {
		t.Error("the handler ran")
	}
}

func TestRefusedRequests(t *testing.T) {
	spy := &mwtest.Spy{}
	srv := httptest.NewServer(mustRedirect(t, siteConfig).Handler(spy))
	defer srv.Close()
	addr := srv.Listener.Addr().String()
	for _, host := range []string{"evil.test", "example.com.evil.test", "evilexample.com", "example.com..", ".example.com", "a.example.com", "example.com:80:80",
		"example.com:x", "example.com@evil.test", "", "[2001:db8::2]", "192.0.2.70", "\u212a.example", "[", "example.com/"} {
		res := sendRaw(t, addr, "GET /", "Host: "+host, "X-Forwarded-Host: example.com", "Forwarded: host=example.com")
		if res.StatusCode == http.StatusBadRequest && res.Header.Get("X-Correlation-Id") == "" {
			continue // net/http has refused the request itself
		}
		mwtest.Refused(t, res, http.StatusMisdirectedRequest, "misdirected_request")
		mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id", "Date", "Content-Length", "Connection")
	}
	mwtest.Refused(t, sendRaw(t, addr, "CONNECT example.com:443", "Host: example.com"), http.StatusBadRequest, "bad_request_target")
	if spy.Calls() != 0 {
		t.Error("the handler ran")
	}
}

// Headers in which a client describes its connection are never trusted.
func TestForwardingHeadersAreNotRead(t *testing.T) {
	spy := &mwtest.Spy{}
	srv := httptest.NewServer(mustRedirect(t, siteConfig).Handler(spy))
	defer srv.Close()
	res := sendRaw(t, srv.Listener.Addr().String(), "GET /x", "Host: example.com", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on",
		"X-Forwarded-Host: evil.test", "X-Forwarded-Port: 1", "Forwarded: proto=https;host=evil.test", "X-Url-Scheme: https", "Front-End-Https: on")
	if got := res.Header.Get("Location"); res.StatusCode != 308 || got != "https://example.com/x" || spy.Calls() != 0 {
		t.Errorf("%d %q", res.StatusCode, got)
	}
}

func TestSecureRequestsPass(t *testing.T) {
	resolved := func(scheme, host string, r *http.Request) *http.Request {
		rec, r := carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) { f.Scheme, f.Host = scheme, host })
		return r
	}
	plain := func() *http.Request { return httptest.NewRequest("POST", "http://example.com/x?y", nil) }
	secure := func() *http.Request {
		r := plain()
		r.TLS = &tls.ConnectionState{}
		return r
	}
	for _, row := range []struct {
		name string
		r    *http.Request
		want tlsconf.Decision
	}{
		{"over TLS", secure(), tlsconf.Decision{}},
		{"over TLS, any host", func() *http.Request { r := secure(); r.Host = "evil.test"; return r }(), tlsconf.Decision{}},
		{"the proxy sent https", resolved("https", "", plain()), tlsconf.Decision{}},
		{"the proxy sent http", resolved("http", "", plain()), tlsconf.Decision{Location: "https://example.com/x?y"}},
		{"the proxy sent http over TLS", resolved("http", "", secure()), tlsconf.Decision{Location: "https://example.com/x?y"}},
		{"the proxy sent nonsense", resolved("HTTPS ", "", plain()), tlsconf.Decision{Location: "https://example.com/x?y"}},
		{"the proxy sent the host", resolved("http", "www.example.com:80", plain()), tlsconf.Decision{Location: "https://www.example.com/x?y"}},
		{"the proxy sent another host", resolved("http", "evil.test", plain()), tlsconf.Decision{Err: tlsconf.ErrMisdirected}},
		{"nothing resolved", resolved("", "", plain()), tlsconf.Decision{Location: "https://example.com/x?y"}},
		{"nothing resolved over TLS", resolved("", "", secure()), tlsconf.Decision{}},
	} {
		spy := &mwtest.Spy{}
		var seen []tlsconf.Decision
		cfg := siteConfig
		cfg.Observe = func(_ *http.Request, d tlsconf.Decision) { seen = append(seen, d) }
		m := mustRedirect(t, cfg)
		got, err := m.Check(row.r)
		if got.Err != err || !errors.Is(err, row.want.Err) {
			t.Errorf("%s: the Decision has %v, Check returned %v, want %v", row.name, got.Err, err, row.want.Err)
		}
		if got.Err = row.want.Err; got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
		m.Handler(spy).ServeHTTP(httptest.NewRecorder(), row.r)
		if through := row.want == (tlsconf.Decision{}); through != (spy.Calls() == 1) || through != (len(seen) == 0) {
			t.Errorf("%s: %d calls, observed %+v", row.name, spy.Calls(), seen)
		}
	}
}

func TestExempt(t *testing.T) {
	m := mustRedirect(t, siteConfig)
	for target, want := range map[string]bool{
		"/healthz":                               true,
		"/healthz?full":                          true,
		"/.well-known/acme-challenge/abc_-123":   true,
		"/.well-known/acme-challenge/":           true,
		"/healthz/":                              false,
		"/healthzz":                              false,
		"/Healthz":                               false,
		"/":                                      false,
		"/.well-known/acme-challenge":            false,
		"/.well-known/acme-challenge/../secret":  false,
		"/.well-known/acme-challenge/./x":        false,
		"/.well-known/acme-challenge//x":         false,
		"/.well-known/acme-challenge/%2e%2e/x":   false,
		"/.well-known/acme-challenge/%2e%2e%2fx": false,
		"/.well-known/acme-challenge/%252e":      false,
		"/.well-known/acme-challenge/..\\x":      false,
		"//healthz":                              false,
		"/%68ealthz":                             false,
	} {
		r := httptest.NewRequest("GET", "http://anything.test"+target, nil)
		if d, _ := m.Check(r); d.Exempt != want {
			t.Errorf("%s: exempt %v", target, d.Exempt)
		}
	}
}

func TestRefusedRedirectConfigs(t *testing.T) {
	const plain = `write the host alone, as in "example.com"`
	_, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{
		Port: 80,
		Hosts: []string{"", "*.example.com", "https://example.com", "example.com:8443", "Example.com", "bücher.example", "exa mple.com",
			"example..com", "example.com.", "[::ffff:192.0.2.7%eth0]", "[2001:DB8::1]", "[192.0.2.7]", "u@example.com", "ok.example.com", "2001:db8::1",
			"ok.example.com"},
		HTTPSOnly: []string{"*", "ok.example.com", "api.example.com"},
		Exempt:    []string{"healthz", "/", "/a/../b", "/a//", "/a%20b", "/*", "/ok/"},
	})
	mwtest.Faults(t, err,
		`tlsconf: Port: "80": not a port that can speak https; write 1-65535, or 0 for 443`,
		`tlsconf: Hosts[0]: "": an empty host matches nothing; remove it`,
		`tlsconf: Hosts[1]: "*.example.com": a host cannot be a wildcard; list each host`,
		`tlsconf: Hosts[2]: "https://example.com": not a host; `+plain,
		`tlsconf: Hosts[3]: "example.com:8443": a port is not part of a host; `+plain,
		`tlsconf: Hosts[4]: "Example.com": hosts are compared in lower case; write it in lower case`,
		`tlsconf: Hosts[5]: "bücher.example": not a host; `+plain+`; Unicode in its Punycode form`,
		`tlsconf: Hosts[6]: "exa mple.com": not a host; `,
		`tlsconf: Hosts[7]: "example..com": not a host; `,
		`tlsconf: Hosts[8]: "example.com.": hosts are compared without the dot at the end; remove the dot`,
		`tlsconf: Hosts[9]: "[::ffff:192.0.2.7%eth0]": not an IPv6 address`,
		`tlsconf: Hosts[10]: "[2001:DB8::1]": not an IPv6 address in its short form (RFC 5952); write it as in "[2001:db8::1]"`,
		`tlsconf: Hosts[11]: "[192.0.2.7]": not an IPv6 address`,
		`tlsconf: Hosts[12]: "u@example.com": not a host; `,
		`tlsconf: Hosts[14]: "2001:db8::1": an IPv6 address without brackets; write "[2001:db8::1]"`,
		`tlsconf: Hosts[15]: "ok.example.com": given twice; remove one of them`,
		`tlsconf: HTTPSOnly[0]: "*": a host cannot be a wildcard; `,
		`tlsconf: HTTPSOnly[1]: "ok.example.com": given twice; `,
		`tlsconf: Exempt[0]: "healthz": not a path; begin it with "/"`,
		`tlsconf: Exempt[1]: "/": it would exempt everything; name the paths`,
		`tlsconf: Exempt[2]: "/a/../b": no request has this path; `,
		`tlsconf: Exempt[3]: "/a//": no request has this path; `,
		`tlsconf: Exempt[4]: "/a%20b": no request has this path; `,
		`tlsconf: Exempt[5]: "/*": no request has this path; `,
	)
	for _, port := range []int{-1, 65536} {
		_, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{Port: port})
		mwtest.Faults(t, err, "tlsconf: Hosts: at least one host is required; list the hosts that this server answers for", "tlsconf: Port: ")
	}
}

// A host of HTTPSOnly answers plain http with a refusal, over the wire, whatever the
// headers say. Exempt paths and requests over TLS pass.
func TestHTTPSOnly(t *testing.T) {
	spy := &mwtest.Spy{}
	var seen []tlsconf.Decision
	cfg := tlsconf.RedirectConfig{Hosts: []string{"www.example.com"}, HTTPSOnly: []string{"api.example.com"}, Exempt: []string{"/healthz"},
		Observe: func(_ *http.Request, d tlsconf.Decision) { seen = append(seen, d) }}
	m := mustRedirect(t, cfg)
	srv := httptest.NewServer(m.Handler(spy))
	defer srv.Close()
	addr := srv.Listener.Addr().String()
	for _, host := range []string{"api.example.com", "API.example.com.:80"} {
		res := sendRaw(t, addr, "GET /v1/orders", "Host: "+host, "X-Forwarded-Proto: https", "Authorization: Bearer x")
		mwtest.Refused(t, res, http.StatusForbidden, "https_required")
		if res.Header.Get("Location") != "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", host, res.Header)
		}
	}
	if len(seen) != 2 || !errors.Is(seen[0].Err, tlsconf.ErrHTTPSRequired) || spy.Calls() != 0 {
		t.Errorf("%d calls, observed %+v", spy.Calls(), seen)
	}
	if res := sendRaw(t, addr, "GET /", "Host: www.example.com"); res.StatusCode != 308 {
		t.Errorf("www: %d", res.StatusCode)
	}
	mwtest.Refused(t, sendRaw(t, addr, "GET /", "Host: evil.test"), http.StatusMisdirectedRequest, "misdirected_request")
	if res := sendRaw(t, addr, "GET /healthz", "Host: api.example.com"); res.StatusCode != 200 || spy.Calls() != 1 {
		t.Errorf("exempt: %d", res.StatusCode)
	}
	r := httptest.NewRequest("GET", "https://api.example.com/", nil)
	if d, err := m.Check(r); err != nil || d != (tlsconf.Decision{}) {
		t.Errorf("over TLS: %+v, %v", d, err)
	}

	_, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{HTTPSOnly: []string{"api.example.com"}, Port: 8443})
	mwtest.Faults(t, err, `tlsconf: Port: "8443": no host is redirected; `)
	if _, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{HTTPSOnly: []string{"api.example.com"}}); err != nil {
		t.Errorf("HTTPSOnly alone: %v", err)
	}
}

func TestRedirectPort(t *testing.T) {
	for port, want := range map[int]string{0: "https://example.com/x", 443: "https://example.com/x", 8443: "https://example.com:8443/x"} {
		cfg := siteConfig
		cfg.Port = port
		d, err := mustRedirect(t, cfg).Check(httptest.NewRequest("GET", "http://example.com:8080/x", nil))
		if err != nil || d.Location != want {
			t.Errorf("port %d: %q, %v", port, d.Location, err)
		}
	}
}

func TestRedirectDeny(t *testing.T) {
	var denied error
	cfg := siteConfig
	cfg.Deny = func(w http.ResponseWriter, _ *http.Request, err error) { denied = err; w.WriteHeader(418) }
	hosts := []string{"example.com"}
	cfg.Hosts = hosts
	m := mustRedirect(t, cfg)
	hosts[0] = "evil.test"
	w := httptest.NewRecorder()
	m.Handler(&mwtest.Spy{}).ServeHTTP(w, httptest.NewRequest("GET", "http://evil.test/", nil))
	if w.Code != 418 || !errors.Is(denied, tlsconf.ErrMisdirected) || w.Header().Get("Location") != "" {
		t.Errorf("%d, %v", w.Code, denied)
	}
	// A request that no net/http server has parsed has no RequestURI.
	for uri, want := range map[string]string{"/a?b": "https://example.com/a?b", "": "https://example.com/"} {
		u, _ := url.Parse("http://example.com" + uri)
		if d, err := mustRedirect(t, siteConfig).Check(&http.Request{Host: "example.com", URL: u}); err != nil || d.Location != want {
			t.Errorf("%q: %+v, %v", uri, d, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Handler(nil) did not panic")
		}
	}()
	m.Handler(nil)
}

// A client that follows the redirect sends the same method and body again, and
// the server then answers it without a further redirect.
func TestRedirectIsFollowed(t *testing.T) {
	ca := newAuthority(t, "ca")
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+string(body))
	})
	h := mustRedirect(t, tlsconf.RedirectConfig{Hosts: []string{"example.com"}}).Handler(echo)
	secure := httptest.NewUnstartedServer(h)
	secure.TLS = mustNew(t, cfg)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(h)
	defer plain.Close()

	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: ca.pool()},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			to := plain.Listener
			if strings.HasSuffix(addr, ":443") {
				to = secure.Listener
			}
			return new(net.Dialer).DialContext(ctx, network, to.Addr().String())
		},
	}
	client := &http.Client{Transport: transport}
	defer client.CloseIdleConnections()
	res, err := client.Post("http://example.com/form?a=%2F", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, _ := io.ReadAll(res.Body); string(body) != "POST /form?a=%2F hello" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
}

func TestRedirectUnsharedAndCheap(t *testing.T) {
	m := mustRedirect(t, siteConfig)
	request := func() *http.Request { return httptest.NewRequest("GET", "http://example.com/x", nil) }
	mwtest.Unshared(t, m.Handler, request)

	h, w := m.Handler(&mwtest.Spy{Respond: func(http.ResponseWriter, *http.Request) {}}), mwtest.NewDiscard()
	r, secure := request(), request()
	secure.TLS = &tls.ConnectionState{}
	evil := httptest.NewRequest("GET", "http://evil.test/", nil)
	mwtest.MaxAllocs(t, "secure", 0, func() { w.Reset(); h.ServeHTTP(w, secure) })
	mwtest.MaxAllocs(t, "redirected", 2, func() { w.Reset(); h.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "refused", 0, func() { _, _ = m.Check(evil) })

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, request())
				if w.Code != 308 {
					t.Errorf("status %d", w.Code)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzRedirect(f *testing.F) {
	for _, target := range []string{"/", "//evil.test", "/a?b#c", "/%zz", "/?%zz", "*", "http://example.com/x", "http://evil.test?x", "/\r\nSet-Cookie: a=b",
		"/\x00", "/\\evil.test", "https://a@b/c", "", "/caf\u00e9", ":///x", "/@evil.test", "?x"} {
		f.Add(target, "example.com")
		f.Add(target, "example.com:80")
	}
	for _, host := range []string{"evil.test", "EXAMPLE.COM", "[2001:db8::1]:1", "example.com:", "example.com:80@evil.test", "[", "\u212a.example"} {
		f.Add("/x", host)
	}
	m := mustRedirect(f, siteConfig)
	f.Fuzz(func(t *testing.T, target, host string) {
		d, err := m.Check(&http.Request{Method: "GET", Host: host, RequestURI: target, Header: http.Header{}})
		if err != nil {
			if d.Location != "" || d.Err != err || !errors.Is(err, tlsconf.ErrMisdirected) && !errors.Is(err, tlsconf.ErrTarget) {
				t.Errorf("%+v, %v", d, err)
			}
			return
		}
		u, err := url.Parse(d.Location)
		if err != nil {
			t.Fatalf("target %q: %v", target, err)
		}
		listed := false
		for _, h := range siteConfig.Hosts {
			listed = listed || u.Host == h
		}
		if u.Scheme != "https" || !listed || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.EscapedPath(), "/") {
			t.Errorf("target %q, host %q: %q", target, host, d.Location)
		}
		for _, c := range []byte(d.Location) {
			if c <= ' ' || c >= 0x7f {
				t.Errorf("byte %#x in %q", c, d.Location)
			}
		}
		// Location ends with a target in origin-form, unchanged except for bytes
		// that are not allowed in a URI.
		if p, err := url.PathUnescape(d.Location); err == nil && strings.HasPrefix(target, "/") {
			if q, err := url.PathUnescape(target); err == nil && !strings.HasSuffix(p, q) {
				t.Errorf("target %q became %q", target, d.Location)
			}
		}
	})
}
