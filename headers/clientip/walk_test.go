package clientip_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

// xffTable holds lines of X-Forwarded-For from a trusted peer, separated by \n, and
// the expected client and reason.
var xffTable = []struct{ name, lines, want string }{
	{"one client", "203.0.113.5", "203.0.113.5 resolved"},
	{"two proxies", "203.0.113.5, 10.1.0.2", "203.0.113.5 resolved"},
	{"proxy of the other family", "203.0.113.5, 2001:db8:aaaa::1", "203.0.113.5 resolved"},
	{"forged entry in front", "192.0.2.1, 203.0.113.5, 10.1.0.2", "203.0.113.5 resolved"},
	{"lines in order", "192.0.2.1\n203.0.113.5\n10.1.0.2", "203.0.113.5 resolved"},
	{"garbage in front", "<script>, ,,203.0.113.5", "203.0.113.5 resolved"},
	{"no spaces", "192.0.2.1,203.0.113.5,10.1.0.2", "203.0.113.5 resolved"},
	{"tabs", "\t203.0.113.5\t,\t10.1.0.2\t", "203.0.113.5 resolved"},
	{"IPv6", "2001:db8:c::5", "2001:db8:c::5 resolved"},
	{"IPv6 in another spelling", "2001:DB8:C:0:0:0:0:5", "2001:db8:c::5 resolved"},
	{"IPv6 in brackets", "[2001:db8:c::5]", "2001:db8:c::5 resolved"},
	{"IPv6 with a port", "[2001:db8:c::5]:443", "2001:db8:c::5 resolved"},
	{"IPv4 with a port", "203.0.113.5:443", "203.0.113.5 resolved"},
	{"mapped client", "::ffff:203.0.113.5", "203.0.113.5 resolved"},
	{"mapped proxy", "203.0.113.5, ::ffff:10.1.0.2", "203.0.113.5 resolved"},
	{"zone", "fe80::5%eth0", "fe80::5 resolved"},
	{"zoned proxy", "203.0.113.5, 2001:db8:aaaa::1%eth0", "203.0.113.5 resolved"},
	{"only proxies", "10.1.0.3, 10.1.0.2", "10.1.0.3 all_trusted"},

	{"garbage", "banana", "10.1.0.1 malformed"},
	{"garbage behind a proxy", "203.0.113.5, banana, 10.1.0.2", "10.1.0.2 malformed"},
	{"empty", "", "10.1.0.1 malformed"},
	{"empty entry", "203.0.113.5,", "10.1.0.1 malformed"},
	{"empty line", "203.0.113.5\n", "10.1.0.1 malformed"},
	{"unknown", "unknown", "10.1.0.1 malformed"},
	{"quoted", `"203.0.113.5"`, "10.1.0.1 malformed"},
	{"quoted comma", `"192.0.2.1,203.0.113.5"`, "10.1.0.1 malformed"},
	{"leading zero", "203.0.113.05", "10.1.0.1 malformed"},
	{"hexadecimal", "0xcb007105", "10.1.0.1 malformed"},
	{"decimal", "3405803781", "10.1.0.1 malformed"},
	{"three parts", "203.0.113", "10.1.0.1 malformed"},
	{"prefix", "203.0.113.0/24", "10.1.0.1 malformed"},
	{"bad port", "203.0.113.5:port", "10.1.0.1 malformed"},
	{"big port", "203.0.113.5:65536", "10.1.0.1 malformed"},
	{"no port", "203.0.113.5:", "10.1.0.1 malformed"},
	{"only a port", ":80", "10.1.0.1 malformed"},
	{"IPv4 in brackets", "[203.0.113.5]", "10.1.0.1 malformed"},
	{"open bracket", "[2001:db8:c::5", "10.1.0.1 malformed"},
	{"after the bracket", "[2001:db8:c::5]x", "10.1.0.1 malformed"},
	{"zone of IPv4", "203.0.113.5%eth0", "10.1.0.1 malformed"},
	{"empty zone", "fe80::5%", "10.1.0.1 malformed"},
	{"two addresses", "192.0.2.1 203.0.113.5", "10.1.0.1 malformed"},
	{"other white space", "203.0.113.5\v", "10.1.0.1 malformed"},
	{"full-width digits", "２０３.0.113.5", "10.1.0.1 malformed"},
	{"unspecified", "0.0.0.0", "10.1.0.1 malformed"},
	{"unspecified IPv6", "::", "10.1.0.1 malformed"},
	{"multicast", "224.0.0.1", "10.1.0.1 malformed"},
	{"too long", strings.Repeat("a", 2000), "10.1.0.1 malformed"},
}

func TestXForwardedFor(t *testing.T) {
	m := newXFF(t)
	for _, tc := range xffTable {
		lines := strings.Split(tc.lines, "\n")
		if got := summary(m.Check(request(fromProxy, "X-Forwarded-For", lines...))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		// A peer that is not a proxy is always the client.
		if got := summary(m.Check(request("203.0.113.77:1", "X-Forwarded-For", lines...))); got != "203.0.113.77 untrusted_peer" {
			t.Errorf("%s from an untrusted peer: %s", tc.name, got)
		}
	}
}

func TestPeer(t *testing.T) {
	m := newXFF(t)
	for _, tc := range []struct{ peer, want string }{
		{"10.1.0.1:1", "203.0.113.5 resolved"},
		{"10.1.0.255:1", "203.0.113.5 resolved"},
		{"[::ffff:10.1.0.1]:1", "203.0.113.5 resolved"},
		{"[2001:db8:aaaa::1]:1", "203.0.113.5 resolved"},
		{"[2001:db8:aaaa::1%eth0]:1", "203.0.113.5 resolved"},
		{"10.1.1.0:1", "10.1.1.0 untrusted_peer"},
		{"10.0.255.255:1", "10.0.255.255 untrusted_peer"},
		{"[2001:db8:aaaa::2]:1", "2001:db8:aaaa::2 untrusted_peer"},
		{"[fe80::1%eth0]:1", "fe80::1 untrusted_peer"},
		{"127.0.0.1:1", "127.0.0.1 untrusted_peer"},
		{"", "no_peer"}, {"@", "no_peer"}, {"10.1.0.1", "no_peer"}, {"10.1.0.1:x", "no_peer"}, {"localhost:1", "no_peer"},
	} {
		if got := summary(m.Check(request(tc.peer, "X-Forwarded-For", "203.0.113.5"))); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.peer, got, tc.want)
		}
	}
}

func TestHops(t *testing.T) {
	for _, tc := range []struct {
		limit, proxies, hops int
		want                 string
	}{
		{0, 7, 8, "203.0.113.5 resolved"}, {0, 8, 8, "10.1.0.11 too_many_hops"},
		{1, 0, 1, "203.0.113.5 resolved"}, {1, 1, 1, "10.1.0.1 too_many_hops"},
		{32, 31, 32, "203.0.113.5 resolved"}, {32, 32, 32, "10.1.0.11 too_many_hops"},
	} {
		entries := []string{"203.0.113.5"}
		for i := range tc.proxies {
			entries = append(entries, fmt.Sprintf("10.1.0.%d", 10+i))
		}
		m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, MaxHops: tc.limit})
		d := m.Check(request(fromProxy, "X-Forwarded-For", strings.Join(entries, ", ")))
		want := tc.want
		if d.Hops != tc.hops || summary(d) != want {
			t.Errorf("limit %d, %d proxies: %s after %d, want %s after %d", tc.limit, tc.proxies, summary(d), d.Hops, want, tc.hops)
		}
	}
}

// The result does not depend on how the entries are divided into lines.
func TestDividedLines(t *testing.T) {
	m := newXFF(t)
	entries := []string{"192.0.2.1", "203.0.113.5", "10.1.0.3", "2001:db8:aaaa::1", "10.1.0.2"}
	for cuts := range 1 << (len(entries) - 1) {
		lines := []string{entries[0]}
		for i, e := range entries[1:] {
			if cuts>>i&1 == 1 {
				lines = append(lines, e)
			} else {
				lines[len(lines)-1] += ", " + e
			}
		}
		kept := slices.Clone(lines)
		r := request(fromProxy, "X-Forwarded-For", lines...)
		if got := summary(m.Check(r)); got != "203.0.113.5 resolved" {
			t.Errorf("%q: %s", lines, got)
		}
		if !slices.Equal(r.Header["X-Forwarded-For"], kept) {
			t.Errorf("the header was changed to %q", r.Header["X-Forwarded-For"])
		}
	}
}

func TestTrustedHops(t *testing.T) {
	for name, tc := range map[string]struct {
		hops  int
		lines string
		want  string
	}{
		"one":                       {1, "192.0.2.66, 203.0.113.5", "203.0.113.5 resolved"},
		"two":                       {2, "192.0.2.66, 203.0.113.5, 198.51.100.7", "203.0.113.5 resolved"},
		"two on lines":              {2, "192.0.2.66\n203.0.113.5\n198.51.100.7", "203.0.113.5 resolved"},
		"alone":                     {2, "203.0.113.5, 198.51.100.7", "203.0.113.5 resolved"},
		"a proxy address as client": {2, "10.1.0.9, 198.51.100.7", "10.1.0.9 resolved"},
		"garbage right of it":       {2, "203.0.113.5, banana", "203.0.113.5 resolved"},
		"garbage left of it":        {2, "banana, 203.0.113.5, 198.51.100.7", "203.0.113.5 resolved"},
		"too few":                   {2, "203.0.113.5", "10.1.0.1 too_few_hops"},
		"too few of many":           {32, strings.Repeat("192.0.2.66, ", 30) + "192.0.2.66", "10.1.0.1 too_few_hops"},
		"garbage":                   {2, "banana, 198.51.100.7", "10.1.0.1 malformed"},
		"empty":                     {2, ", 198.51.100.7", "10.1.0.1 malformed"},
		"an entry without a begin":  {2, "203.0.113.5, " + strings.Repeat("a", 600), "10.1.0.1 malformed"},
	} {
		m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, TrustedHops: tc.hops})
		d := m.Check(request(fromProxy, "X-Forwarded-For", strings.Split(tc.lines, "\n")...))
		if summary(d) != tc.want || d.Reason == "resolved" && d.Hops != tc.hops {
			t.Errorf("%s: %+v, want %s", name, d, tc.want)
		}
		if got := summary(m.Check(request("203.0.113.77:1", "X-Forwarded-For", tc.lines))); got != "203.0.113.77 untrusted_peer" {
			t.Errorf("%s from an untrusted peer: %s", name, got)
		}
	}
	m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.Forwarded, TrustedHops: 2, ForwardedHost: true})
	for lines, want := range map[string]string{
		"for=192.0.2.66, for=203.0.113.5;proto=https;host=www.example,, for=198.51.100.7;proto=http": "203.0.113.5 resolved https www.example",
		"for=_x;proto=https, for=198.51.100.7":                                                       "10.1.0.1 unidentified https service.example",
		"for=203.0.113.5;proto=https":                                                                "10.1.0.1 too_few_hops http service.example",
		`for=203.0.113.5, for="198.51.100.7`:                                                         "10.1.0.1 malformed http service.example",
		"for=203.0.113.5" + strings.Repeat(",", 40):                                                  "10.1.0.1 malformed http service.example",
	} {
		d := m.Check(request(fromProxy, "Forwarded", lines))
		if got := summary(d) + " " + d.Scheme + " " + d.Host; got != want {
			t.Errorf("%s: %s, want %s", lines, got, want)
		}
	}
}

func TestSingleHeader(t *testing.T) {
	for _, tc := range []struct {
		header string
		lines  []string
		want   string
	}{
		{"CF-Connecting-IP", []string{"203.0.113.5"}, "203.0.113.5 resolved"},
		{"cf-connecting-ip", []string{"203.0.113.5"}, "203.0.113.5 resolved"},
		{"True-Client-IP", []string{"2001:db8:c::5"}, "2001:db8:c::5 resolved"},
		{"X-Real-IP", []string{"203.0.113.5:80"}, "203.0.113.5 resolved"},
		{"X-Real-IP", nil, "10.1.0.1 absent"},
		{"X-Real-IP", []string{""}, "10.1.0.1 malformed"},
		{"X-Real-IP", []string{"203.0.113.5", "203.0.113.5"}, "10.1.0.1 malformed"},
		{"X-Real-IP", []string{"192.0.2.66, 203.0.113.5"}, "10.1.0.1 malformed"},
		{"X-Real-IP", []string{"unknown"}, "10.1.0.1 malformed"},
		{"CloudFront-Viewer-Address", []string{"203.0.113.5:46532"}, "203.0.113.5 resolved"},
		{"CloudFront-Viewer-Address", []string{"2001:db8:c:0:0:0:0:5:46532"}, "2001:db8:c::5 resolved"},
		{"CloudFront-Viewer-Address", []string{"2001:db8:c::5:443"}, "2001:db8:c::5 resolved"},
		{"CloudFront-Viewer-Address", []string{"[2001:db8:c::5]:443"}, "2001:db8:c::5 resolved"},
		{"CloudFront-Viewer-Address", []string{"203.0.113.5"}, "10.1.0.1 malformed"},
		{"CloudFront-Viewer-Address", []string{"2001:db8:c::beef"}, "10.1.0.1 malformed"},
		{"CloudFront-Viewer-Address", []string{":443"}, "10.1.0.1 malformed"},
		{"CloudFront-Viewer-Address", []string{""}, "10.1.0.1 malformed"},
	} {
		m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.SingleHeader(tc.header)})
		name := http.CanonicalHeaderKey(tc.header)
		if got := summary(m.Check(request(fromProxy, name, tc.lines...))); got != tc.want {
			t.Errorf("%s %q: %s, want %s", tc.header, tc.lines, got, tc.want)
		}
		if got := summary(m.Check(request("203.0.113.77:1", name, tc.lines...))); got != "203.0.113.77 untrusted_peer" {
			t.Errorf("%s %q from an untrusted peer: %s", tc.header, tc.lines, got)
		}
	}
	// A Unix-domain socket has no address; with DangerouslyAnyPeer it is a peer like others.
	any := mustNew(t, clientip.Config{DangerouslyAnyPeer: true, Header: clientip.SingleHeader("Fly-Client-IP")})
	if got := summary(any.Check(request("@", "Fly-Client-Ip", "203.0.113.5"))); got != "203.0.113.5 resolved" {
		t.Errorf("on a socket: %s", got)
	}
}
