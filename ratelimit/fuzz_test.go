package ratelimit_test

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/embedded4"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// FuzzBound reads limits and a history of requests from data and compares the limiter
// with the exact log. An admitted request must fit every limit, and a refused request
// must be admitted after RetryAfter. Time may run back; then a request counts at the
// latest time, as the table promises.
func FuzzBound(f *testing.F) {
	f.Add(uint8(1), uint16(1000), uint8(60), uint16(60_000), []byte{0, 0, 0, 0, 1, 0, 255, 255, 2, 128, 0, 1})
	f.Add(uint8(17), uint16(16), uint8(100), uint16(1000), make([]byte, 300))
	f.Add(uint8(40), uint16(7), uint8(40), uint16(7), []byte{3, 200, 1})
	f.Fuzz(func(t *testing.T, quota1 uint8, ms1 uint16, quota2 uint8, ms2 uint16, data []byte) {
		limits := []ratelimit.Limit{
			{Quota: int(quota1), Window: time.Duration(ms1)*time.Millisecond + time.Duration(quota2)},
			{Quota: int(quota2), Window: time.Duration(ms2) * time.Millisecond},
		}
		cfg := ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1}
		l, err := ratelimit.New(cfg)
		if err != nil {
			cfg.Limits = limits[:1]
			if l, err = ratelimit.New(cfg); err != nil {
				return
			}
		}
		admitted := map[byte]exactLog{}
		var now, latest time.Duration
		for len(data) >= 3 {
			key, step := data[0]%40, time.Duration(binary.BigEndian.Uint16(data[1:]))
			data = data[3:]
			step = step * step * step // mostly short, some longer than every window
			if key == 39 {
				// With this key time runs back.
				step = -step
			}
			now = max(now+step, 0)
			latest = max(latest, now)
			d := l.TakeAt(now, addrKey(int(key)), 1)
			switch {
			case d.Allowed && !admitted[key].fits(cfg.Limits, latest):
				t.Fatalf("%v: key %d admitted above a limit at %v (%v): %v", cfg.Limits, key, now, latest, admitted[key])
			case d.Allowed:
				admitted[key] = append(admitted[key], latest)
			case d.RetryAfter <= 0 || d.Remaining != 0:
				t.Fatalf("refused with %+v", d)
			case key == 7: // not for every key: otherwise no key would stay refused
				now, latest = latest+d.RetryAfter, latest+d.RetryAfter
				if d := l.TakeAt(now, addrKey(int(key)), 1); !d.Allowed {
					t.Fatalf("refused after RetryAfter with %+v", d)
				}
				admitted[key] = append(admitted[key], latest)
			}
		}
	})
}

// Two keys are equal if and only if they were made from the same strings, or from
// addresses of the same network.
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
			t.Fatalf("%q and %q join to the key of one string", a1, a2)
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
		network := func(a netip.Addr) netip.Prefix {
			a = embedded4.Unpack(a)
			return netip.PrefixFrom(a.Unmap(), min(a.Unmap().BitLen(), 64)).Masked()
		}
		same := network(ip) == network(other)
		if (k == ratelimit.AddrKey(other)) != same || k != ratelimit.AddrPrefixKey(netip.AddrFrom16(ip.As16()), 32, 64) || k != ratelimit.AddrKey(ip.WithZone("eth0")) {
			t.Fatalf("%v and %v", ip, other)
		}
	})
}
