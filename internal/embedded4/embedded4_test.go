package embedded4_test

import (
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/internal/embedded4"
)

func TestUnpack(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1":                              "192.0.2.1",
		"::ffff:192.0.2.1":                       "192.0.2.1",
		"::ffff:192.0.2.1%eth0":                  "192.0.2.1",
		"::192.0.2.1":                            "192.0.2.1",
		"::ffff:0:192.0.2.1":                     "192.0.2.1",
		"64:ff9b::192.0.2.1":                     "192.0.2.1",
		"2002:c000:201::":                        "192.0.2.1",
		"2002:c000:201:1234::1":                  "192.0.2.1",
		"2001:0:4136:e378:8000:63bf:3fff:fdfe":   "192.0.2.1",
		"2001:0:4136:e378:8000:63bf:3fff:fdfe%x": "192.0.2.1",
		"::":                                     "::",
		"::1":                                    "::1",
		"::0.255.255.255":                        "::ff:ffff",
		"64:ff9b::1:c000:201":                    "64:ff9b::1:c000:201",
		"64:ff9b:1::c000:201":                    "64:ff9b:1::c000:201", // the prefix of a network of its own: its length is not known
		"2001:db8::c000:201":                     "2001:db8::c000:201",
		"2001:1::c000:201":                       "2001:1::c000:201",
		"fe80::c000:201%eth0":                    "fe80::c000:201",
		"::1:c000:201":                           "::1:c000:201",
		"2003:c000:201::c000:20":                 "2003:c000:201::c000:20",
	} {
		if got := embedded4.Unpack(netip.MustParseAddr(in)); got != netip.MustParseAddr(want) {
			t.Errorf("%s: %v, want %s", in, got, want)
		}
	}
	if got := embedded4.Unpack(netip.Addr{}); got.IsValid() {
		t.Errorf("no address: %v", got)
	}
}
