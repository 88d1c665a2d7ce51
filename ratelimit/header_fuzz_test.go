package ratelimit_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// What the headers say, read by a parser that knows nothing of this package, is
// what was configured and decided.
func FuzzHeaders(f *testing.F) {
	f.Add("", "", 100, int64(time.Minute), 3)
	f.Add("login", "gold", 17, int64(time.Second), 20)
	f.Add("a!#$%&'*+-.^_`~z", "", 1, int64(1500*time.Millisecond), 2)
	f.Add("x", "y", 100_000_000, int64(30*24*time.Hour), 1)
	f.Fuzz(func(t *testing.T, name, tier string, quota int, window int64, hits int) {
		limits := []ratelimit.Limit{{Quota: quota, Window: time.Duration(window)}}
		var decided ratelimit.Decision
		cfg := ratelimit.Config{
			Name: name, Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1,
			Observe: func(_ *http.Request, d ratelimit.Decision) { decided = d },
		}
		if tier != "" {
			cfg.Tiers, cfg.Tier = map[string][]ratelimit.Limit{tier: limits}, func(*http.Request) string { return tier }
		}
		l, err := ratelimit.New(cfg)
		if err != nil {
			return
		}
		h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for range min(uint(hits), 30) + 1 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			policy, err := parseList(w.Header().Get("RateLimit-Policy"))
			if err != nil || len(policy) != 1 {
				t.Fatalf("RateLimit-Policy: %q: %v", w.Header().Get("RateLimit-Policy"), err)
			}
			state, err := parseList(w.Header().Get("RateLimit"))
			if err != nil || len(state) != 1 {
				t.Fatalf("RateLimit: %q: %v", w.Header().Get("RateLimit"), err)
			}
			p, s := policy[0], state[0]
			wholly := limits[0].Window%time.Second == 0
			if seconds, told := p.params["w"]; p.name != decided.Name || p.params["q"] != int64(quota) || told != wholly || told && seconds != int64(limits[0].Window/time.Second) || len(p.params) > 2 {
				t.Fatalf("%v of %v: %+v", p, limits[0], decided)
			}
			left := s.params["t"]
			if s.name != p.name || s.params["r"] != int64(decided.Remaining) || len(s.params) != 2 || !ceils(left, decided.Reset) {
				t.Fatalf("%v of %+v", s, decided)
			}
			after, err := strconv.ParseInt(w.Header().Get("Retry-After"), 10, 64)
			switch {
			case decided.Allowed && err == nil, !decided.Allowed && (err != nil || after < 1 || after < left || !ceils(after, decided.RetryAfter)):
				t.Fatalf("Retry-After %q with %v of %+v", w.Header().Get("Retry-After"), s, decided)
			case decided.Allowed != (w.Code == 200):
				t.Fatalf("%d of %+v", w.Code, decided)
			}
		}
	})
}

// ceils reports whether n is d in seconds, rounded up.
func ceils(n int64, d time.Duration) bool {
	return time.Duration(n)*time.Second >= d && time.Duration(n-1)*time.Second < d
}

// Keys are equal if and only if they were made from the same thing.
func FuzzKeys(f *testing.F) {
	f.Add("a", "b", "ab", "", []byte{192, 0, 2, 1})
	f.Add("", "", "", "", []byte("0123456789abcdef"))
	f.Add("x", "y", "x", "y", []byte{})
	f.Fuzz(func(t *testing.T, a1, a2, b1, b2 string, addr []byte) {
		key := func(parts ...string) ratelimit.Key {
			var fs []ratelimit.KeyFunc
			for _, p := range parts {
				fs = append(fs, func(*http.Request) (ratelimit.Key, bool) { return ratelimit.StringKey(p), true })
			}
			k, ok := ratelimit.Join(fs...)(nil)
			if !ok {
				t.Fatalf("%q has no key", parts)
			}
			return k
		}
		if (key(a1, a2) == key(b1, b2)) != (a1 == b1 && a2 == b2) {
			t.Fatalf("%q, %q and %q, %q", a1, a2, b1, b2)
		}
		if key(a1, a2) == key(a1+a2) || key(a1) == ratelimit.StringKey(a1) {
			t.Fatalf("%q, %q read as one", a1, a2)
		}
		if (ratelimit.StringKey(a1) == ratelimit.StringKey(b1)) != (a1 == b1) {
			t.Fatalf("%q and %q", a1, b1)
		}
		ip, ok := netip.AddrFromSlice(addr)
		if !ok {
			return
		}
		k := ratelimit.AddrKey(ip)
		for _, s := range []string{a1, string(addr), ip.String(), ""} {
			if k == ratelimit.StringKey(s) || k == key(s) || k == (ratelimit.Key{}) {
				t.Fatalf("%v is %q", ip, s)
			}
		}
		sum := sha256.Sum256(addr)
		other, _ := netip.AddrFromSlice(sum[:len(addr)])
		same := netip.PrefixFrom(ip.Unmap(), min(ip.Unmap().BitLen(), 64)).Masked() == netip.PrefixFrom(other.Unmap(), min(other.Unmap().BitLen(), 64)).Masked()
		if (k == ratelimit.AddrKey(other)) != same || k != ratelimit.AddrKey(netip.AddrFrom16(ip.As16())) || k != ratelimit.AddrKey(ip.WithZone("eth0")) {
			t.Fatalf("%v and %v", ip, other)
		}
	})
}
