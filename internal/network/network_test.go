package network_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/network"
)

func TestFault(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "", "192.0.2.1/32": "", "2001:db8::/32": "", "fc00::/7": "", "0.0.0.0/0": "",
		"10.1.0.0/8": "host bits", "2001:db8::1/32": "host bits", "::ffff:10.0.0.0/104": "compared as IPv4",
	} {
		reason, fix := network.Fault(netip.MustParsePrefix(text))
		if !strings.HasPrefix(reason, want) && !strings.Contains(reason, want) || (reason == "") != (want == "") || (fix == "") != (want == "") {
			t.Errorf("%s: %q, %q", text, reason, fix)
		}
	}
	if reason, _ := network.Fault(netip.Prefix{}); reason != "not a prefix" {
		t.Errorf("the zero prefix: %q", reason)
	}
}

func TestWide(t *testing.T) {
	for text, want := range map[string]bool{"0.0.0.0/0": true, "128.0.0.0/1": true, "10.0.0.0/8": false, "::/0": true, "fc00::/6": true, "fc00::/7": false} {
		if network.Wide(netip.MustParsePrefix(text)) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}
