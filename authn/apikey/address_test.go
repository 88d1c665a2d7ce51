package apikey_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

func TestNetworks(t *testing.T) {
	s := newStore()
	a := build(t, apikey.Config{Store: s})
	bound, _ := issue(t, a, s, nil) // 192.0.2.0/24, 2001:db8::/32
	free, _ := issue(t, a, s, func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true })
	linkLocal, _ := issue(t, a, s, func(r *apikey.Record) { r.Networks = prefixes("fe80::/10") })
	for name, tc := range map[string]struct {
		key      string
		peer     string
		resolved string // by an outer layer; "" if it did not
		ok       bool
	}{
		"peer inside":                  {bound, "192.0.2.200:1", "", true},
		"peer outside":                 {bound, "198.51.100.1:1", "", false},
		"peer inside, IPv6":            {bound, "[2001:db8::9]:1", "", true},
		"peer outside, IPv6":           {bound, "[2001:db9::9]:1", "", false},
		"peer inside, mapped":          {bound, "[::ffff:192.0.2.7]:1", "", true},
		"peer outside, mapped":         {bound, "[::ffff:198.51.100.1]:1", "", false},
		"peer unknown":                 {bound, "@", "", false},
		"peer without port":            {bound, "192.0.2.200", "", false},
		"peer missing":                 {bound, "", "", false},
		"client inside behind a proxy": {bound, "10.0.0.1:1", "192.0.2.9", true},
		"mapped client":                {bound, "10.0.0.1:1", "::ffff:192.0.2.9", true},
		"client outside, proxy inside": {bound, "192.0.2.1:1", "198.51.100.1", false},
		"with a zone":                  {linkLocal, "[fe80::1%eth0]:1", "", false},
		"with a zone, resolved":        {linkLocal, "[fe80::1%eth0]:1", "fe80::1", false},
		"proxy with a zone":            {bound, "[fe80::1%eth0]:1", "192.0.2.9", true},
		"without a zone":               {linkLocal, "[fe80::1]:1", "", true},
		"any address":                  {free, "198.51.100.1:1", "", true},
		"any address, unknown peer":    {free, "@", "", true},
	} {
		r := request(tc.key)
		r.RemoteAddr = tc.peer
		rec, r := carrier.Ensure(r)
		if tc.resolved != "" {
			rec.Update(func(f *carrier.Facts) { f.Client = netip.MustParseAddr(tc.resolved) })
		}
		_, err := a.Authenticate(r)
		if (err == nil) != tc.ok || !tc.ok && !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok && (err == nil || !strings.Contains(err.Error(), "outside its networks")) {
			t.Errorf("%s: the log does not see why: %v", name, err)
		}
	}
}

// The address is judged only once the secret was right.
func TestAddressTellsNothing(t *testing.T) {
	s := newStore()
	a := build(t, apikey.Config{Store: s})
	_, rec := issue(t, a, s, nil)
	stranger, _ := issue(t, a, newStore(), nil)
	rec.Networks = prefixes("198.51.100.0/24")
	s.lie = &rec
	_, err := a.Authenticate(request(stranger))
	if !errors.Is(err, authn.ErrInvalid) || strings.Contains(err.Error(), "network") {
		t.Errorf("%v", err)
	}
}
