package hostlist_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/hostlist"
)

func TestFault(t *testing.T) {
	for host, want := range map[string][2]string{
		"example.com": {}, "a-b.example": {}, "192.0.2.7": {}, "[2001:db8::1]": {}, "localhost": {}, "xn--bcher-kva.example": {},
		"":                              {"an empty host", "remove"},
		"*.example.com":                 {"a host cannot be a wildcard", "list each"},
		"https://example.com":           {"not a host", "write the host alone"},
		"user@example.com":              {"not a host", "write the host alone"},
		"example.com:443":               {"a port is not part of a host", "write the host alone"},
		"2001:db8::1":                   {"an IPv6 address without brackets", `write "[2001:db8::1]"`},
		"2001:DB8:0::1":                 {"an IPv6 address without brackets", `write "[2001:db8::1]"`},
		"[2001:DB8::1]":                 {"not an IPv6 address in its short form", "write it as"},
		"[192.0.2.7]":                   {"not an IPv6 address", "write it as"},
		"example.com.":                  {"hosts are compared without the dot", "remove the dot"},
		"Example.com":                   {"hosts are compared in lower case", "write it in lower case"},
		"bücher.example":                {"not a host", "write the host alone"},
		"a..example":                    {"not a host", "write the host alone"},
		strings.Repeat("a.", 127) + "a": {"not a host", "write the host alone"},
	} {
		reason, fix := hostlist.Fault(host)
		if !strings.HasPrefix(reason, want[0]) || !strings.HasPrefix(fix, want[1]) || (reason == "") != (want[0] == "") {
			t.Errorf("%q: %q, %q", host, reason, fix)
		}
	}
}

func TestOf(t *testing.T) {
	for host, want := range map[string]string{
		"example.com": "example.com", "EXAMPLE.com:8443": "example.com", "example.com.": "example.com", "example.com.:80": "example.com",
		"[2001:db8::1]:443": "[2001:db8::1]", "example.com..": "example.com.", "example.com:x": "", "example.com:80:80": "",
		"example.com@evil.test": "example.com@evil.test", "": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		if got := hostlist.Of(r); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
		rec, c := carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) { f.Host = "resolved.example:1" })
		if got := hostlist.Of(c); got != "resolved.example" {
			t.Errorf("%q: %q, although clientip has resolved the host", host, got)
		}
	}
}

func TestMalformed(t *testing.T) {
	for host, want := range map[string]bool{"a.example": false, "a": false, "192.0.2.7": false, "": true, "a.": true, "a..b": true, ".a": true, "[2001:db8::1]": true,
		"a b": true, strings.Repeat("a", 64): true} {
		if got := hostlist.Malformed(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
