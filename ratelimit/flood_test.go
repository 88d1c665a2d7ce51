package ratelimit_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// Ten million keys that nobody has seen before, as the /64 networks of IPv6 are
// for whoever owns a /40: with the default MaxKeys they take no more than 32 MiB,
// and who was denied before them is denied after them.
func TestTenMillionKeys(t *testing.T) {
	before := heap()
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100)}})
	var attackers [100]ratelimit.Key
	for i := range attackers {
		attackers[i] = addrKey(i)
		if !l.TakeAt(0, attackers[i], 100).Allowed {
			t.Fatal("the quota of an hour must last for this")
		}
	}
	now := 10 * time.Second
	var b [16]byte
	b[0] = 0x20
	for i := range uint64(floodKeys) {
		binary.BigEndian.PutUint64(b[:], 0x2001_0db8<<32|i)
		now += 10 * time.Microsecond // a hundred thousand a second
		l.TakeAt(now, ratelimit.AddrKey(netip.AddrFrom16(b)), 1)
	}
	for i, k := range attackers {
		if d := l.TakeAt(now, k, 1); d.Allowed || d.Name != "hour" {
			t.Errorf("attacker %d is admitted after the flood: %+v", i, d)
		}
	}
	grown := heap() - before
	t.Logf("%d keys took %.1f MiB", floodKeys, float64(grown)/(1<<20))
	if grown > 32<<20 {
		t.Errorf("%d keys took %d bytes", floodKeys, grown)
	}
	runtime.KeepAlive(l)
}
