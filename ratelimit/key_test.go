package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestByClientIP(t *testing.T) {
	addr := func(s string) ratelimit.Key { return ratelimit.AddrKey(netip.MustParseAddr(s)) }
	for _, tc := range []struct {
		remote, client string
		want           ratelimit.Key
	}{
		{remote: "192.0.2.1:1234", want: addr("192.0.2.1")},
		{remote: "192.0.2.1:1", want: addr("192.0.2.1")},
		{remote: "[::ffff:192.0.2.1]:1234", want: addr("192.0.2.1")},
		{remote: "[2001:db8:1:2::1]:1234", want: addr("2001:db8:1:2::")},
		{remote: "[2001:db8:1:2:ffff:ffff:ffff:ffff]:1234", want: addr("2001:db8:1:2::")},
		{remote: "[fe80::1%eth0]:1234", want: addr("fe80::2")},
		{remote: "[fe80::1%eth1]:1234", want: addr("fe80::2")},
		{remote: "192.0.2.1:1234", client: "198.51.100.1", want: addr("198.51.100.1")},
		{remote: "192.0.2.1:1234", client: "::ffff:198.51.100.1", want: addr("198.51.100.1")},
		{remote: "192.0.2.1:1234", client: "2001:db8::1%x", want: addr("2001:db8::")},
		{remote: "@", client: "198.51.100.1", want: addr("198.51.100.1")},
		{remote: ""}, {remote: "@"}, {remote: "pipe"}, {remote: "192.0.2.1:http:80"}, {remote: "999.0.2.1:80"},
		// net/http always writes the port. A RemoteAddr without a port comes from a
		// header.
		{remote: "192.0.2.1"}, {remote: "::ffff:192.0.2.1"}, {remote: "2001:db8:1:2::1"}, {remote: "fe80::1%eth1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tc.remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if tc.client != "" {
			rec, attached := carrier.Ensure(r)
			rec.Update(func(f *carrier.Facts) { f.Client = netip.MustParseAddr(tc.client) })
			r = attached
		}
		got, ok := ratelimit.ByClientIP(r)
		if got != tc.want || ok != (tc.want != ratelimit.Key{}) {
			t.Errorf("%q behind %q: %v, %v, want %v", tc.client, tc.remote, got, ok, tc.want)
		}
	}
}

func TestKeysOfDifferentSourcesDiffer(t *testing.T) {
	addr := func(s string) ratelimit.Key { return ratelimit.AddrKey(netip.MustParseAddr(s)) }
	str := func(s string) ratelimit.KeyFunc {
		return func(*http.Request) (ratelimit.Key, bool) { return ratelimit.StringKey(s), true }
	}
	join := func(parts ...string) ratelimit.Key {
		var fs []ratelimit.KeyFunc
		for _, p := range parts {
			fs = append(fs, str(p))
		}
		k, ok := ratelimit.Join(fs...)(nil)
		if !ok {
			t.Fatal("no key")
		}
		return k
	}
	keys := map[string]ratelimit.Key{
		"none": {}, "v4": addr("192.0.2.1"), "v4 next": addr("192.0.2.2"), "v4 as text": ratelimit.StringKey("192.0.2.1"),
		"v6": addr("2001:db8::"), "v6 next": addr("2001:db8:0:1::"), "v6 zero": addr("::"), "v4 zero": addr("0.0.0.0"),
		// The bytes of an address as a string: a string never equals an address.
		"raw v6": ratelimit.StringKey(" \x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"),
		"empty":  ratelimit.StringKey(""), "nul": ratelimit.StringKey("\x00"), "ab": ratelimit.StringKey("ab"),
		"a+b": join("a", "b"), "b+a": join("b", "a"), "ab+": join("ab", ""), "+ab": join("", "ab"), "ab alone": join("ab"), "a+b+": join("a", "b", ""),
	}
	l := newLimiterWithKeys(t, 1000, ratelimit.PerHour(1))
	for name, k := range keys {
		for other, o := range keys {
			if (k == o) != (name == other) {
				t.Errorf("%s and %s: equal is %v", name, other, k == o)
			}
		}
		if !l.Take(ctx, k, 1).Allowed {
			t.Errorf("%s shares its quota with another key", name)
		}
		if l.Take(ctx, k, 1).Allowed {
			t.Errorf("%s has more than its quota", name)
		}
	}
	if again := join("a", "b"); again != keys["a+b"] {
		t.Error("the same parts must join to the same key")
	}
}

func TestKeyFuncs(t *testing.T) {
	by := func(s string, ok bool) ratelimit.KeyFunc {
		return ratelimit.By(func(*http.Request) (string, bool) { return s, ok })
	}
	r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
	ip := ratelimit.AddrKey(netip.MustParseAddr("192.0.2.1"))
	routed := httptest.NewRequest("GET", "/", nil)
	routed.Pattern = "GET /notes/{id}"
	sent := httptest.NewRequest("GET", "/", nil)
	sent.Header = http.Header{"X-Tenant": {"acme"}, "X-Twice": {"a", "a"}, "X-Empty": {""}}
	for name, tc := range map[string]struct {
		f    ratelimit.KeyFunc
		r    *http.Request
		want ratelimit.Key
		ok   bool
	}{
		"by":                {by("ann", true), r, ratelimit.StringKey("ann"), true},
		"by, not found":     {by("ann", false), r, ratelimit.Key{}, false},
		"by, empty":         {by("", true), r, ratelimit.Key{}, false},
		"first of two":      {ratelimit.First(by("ann", true), ratelimit.ByClientIP), r, ratelimit.StringKey("ann"), true},
		"second of two":     {ratelimit.First(by("", true), ratelimit.ByClientIP), r, ip, true},
		"neither of two":    {ratelimit.First(by("", false), by("", false)), r, ratelimit.Key{}, false},
		"route":             {ratelimit.ByRoute, routed, ratelimit.StringKey("GET /notes/{id}"), true},
		"no route":          {ratelimit.ByRoute, r, ratelimit.Key{}, false},
		"header":            {ratelimit.ByHeader("x-tenant"), sent, ratelimit.StringKey("acme"), true},
		"header, twice":     {ratelimit.ByHeader("X-Twice"), sent, ratelimit.Key{}, false},
		"header, empty":     {ratelimit.ByHeader("X-Empty"), sent, ratelimit.Key{}, false},
		"header, missing":   {ratelimit.ByHeader("X-Tenant"), r, ratelimit.Key{}, false},
		"join, one missing": {ratelimit.Join(ratelimit.ByClientIP, ratelimit.ByRoute), r, ratelimit.Key{}, false},
	} {
		if got, ok := tc.f(tc.r); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, ok, tc.want, tc.ok)
		}
	}
	for name, f := range map[string]ratelimit.KeyFunc{
		"By(nil)": ratelimit.By(nil), "First()": ratelimit.First(), "First(nil)": ratelimit.First(ratelimit.ByClientIP, nil),
		"Join()": ratelimit.Join(), "Join(By(nil))": ratelimit.Join(ratelimit.ByClientIP, ratelimit.By(nil)),
		// net/http removes these from the headers, so they would never have a key.
		"host": ratelimit.ByHeader("host"), "encoding": ratelimit.ByHeader("Transfer-Encoding"), "trailer": ratelimit.ByHeader("Trailer"),
	} {
		if f != nil {
			t.Errorf("%s must be nil, so that New refuses it", name)
		}
	}
	parts := []ratelimit.KeyFunc{by("ann", true)}
	f := ratelimit.First(parts...)
	parts[0] = by("bob", true)
	if k, _ := f(r); k != ratelimit.StringKey("ann") {
		t.Error("First must copy its arguments")
	}
}

// Requests without a key share one quota: they are neither unlimited nor refused.
func TestRequestsWithoutKeyShareOneQuota(t *testing.T) {
	l := newLimiter(t, ratelimit.PerHour(2))
	admitted := 0
	for _, remote := range []string{"", "@", "pipe", "x:1", "y:2", "192.0.2.1", "2001:db8::1"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		if d, err := l.Check(r); d.Allowed != (err == nil) || !d.NoKey {
			t.Error(d, err)
		} else if d.Allowed {
			admitted++
		}
	}
	if d, _ := l.Check(httptest.NewRequest("GET", "/", nil)); d.NoKey {
		t.Error("a request with a key", d)
	}
	if admitted != 2 {
		t.Errorf("%d admitted, want the 2 of one quota", admitted)
	}
}

// A client with a /56 has one quota under ByClientPrefix(32, 56), and 256 under
// ByClientIP. Hosts behind NAT64, 6to4 and Teredo have a quota each.
func TestByClientPrefix(t *testing.T) {
	distinct := func(f ratelimit.KeyFunc, format string) int {
		keys := map[ratelimit.Key]bool{}
		for i := range 256 {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = fmt.Sprintf(format, i)
			k, ok := f(r)
			if !ok {
				t.Fatalf("%s has no key", r.RemoteAddr)
			}
			keys[k] = true
		}
		return len(keys)
	}
	for _, tc := range []struct {
		name, format string
		f            ratelimit.KeyFunc
		want         int
	}{
		{"a /56 at 64", "[2001:db8:1:20%02x::1]:9", ratelimit.ByClientIP, 256},
		{"a /56 at 56", "[2001:db8:1:20%02x::1]:9", ratelimit.ByClientPrefix(32, 56), 1},
		{"a /48 at 52", "[2001:db8:1:%02x00::1]:9", ratelimit.ByClientPrefix(32, 52), 16},
		{"a /64 at 64", "[2001:db8:1:2::%02x]:9", ratelimit.ByClientPrefix(32, 64), 1},
		{"a /24 at 32", "192.0.2.%d:9", ratelimit.ByClientPrefix(32, 56), 256},
		{"a /24 at 24", "192.0.2.%d:9", ratelimit.ByClientPrefix(24, 56), 1},
		{"NAT64", "[64:ff9b::192.0.2.%d]:9", ratelimit.ByClientIP, 256},
		{"6to4", "[2002:c000:02%02x:1::1]:9", ratelimit.ByClientIP, 256},
		{"one 6to4 host", "[2002:c000:0201:%02x::1]:9", ratelimit.ByClientIP, 1},
		{"Teredo", "[2001:0:4136:e378:8000:63bf:3fff:fd%02x]:9", ratelimit.ByClientIP, 256},
		{"mapped at 24", "[::ffff:192.0.2.%d]:9", ratelimit.ByClientPrefix(24, 64), 1},
	} {
		if got := distinct(tc.f, tc.format); got != tc.want {
			t.Errorf("%s: %d keys, want %d", tc.name, got, tc.want)
		}
	}
	for _, bits := range [][2]int{{0, 64}, {33, 64}, {32, 0}, {32, 65}, {32, 128}, {-1, 64}} {
		_, err := ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.ByClientPrefix(bits[0], bits[1])})
		mwtest.Faults(t, err, "ratelimit: Key")
		if k := ratelimit.AddrPrefixKey(netip.MustParseAddr("192.0.2.1"), bits[0], bits[1]); k != (ratelimit.Key{}) {
			t.Errorf("%v: %v", bits, k)
		}
	}
}
