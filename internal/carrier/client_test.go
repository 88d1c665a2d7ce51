package carrier_test

import (
	"crypto/tls"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

func TestClientAddr(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8::1%eth0]:80": "2001:db8::1",
		"192.0.2.1": "", "@": "", "": "", "host:80": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		var addr netip.Addr
		if want != "" {
			addr = netip.MustParseAddr(want)
		}
		if got := carrier.ClientAddr(r); got != addr || carrier.Peer(r) != addr {
			t.Errorf("%q: %v and %v, want %v", remote, got, carrier.Peer(r), addr)
		}
		rec, r := carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) { f.Client = netip.MustParseAddr("::ffff:203.0.113.9") })
		if got := carrier.ClientAddr(r).String(); got != "203.0.113.9" || carrier.Peer(r) != addr {
			t.Errorf("%q, resolved: %v, peer %v", remote, got, carrier.Peer(r))
		}
	}
}

func TestSecure(t *testing.T) {
	for scheme, want := range map[string][2]bool{"": {false, true}, "http": {false, false}, "https": {true, true}} {
		for i, state := range []*tls.ConnectionState{nil, {}} {
			r := httptest.NewRequest("GET", "/", nil)
			r.TLS = state
			rec, r := carrier.Ensure(r)
			rec.Update(func(f *carrier.Facts) { f.Scheme = scheme })
			if got := carrier.Secure(r); got != want[i] {
				t.Errorf("scheme %q, TLS %v: %v", scheme, state != nil, got)
			}
		}
	}
}
