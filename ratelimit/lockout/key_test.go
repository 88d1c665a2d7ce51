package lockout_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var addrs = []string{
	"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::1",
	"2001:db8::1%eth0", "::", "0.0.0.0", "::1", "::c000:201", "c000:201::",
}

// keyOf returns the Key that a store gets for a login.
func keyOf(t testing.TB, account string, a netip.Addr) lockout.Key {
	t.Helper()
	s := &recorder{state: lockout.State{Allowed: true}}
	if _, err := newGuardOnStore(t, s).Begin(t.Context(), account, a); err != nil {
		t.Fatal(err)
	}
	return s.keys[0]
}

// Two addresses are equal for the guard if and only if they are equal for ratelimit.
func FuzzAddressesEqualThoseOfRatelimit(f *testing.F) {
	for _, a := range addrs {
		for _, b := range addrs {
			f.Add(netip.MustParseAddr(a).AsSlice(), netip.MustParseAddr(b).AsSlice())
		}
	}
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, _ := netip.AddrFromSlice(x)
		b, _ := netip.AddrFromSlice(y)
		one, two := keyOf(t, "ann", a), keyOf(t, "ann", b)
		if (one == two) != (ratelimit.AddrKey(a) == ratelimit.AddrKey(b)) {
			t.Errorf("%v and %v: %v", a, b, one == two)
		}
		if one.NoAddress == a.IsValid() || one.Account != two.Account {
			t.Errorf("%+v %+v", one, two)
		}
	})
}

// Every account and address has a key of its own, and the bytes of the key show
// neither.
func TestKeysAreDistinct(t *testing.T) {
	seen := map[[16]byte]string{}
	long := string(bytes.Repeat([]byte("x"), 1000))
	for _, account := range []string{"", "a", "ann", "ann ", "Ann", "ann\x00", long, long + "x", long[1:]} {
		for _, a := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} {
			k := keyOf(t, account, netip.MustParseAddr(a))
			for _, id := range [][16]byte{k.Account, k.Pair} {
				label := fmt.Sprintf("%.10q", account)
				if id == k.Pair {
					label += " " + a
				}
				label += fmt.Sprint(len(account))
				if other, ok := seen[id]; ok && other != label {
					t.Errorf("%s and %s have the same hash", label, other)
				}
				seen[id] = label
			}
		}
	}
}
