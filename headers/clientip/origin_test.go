package clientip_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

func TestSchemeAndHost(t *testing.T) {
	type h = map[string][]string
	const client = "203.0.113.5"
	untrusted, proxied := "203.0.113.77:1", fromProxy
	for _, tc := range []struct {
		name, peer   string
		model        func(testing.TB) *clientip.Middleware
		tls          bool
		header       h
		scheme, host string
	}{
		{"plain", untrusted, newXFF, false, nil, "http", "service.example"},
		{"TLS", untrusted, newXFF, true, nil, "https", "service.example"},
		{"forged by an untrusted peer", untrusted, newXFF, false, h{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example"}}, "http", "service.example"},
		{"forged by an untrusted peer over TLS", untrusted, newXFF, true, h{"X-Forwarded-Proto": {"http"}, "X-Forwarded-Host": {"evil.example"}}, "https", "service.example"},
		{"Forwarded forged by an untrusted peer", untrusted, newForwarded, false, h{"Forwarded": {"for=1.1.1.1;proto=https;host=evil.example"}}, "http", "service.example"},
		{"proxy", proxied, newXFF, false, h{"X-Forwarded-For": {client}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"www.example:8443"}}, "https", "www.example:8443"},
		{"proxy without a client", proxied, newXFF, false, h{"X-Forwarded-Proto": {"HTTPS"}}, "https", "service.example"},
		{"proxy ends plain HTTP over TLS", proxied, newXFF, true, h{"X-Forwarded-Proto": {"http"}}, "http", "service.example"},
		{"two values", proxied, newXFF, false, h{"X-Forwarded-Proto": {"https", "http"}, "X-Forwarded-Host": {"a.example", "b.example"}}, "http", "service.example"},
		{"two values on a line", proxied, newXFF, false, h{"X-Forwarded-Proto": {"https, http"}, "X-Forwarded-Host": {"a.example, b.example"}}, "http", "service.example"},
		{"other scheme", proxied, newXFF, true, h{"X-Forwarded-Proto": {"javascript"}}, "https", "service.example"},
		{"a scheme with a Unicode letter", proxied, newXFF, false, h{"X-Forwarded-Proto": {"http\u017f"}}, "http", "service.example"},
		{"the other model", proxied, newXFF, false, h{"Forwarded": {"for=1.1.1.1;proto=https;host=evil.example"}}, "http", "service.example"},
		{"the other model too", proxied, newForwarded, false, h{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example"}}, "http", "service.example"},
		{"Forwarded", proxied, newForwarded, false, h{"Forwarded": {`for=203.0.113.5;proto=https;host="www.example:8443"`}}, "https", "www.example:8443"},
		{"Forwarded by two", proxied, newForwarded, false, h{"Forwarded": {"for=203.0.113.5;proto=https;host=www.example, for=10.1.0.2;proto=http;host=inner.example"}}, "https", "www.example"},
		{"Forwarded with a forged element in front", proxied, newForwarded, false, h{"Forwarded": {"for=10.1.0.3;proto=https;host=evil.example, for=203.0.113.5"}}, "http", "service.example"},
		{"Forwarded for a hidden client", proxied, newForwarded, false, h{"Forwarded": {"for=_x;proto=https;host=www.example"}}, "https", "www.example"},
		{"Forwarded with garbage before a proxy", proxied, newForwarded, false, h{"Forwarded": {"banana, for=10.1.0.2;proto=https;host=inner.example"}}, "http", "service.example"},
	} {
		r := request(tc.peer, "")
		for k, v := range tc.header {
			r.Header[k] = v
		}
		if tc.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if d := tc.model(t).Check(r); d.Scheme != tc.scheme || d.Host != tc.host {
			t.Errorf("%s: %s://%s, want %s://%s", tc.name, d.Scheme, d.Host, tc.scheme, tc.host)
		}
	}
}

// SchemeReason makes visible why a redirect to https would answer an https request.
func TestSchemeReason(t *testing.T) {
	many := strings.Repeat("https,", 40)
	for _, tc := range []struct {
		lines          []string
		tls            bool
		scheme, reason string
	}{
		{nil, false, "http", "absent"},
		{nil, true, "https", "absent"},
		{[]string{"https"}, false, "https", "proxy"},
		{[]string{"https,https"}, false, "https", "proxy"},
		{[]string{"https, HTTPS ,", "", "https"}, false, "https", "proxy"},
		{[]string{"http,http"}, true, "http", "proxy"},
		{[]string{"https,http"}, false, "http", "conflict"},
		{[]string{"http,https"}, false, "http", "conflict"},
		{[]string{"https", "http"}, true, "http", "conflict"},
		{[]string{"wss"}, false, "http", "malformed"},
		{[]string{"https https"}, false, "http", "malformed"},
		{[]string{many}, false, "http", "malformed"},
		{[]string{"", " , "}, true, "https", "absent"},
	} {
		for name, cfg := range map[string]clientip.Config{
			"X-Forwarded-Proto":          {Proxies: proxies, Header: clientip.XForwardedFor},
			"Cloudfront-Forwarded-Proto": {Proxies: proxies, Header: clientip.SingleHeader("X-Real-IP"), ProtoHeader: "cloudfront-forwarded-proto"},
		} {
			r := request(fromProxy, name, tc.lines...)
			if tc.tls {
				r.TLS = new(tls.ConnectionState)
			}
			if d := mustNew(t, cfg).Check(r); d.Scheme != tc.scheme || d.SchemeReason != tc.reason {
				t.Errorf("%s %q: %s, %s, want %s, %s", name, tc.lines, d.Scheme, d.SchemeReason, tc.scheme, tc.reason)
			}
			r.RemoteAddr = "203.0.113.77:1"
			if d := mustNew(t, cfg).Check(r); d.SchemeReason != "connection" || d.Scheme == "https" != tc.tls {
				t.Errorf("%s %q from an untrusted peer: %s, %s", name, tc.lines, d.Scheme, d.SchemeReason)
			}
		}
	}
	for lines, want := range map[string]string{"for=1.1.1.1;proto=https": "https proxy", "for=1.1.1.1": "http absent", "for=1.1.1.1;proto=wss": "http malformed", "banana": "http absent"} {
		if d := newForwarded(t).Check(request(fromProxy, "Forwarded", lines)); d.Scheme+" "+d.SchemeReason != want {
			t.Errorf("%s: %s %s, want %s", lines, d.Scheme, d.SchemeReason, want)
		}
	}
	r := request(fromProxy, "X-Forwarded-Host", "www.example, WWW.example")
	if d := newXFF(t).Check(r); d.Host != "WWW.example" {
		t.Errorf("a host that two proxies named: %q", d.Host)
	}
}

func TestForwardedHostIsOptIn(t *testing.T) {
	r := request(fromProxy, "X-Forwarded-For", "203.0.113.5")
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Forwarded", "for=203.0.113.5;host=evil.example")
	for _, header := range []clientip.Header{clientip.XForwardedFor, clientip.Forwarded} {
		m := mustNew(t, clientip.Config{Proxies: proxies, Header: header})
		if d := m.Check(r); d.Host != "service.example" || summary(d) != "203.0.113.5 resolved" {
			t.Errorf("%s: %s, %s", header, d.Host, summary(d))
		}
	}
}

func TestHostIsWellFormed(t *testing.T) {
	m := mustNew(t, clientip.Direct())
	for host, ok := range map[string]bool{
		"a": true, "a.example": true, "a.example.": true, "A-1_b.example:80": true, "192.0.2.1:8080": true, "[2001:db8::1]": true, "[2001:db8::1]:443": true,
		"xn--bcher-kva.example": true,
		"":                      false, ".": false, ".example": false, "a..example": false, "a.example:": false, "a.example:65536": false, "a.example:8 0": false,
		"a@b.example": false, "a.example/x": false, "a b": false, "a\r\nb": false, "bücher.example": false, "a%2eexample": false,
		"[]": false, "[192.0.2.1]": false, "[2001:db8::1": false, "[2001:db8::1]x": false, "[2001:db8::1]:": false, "[fe80::1%25eth0]": false, "2001:db8::1": false,
		"a,b": false, "a\"b": false, strings.Repeat("a", 300): false,
	} {
		r := request("203.0.113.5:1", "")
		r.Host = host
		want := ""
		if ok {
			want = host
		}
		if got := m.Check(r).Host; got != want {
			t.Errorf("%q: got %q", host, got)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	on := func(r *http.Request, a net.Addr) *http.Request {
		return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, a))
	}
	socket, tcp := &net.UnixAddr{Net: "unix", Name: "/run/service.sock"}, &net.TCPAddr{IP: net.IPv4(10, 1, 0, 9)}
	trusting := mustNew(t, clientip.Config{UnixSocket: true, Header: clientip.XForwardedFor, Proxies: proxies})
	for _, tc := range []struct {
		name string
		m    *clientip.Middleware
		r    *http.Request
		want string
	}{
		{"client", trusting, on(request("@", "X-Forwarded-For", "203.0.113.5"), socket), "203.0.113.5 resolved"},
		{"proxy before it", trusting, on(request("@", "X-Forwarded-For", "203.0.113.5, 10.1.0.2"), socket), "203.0.113.5 resolved"},
		{"garbage", trusting, on(request("@", "X-Forwarded-For", "banana"), socket), "malformed"},
		{"nothing", trusting, on(request("@", ""), socket), "absent"},
		{"not on a socket", trusting, on(request("@", "X-Forwarded-For", "203.0.113.5"), tcp), "no_peer"},
		{"no server", trusting, request("@", "X-Forwarded-For", "203.0.113.5"), "no_peer"},
		{"peer with an address", trusting, on(request("203.0.113.77:1", "X-Forwarded-For", "203.0.113.5"), socket), "203.0.113.77 untrusted_peer"},
		{"UnixSocket not set", newXFF(t), on(request("@", "X-Forwarded-For", "203.0.113.5"), socket), "no_peer"},
		{"direct", mustNew(t, clientip.Direct()), on(request("@", "X-Forwarded-For", "203.0.113.5"), socket), "no_peer"},
	} {
		if got := summary(tc.m.Check(tc.r)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
