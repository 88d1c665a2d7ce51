package clientip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

// FuzzXForwardedFor asserts that the walk agrees with the slow reference, and
// that no header changes the address of a peer that is not a proxy.
func FuzzXForwardedFor(f *testing.F) {
	for _, tc := range xffTable {
		f.Add(tc.lines)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, e := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == '\n' }) {
			if len(e) > 100 || strings.Contains(e, "%") {
				return // the reference has no maximum length and parses zones in another way
			}
		}
		d := newXFF(t).Check(request(fromProxy, "X-Forwarded-For", lines...))
		if want := referenceXFF(lines); d.Client != netip.MustParseAddr(want).Unmap() {
			t.Errorf("%q: %s, want %s", lines, d.Client, want)
		}
		if d := newXFF(t).Check(request("203.0.113.77:1", "X-Forwarded-For", lines...)); d.Client.String() != "203.0.113.77" {
			t.Errorf("%q changed the address of an untrusted peer to %s", lines, d.Client)
		}
	})
}

// FuzzForwarded asserts that reading from the right agrees with the reference,
// which reads from the left, for all lines that follow the grammar.
func FuzzForwarded(f *testing.F) {
	for _, tc := range forwardedTable {
		f.Add(tc.lines)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		d := newForwarded(t).Check(request(fromProxy, "Forwarded", lines...))
		if want, ok := referenceForwarded(lines); ok && len(text) <= 512 && d.Client != netip.MustParseAddr(want).Unmap() {
			t.Errorf("%q: %s (%s), want %s", lines, d.Client, d.Reason, want)
		}
		d = newForwarded(t).Check(request("203.0.113.77:1", "Forwarded", lines...))
		if d.Client.String() != "203.0.113.77" || d.Scheme != "http" || d.Host != "service.example" {
			t.Errorf("%q changed the decision on an untrusted peer to %+v", lines, d)
		}
	})
}

// FuzzPrepend asserts the invariant of the package: entries that a client puts
// before the entries of the proxies never change the decision. It also asserts
// that Reason is "resolved" only for an address that is not a proxy.
func FuzzPrepend(f *testing.F) {
	prefixes := []string{"", "192.0.2.1", "for=192.0.2.1", `for="`, `for="192.0.2.1\`, ",", "\n", `\`, `"`, "10.1.0.9, ", "unknown"}
	for i, tc := range xffTable {
		f.Add(prefixes[i%len(prefixes)], tc.lines, false)
	}
	for i, tc := range forwardedTable {
		f.Add(prefixes[i%len(prefixes)], tc.lines, true)
	}
	f.Fuzz(func(t *testing.T, prefix, text string, rfc bool) {
		m, name := newXFF(t), "X-Forwarded-For"
		if rfc {
			m, name = newForwarded(t), "Forwarded"
		}
		check := func(text string) clientip.Decision {
			return m.Check(request(fromProxy, name, strings.Split(text, "\n")...))
		}
		want := check(text)
		if want.Client.IsUnspecified() || want.Client.Is4In6() || want.Client.Zone() != "" || want.Hops < 1 || want.Hops > 8 {
			t.Errorf("%q: %+v", text, want)
		}
		if want.Reason == "resolved" == isTrusted(want.Client) {
			t.Errorf("%q: %s %s", text, want.Client, want.Reason)
		}
		if want.Reason == "all_trusted" || want.Reason == "absent" || len(text) > 500 {
			return
		}
		for _, sep := range []string{", ", ",", "\n"} {
			got := check(prefix + sep + text)
			if want.Reason == "resolved" && got != want {
				t.Errorf("%q in front of %q: %+v, want %+v", prefix, text, got, want)
			}
		}
	})
}

// FuzzTrustedHops asserts that entries in front never change which entry counts, that
// the result is the entry with this number as a slow reader finds it, and that an
// untrusted peer is always the client.
func FuzzTrustedHops(f *testing.F) {
	for i, tc := range xffTable {
		f.Add(tc.lines, "192.0.2.66", uint8(i))
	}
	f.Add("203.0.113.5, 198.51.100.7", "x, ,", uint8(1))
	f.Fuzz(func(t *testing.T, text, prefix string, number uint8) {
		hops := int(number%32) + 1
		m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, TrustedHops: hops})
		lines := strings.Split(text, "\n")
		d := m.Check(request(fromProxy, "X-Forwarded-For", lines...))
		entries := strings.Split(strings.Join(lines, ","), ",")
		for _, e := range entries {
			if len(e) > 100 || strings.Contains(e, "%") {
				return // the reference has no maximum length and parses zones in another way
			}
		}
		want := netip.MustParseAddr("10.1.0.1")
		if len(entries) >= hops {
			if ip := referenceAddr(strings.Trim(entries[len(entries)-hops], " \t"), entryPatterns); ip != nil {
				want, _ = netip.AddrFromSlice(ip)
				want = want.Unmap()
			}
		}
		if d.Client != want {
			t.Errorf("%q: %+v, want %s", lines, d, want)
		}
		if got := m.Check(request(fromProxy, "X-Forwarded-For", strings.Split(prefix+"\n"+text, "\n")...)); d.Reason == "resolved" && got != d {
			t.Errorf("%q in front of %q: %+v, want %+v", prefix, text, got, d)
		}
		if d := m.Check(request("203.0.113.77:1", "X-Forwarded-For", lines...)); d.Client.String() != "203.0.113.77" {
			t.Errorf("%q changed the address of an untrusted peer to %s", lines, d.Client)
		}
	})
}

// FuzzSingleHeader asserts that the whole value is the address, perhaps with a port, and
// never a part of a list.
func FuzzSingleHeader(f *testing.F) {
	for _, tc := range xffTable {
		f.Add(tc.lines)
	}
	f.Add("203.0.113.5:46532")
	f.Add("2001:db8:c::5:443")
	plain := mustNew(f, clientip.Config{Proxies: proxies, Header: clientip.SingleHeader("X-Real-IP")})
	ported := mustNew(f, clientip.Config{Proxies: proxies, Header: clientip.SingleHeader("CloudFront-Viewer-Address")})
	f.Fuzz(func(t *testing.T, text string) {
		d := plain.Check(request(fromProxy, "X-Real-Ip", text))
		want := referenceAddr(text, entryPatterns)
		if d.Reason == "resolved" && !strings.Contains(text, "%") && (want == nil || d.Client.String() != want.String()) {
			t.Errorf("%q: %+v, want %s", text, d, want)
		}
		d = ported.Check(request(fromProxy, "Cloudfront-Viewer-Address", text))
		if i := strings.LastIndexByte(text, ':'); d.Reason == "resolved" && !strings.Contains(text, "%") {
			host := strings.TrimSuffix(strings.TrimPrefix(text[:i], "["), "]")
			if a, err := netip.ParseAddr(host); err != nil || a.Unmap() != d.Client {
				t.Errorf("%q: %+v", text, d)
			}
		}
	})
}

func isTrusted(a netip.Addr) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
