package carrier

import (
	"net/http"
	"net/netip"
	"testing"
)

// FuzzPeer holds the fast path to netip, which it must agree with wherever it
// has an answer.
func FuzzPeer(f *testing.F) {
	for _, s := range []string{
		"192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535", "256.0.0.1:80", "1.2.3.4:65536", "01.2.3.4:80", "00.0.0.0:1", "1.2.3.4:0080",
		"1.2.3:80", "1.2.3.4.5:80", "1.2.3.4", "1.2.3.4:", "1..3.4:5", ".1.2.3:4", "1.2.3.4:5:6", "1.2.3:4.5", "1.2.3.4:+5", "1.2.3.4:5 ",
		"[::1]:80", "[::ffff:192.0.2.1]:80", "", ":", "@", "99999999999999999999.1.1.1:1", "1.2.3.4:99999999999999999999", "1.2.3.4:000000000000000000000000080",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ap, err := netip.ParseAddrPort(s)
		if a, ok := peer4(s); ok && (err != nil || a != ap.Addr()) {
			t.Errorf("%q: %v, want %v, %v", s, a, ap, err)
		}
		if got, want := Peer(&http.Request{RemoteAddr: s}), ap.Addr().Unmap().WithZone(""); got != want {
			t.Errorf("%q: Peer is %v, want %v", s, got, want)
		}
	})
}

// The fast path is taken where it is meant to be.
func TestPeer4(t *testing.T) {
	for s, want := range map[string]bool{
		"192.0.2.1:80": true, "0.0.0.0:0": true, "255.255.255.255:65535": true,
		"256.0.0.1:80": false, "1.2.3.4:65536": false, "01.2.3.4:80": false, "1.2.3.4": false, "1.2.3.4:": false, "[::1]:80": false,
	} {
		if _, ok := peer4(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
}

func BenchmarkPeer(b *testing.B) {
	r := &http.Request{RemoteAddr: "203.0.113.77:47110"}
	for b.Loop() {
		if !Peer(r).Is4() {
			b.Fatal("no address")
		}
	}
}
