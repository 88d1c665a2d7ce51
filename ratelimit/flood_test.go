package ratelimit_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// Ten million new keys, such as the /64 networks of an attacker with an IPv6 /40: with
// the default MaxKeys the keys take no more than 32 MiB, and a key that was refused before
// the flood is refused after it.
func TestTenMillionKeys(t *testing.T) {
	before := heap()
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100)}})
	var attackers [100]ratelimit.Key
	for i := range attackers {
		attackers[i] = addrKey(i)
		if !l.TakeAt(0, attackers[i], 100).Allowed {
			t.Fatal("the key must get the quota of its hour")
		}
	}
	now := 10 * time.Second
	var b [16]byte
	b[0] = 0x20
	for i := range uint64(floodKeys) {
		binary.BigEndian.PutUint64(b[:], 0x2001_0db8<<32|i)
		now += 10 * time.Microsecond // a hundred thousand requests a second
		l.TakeAt(now, ratelimit.AddrKey(netip.AddrFrom16(b)), 1)
	}
	for i, k := range attackers {
		if d := l.TakeAt(now, k, 1); d.Allowed || d.Name != "hour" {
			t.Errorf("attacker %d is admitted after the flood: %+v", i, d)
		}
	}
	grown := heap() - before
	t.Logf("%d keys took %.1f MiB", floodKeys, float64(grown)/(1<<20))
	if grown > 32<<20+4<<10 { // 4 KiB for the Limiter without its keys
		t.Errorf("%d keys took %d bytes", floodKeys, grown)
	}
	runtime.KeepAlive(l)
}
