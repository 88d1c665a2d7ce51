package allowedhosts_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/allowedhosts"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var siteConfig = allowedhosts.Config{
	Hosts:  []string{"example.com", "192.0.2.7", "[2001:db8::1]", "localhost", "*.tenants.example"},
	Exempt: []string{"/healthz"},
}

func mustNew(t testing.TB, cfg allowedhosts.Config) *allowedhosts.Middleware {
	t.Helper()
	return mwtest.Must[*allowedhosts.Middleware](t)(allowedhosts.New(cfg))
}

// hosts are Host fields, and whether siteConfig allows them.
var hosts = map[string]bool{
	"example.com": true, "EXAMPLE.com:8443": true, "example.com.": true, "192.0.2.7:80": true, "[2001:db8::1]:443": true, "localhost:8080": true,
	"a.tenants.example": true, "a.b.tenants.example": true, "A.Tenants.Example.:443": true, "xn--bcher-kva.tenants.example": true,
	"": false, "evil.test": false, "example.com.evil.test": false, "a.example.com": false, "evilexample.com": false, "example.com..": false,
	"tenants.example": false, "eviltenants.example": false, ".tenants.example": false, "a..tenants.example": false, "a.tenants.example.evil.test": false,
	"a@b.tenants.example": false, "a/b.tenants.example": false, "192.0.2.70": false, "[2001:db8::2]": false, "2001:db8::1": false, "example.com:x": false,
	"evil.test:80:80": false, "localhost.": true, "127.0.0.1": false, "bücher.tenants.example": false, "a b.tenants.example": false,
	strings.Repeat("a.", 200) + "tenants.example": false, strings.Repeat("a", 64) + ".tenants.example": false,
}

func TestCheck(t *testing.T) {
	m := mustNew(t, siteConfig)
	for host, want := range hosts {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "example.com")
		d, err := m.Check(r)
		if (err == nil) != want || d.Err != err || d.Exempt || err != nil && !errors.Is(err, allowedhosts.ErrHost) {
			t.Errorf("%q: %+v, %v", host, d, err)
		}
		r.URL.Path = "/healthz"
		if d, err := m.Check(r); err != nil || !d.Exempt {
			t.Errorf("%q, exempt: %+v, %v", host, d, err)
		}
	}
}

// Over the wire, inside the envelope and behind clientip: the refusal has its shape and
// its record, and the host of the trusted proxy counts.
func TestOverTheWire(t *testing.T) {
	logger, records := mwtest.Log()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	ip := mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{
		Header: clientip.XForwardedFor, ForwardedHost: true, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	spy := &mwtest.Spy{}
	srv := httptest.NewServer(errs.Handler(ip.Handler(mustNew(t, siteConfig).Handler(spy))))
	defer srv.Close()
	get := func(host, forwarded string) *http.Response {
		t.Helper()
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		text := "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n"
		if forwarded != "" {
			text += "X-Forwarded-Host: " + forwarded + "\r\n"
		}
		if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(all))), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	mwtest.Refused(t, get("evil.test", ""), http.StatusMisdirectedRequest, "unknown_host")
	mwtest.Refused(t, get("example.com", "evil.test"), http.StatusMisdirectedRequest, "unknown_host")
	if spy.Calls() != 0 {
		t.Error("the handler ran")
	}
	if res := get("inner.test", "a.tenants.example"); res.StatusCode != 200 || spy.Calls() != 1 {
		t.Errorf("the host of the proxy: %d", res.StatusCode)
	}
	all := records()
	if len(all) != 3 || all[0]["code"] != "unknown_host" || !strings.Contains(all[0]["cause"].(string), "Config.Hosts") {
		t.Errorf("records %v", all)
	}
}

func TestConfigFaults(t *testing.T) {
	_, err := allowedhosts.New(allowedhosts.Config{})
	mwtest.Faults(t, err, "allowedhosts: Hosts: at least one host is required; list the hosts that this server answers for")
	_, err = allowedhosts.New(allowedhosts.Config{
		Hosts: []string{"*", "*.com", "*.*.example.com", "*.192.0.2.7", "*.[2001:db8::1]", "https://example.com", "example.com:443", "Example.com",
			"2001:db8::1", "ok.example", "ok.example", "*.ok.example", "*.ok.example", "", "a.*.example"},
		Exempt: []string{"healthz", "/"},
	})
	mwtest.Faults(t, err, `allowedhosts: Hosts[0]: "*": a host cannot be a wildcard`, `allowedhosts: Hosts[1]: "*.com": not below a domain of one owner; `,
		`allowedhosts: Hosts[2]: "*.*.example.com": a host cannot be a wildcard`, `allowedhosts: Hosts[3]: "*.192.0.2.7": not below a domain`,
		`allowedhosts: Hosts[4]: "*.[2001:db8::1]": not below a domain`, `allowedhosts: Hosts[5]: "https://example.com": not a host`,
		`allowedhosts: Hosts[6]: "example.com:443": a port is not part of a host`, `allowedhosts: Hosts[7]: "Example.com": hosts are compared in lower case`,
		`allowedhosts: Hosts[8]: "2001:db8::1": an IPv6 address without brackets; write "[2001:db8::1]"`, `allowedhosts: Hosts[10]: "ok.example": given twice`,
		`allowedhosts: Hosts[12]: "*.ok.example": given twice`, `allowedhosts: Hosts[13]: "": an empty host`, `allowedhosts: Hosts[14]: "a.*.example": a host cannot`,
		`allowedhosts: Exempt[0]: "healthz": not a path`, `allowedhosts: Exempt[1]: "/": it would exempt everything`)
}

func TestDenyAndObserve(t *testing.T) {
	var seen []allowedhosts.Decision
	var denied error
	cfg := siteConfig
	cfg.Observe = func(_ *http.Request, d allowedhosts.Decision) { seen = append(seen, d) }
	cfg.Deny = func(w http.ResponseWriter, _ *http.Request, err error) { denied = err; w.WriteHeader(418) }
	h := mustNew(t, cfg).Handler(&mwtest.Spy{})
	for url, want := range map[string]int{"http://evil.test/": 418, "http://example.com/": 200, "http://evil.test/healthz": 200} {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, httptest.NewRequest("GET", url, nil)); w.Code != want {
			t.Errorf("%s: %d", url, w.Code)
		}
	}
	if len(seen) != 3 || !errors.Is(denied, allowedhosts.ErrHost) {
		t.Errorf("%v, %v", seen, denied)
	}
}

func TestUnsharedAndCheap(t *testing.T) {
	m := mustNew(t, siteConfig)
	request := func() *http.Request { return httptest.NewRequest("GET", "http://a.tenants.example/", nil) }
	mwtest.Unshared(t, m.Handler, request)
	h, w := m.Handler(&mwtest.Spy{Respond: func(http.ResponseWriter, *http.Request) {}}), mwtest.NewDiscard()
	listed, below, evil := httptest.NewRequest("GET", "http://example.com/", nil), request(), httptest.NewRequest("GET", "http://evil.test/", nil)
	mwtest.MaxAllocs(t, "listed", 0, func() { w.Reset(); h.ServeHTTP(w, listed) })
	mwtest.MaxAllocs(t, "below a domain", 0, func() { w.Reset(); h.ServeHTTP(w, below) })
	mwtest.MaxAllocs(t, "refused", 0, func() { _, _ = m.Check(evil) })
}

// FuzzCheck asserts that an allowed host is a listed one, or a well-formed name below a
// listed domain, after the port and one dot are cut off.
func FuzzCheck(f *testing.F) {
	for host := range hosts {
		f.Add(host)
	}
	m := mustNew(f, siteConfig)
	f.Fuzz(func(t *testing.T, host string) {
		if _, err := m.Check(&http.Request{Host: host}); err != nil {
			return
		}
		name := strings.ToLower(host)
		if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
			name = name[:i]
		}
		name = strings.TrimSuffix(name, ".")
		for _, listed := range siteConfig.Hosts {
			if domain, ok := strings.CutPrefix(listed, "*"); listed == name || ok && strings.HasSuffix(name, domain) {
				if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:") != "" || strings.Contains(name, "..") || name[0] == '.' {
					t.Errorf("%q is malformed and allowed", host)
				}
				return
			}
		}
		t.Errorf("%q is allowed", host)
	})
}
