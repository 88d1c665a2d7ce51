package clientip_test

import (
	"strings"
	"testing"
)

// forwardedTable holds lines of Forwarded, separated by \n, from a trusted peer.
var forwardedTable = []struct{ name, lines, want string }{
	{"one client", "for=203.0.113.5", "203.0.113.5 resolved"},
	{"all parameters", "for=203.0.113.5;proto=http;by=10.1.0.1;host=a.example", "203.0.113.5 resolved"},
	{"case of names", "For=203.0.113.5;PROTO=http", "203.0.113.5 resolved"},
	{"two proxies", "for=203.0.113.5, for=10.1.0.2", "203.0.113.5 resolved"},
	{"two lines", "for=203.0.113.5\nfor=10.1.0.2", "203.0.113.5 resolved"},
	{"forged entry in front", "for=192.0.2.1, for=203.0.113.5, for=10.1.0.2", "203.0.113.5 resolved"},
	{"garbage in front", "banana;;==, for=203.0.113.5", "203.0.113.5 resolved"},
	{"quoted", `for="203.0.113.5"`, "203.0.113.5 resolved"},
	{"quoted with a port", `for="203.0.113.5:4711"`, "203.0.113.5 resolved"},
	{"hidden port", `for="203.0.113.5:_x"`, "203.0.113.5 resolved"},
	{"IPv6", `for="[2001:db8:c::5]"`, "2001:db8:c::5 resolved"},
	{"IPv6 with a port", `for="[2001:db8:c::5]:4711"`, "2001:db8:c::5 resolved"},
	{"IPv6 proxy", `for=203.0.113.5, for="[2001:db8:aaaa::1]"`, "203.0.113.5 resolved"},
	{"mapped", `for="[::ffff:203.0.113.5]"`, "203.0.113.5 resolved"},
	{"escaped", `for="\2\03.0.113.5\:80"`, "203.0.113.5 resolved"},
	{"comma and semicolon in quotes", `ext="a,for=192.0.2.1;b";for=203.0.113.5`, "203.0.113.5 resolved"},
	{"comma in quotes after", `for=203.0.113.5;ext="a, for=192.0.2.1"`, "203.0.113.5 resolved"},
	{"quote in quotes", `for=203.0.113.5;ext="a\", for=192.0.2.1, \\"`, "203.0.113.5 resolved"},
	{"backslashes in quotes", `ext="\\\\";for=203.0.113.5, for=10.1.0.2;ext="\\\"\\"`, "203.0.113.5 resolved"},
	{"empty pairs", ";for=203.0.113.5;;", "203.0.113.5 resolved"},
	{"spaces around ;", "proto=http ;\t for=\"203.0.113.5\" ; by=x", "203.0.113.5 resolved"},
	{"empty elements", "for=203.0.113.5,,", "203.0.113.5 resolved"},
	{"empty elements and lines", ",for=203.0.113.5, ,\t,\n\n,for=10.1.0.2,\n", "203.0.113.5 resolved"},
	{"open quote in front", `for="192.0.2.1, for=203.0.113.5`, "203.0.113.5 resolved"},
	{"open quote in front of quotes", `for="192.0.2.1, for="203.0.113.5"`, "203.0.113.5 resolved"},
	{"open quote on a line in front", "for=\"192.0.2.1\nfor=203.0.113.5;by=\"[2001:db8:aaaa::1]\"", "203.0.113.5 resolved"},
	{"escape in front", `for="192.0.2.1\, for="203.0.113.5"`, "203.0.113.5 resolved"},
	{"only proxies", "for=10.1.0.3, for=10.1.0.2", "10.1.0.3 all_trusted"},

	{"unknown", "for=203.0.113.5, for=unknown", "10.1.0.1 unidentified"},
	{"unknown in capitals", "for=Unknown", "10.1.0.1 unidentified"},
	{"unknown with a port", `for="unknown:80"`, "10.1.0.1 unidentified"},
	{"hidden", "for=203.0.113.5, for=_SEVKISEK, for=10.1.0.2", "10.1.0.2 unidentified"},
	{"no for", "by=10.1.0.1;proto=https", "10.1.0.1 unidentified"},
	{"empty", "", "10.1.0.1 absent"},
	{"only commas", ", ,\n,", "10.1.0.1 absent"},
	{"only a semicolon", ";", "10.1.0.1 unidentified"},
	{"empty for", `for=""`, "10.1.0.1 unidentified"},

	{"for twice", "for=203.0.113.5;for=192.0.2.1", "10.1.0.1 malformed"},
	{"for twice in another case", "for=203.0.113.5;FOR=192.0.2.1", "10.1.0.1 malformed"},
	{"extension twice", "a=b;a=b;for=203.0.113.5", "10.1.0.1 malformed"},
	{"many parameters", "a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;for=203.0.113.5", "10.1.0.1 malformed"},
	{"garbage behind a proxy", "for=203.0.113.5, banana, for=10.1.0.2", "10.1.0.2 malformed"},
	{"unquoted port", "for=203.0.113.5:80", "10.1.0.1 malformed"},
	{"unquoted IPv6", "for=[2001:db8:c::5]", "10.1.0.1 malformed"},
	{"IPv6 without brackets", `for="2001:db8:c::5"`, "10.1.0.1 malformed"},
	{"IPv4 in brackets", `for="[203.0.113.5]"`, "10.1.0.1 malformed"},
	{"unknown with a Unicode letter", "for=\"un\u212anown\"", "10.1.0.1 malformed"},
	{"zone", `for="[fe80::5%eth0]"`, "10.1.0.1 malformed"},
	{"only a port", `for=":80"`, "10.1.0.1 malformed"},
	{"bad port", `for="203.0.113.5:99999"`, "10.1.0.1 malformed"},
	{"open bracket", `for="[2001:db8:c::5"`, "10.1.0.1 malformed"},
	{"after the bracket", `for="[2001:db8:c::5]80"`, "10.1.0.1 malformed"},
	{"space around =", "for =203.0.113.5", "10.1.0.1 malformed"},
	{"a space in a value", "for=203.0.113.5 x", "10.1.0.1 malformed"},
	{"two values", "for=203.0.113.5 proto=http", "10.1.0.1 malformed"},
	{"too many empty elements", "for=203.0.113.5" + strings.Repeat(",", 40), "10.1.0.1 malformed"},
	{"no value", "for=", "10.1.0.1 malformed"},
	{"no name", "=203.0.113.5", "10.1.0.1 malformed"},
	{"open quote", `for="203.0.113.5`, "10.1.0.1 malformed"},
	{"after the quote", `for="203.0.113.5"x`, "10.1.0.1 malformed"},
	{"escape at the end", `for="203.0.113.5\"`, "10.1.0.1 malformed"},
	{"control character", "for=\"203.0.113.5\x00\"", "10.1.0.1 malformed"},
	{"escaped control character", "for=\"203.0.113.5\\\x01\"", "10.1.0.1 malformed"},
	{"beyond ASCII", "for=203.0.113.5;ext=\"\xc3\xa9\"", "10.1.0.1 malformed"},
	{"hostname", "for=client.example", "10.1.0.1 malformed"},
	{"semicolon for a comma", "for=203.0.113.5;;for=10.1.0.2", "10.1.0.1 malformed"},
	{"too long", "for=203.0.113.5;ext=" + strings.Repeat("a", 2000), "10.1.0.1 malformed"},
	{"backslashes without end", "for=203.0.113.5;ext=\"" + strings.Repeat(`\`, 2000) + `"`, "10.1.0.1 malformed"},
}

func TestForwarded(t *testing.T) {
	m := newForwarded(t)
	for _, tc := range forwardedTable {
		lines := strings.Split(tc.lines, "\n")
		if got := summary(m.Check(request(fromProxy, "Forwarded", lines...))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if got := summary(m.Check(request("203.0.113.77:1", "Forwarded", lines...))); got != "203.0.113.77 untrusted_peer" {
			t.Errorf("%s from an untrusted peer: %s", tc.name, got)
		}
	}
}
