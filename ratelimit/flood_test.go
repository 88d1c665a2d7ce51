package ratelimit_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Ten million new keys, such as the /64 networks of an attacker with an IPv6 /40: with
// the default MaxKeys the keys take no more than 32 MiB, and a key that was refused before
// the flood is refused after it.
func TestTenMillionKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	before := heap()
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100)}})
	forgiven := flood(floodKeys, func(now time.Duration, k ratelimit.Key, n int) bool { return l.TakeAt(now, k, n).Allowed })
	if forgiven > 0 {
		t.Errorf("%d of %d attackers are admitted after the flood", forgiven, floodAttackers)
	}
	grown := heap() - before
	t.Logf("%d keys took %.1f MiB", floodKeys, float64(grown)/(1<<20))
	mwtest.Publish(t, "flood.keys", floodKeys)
	mwtest.Publish(t, "flood.mib", float64(grown)/(1<<20))
	mwtest.Publish(t, "flood.forgiven", forgiven)
	if grown > 32<<20+32<<10 { // 32 KiB for the Limiter without its keys, and for the runtime on a busy machine
		t.Errorf("%d keys took %d bytes", floodKeys, grown)
	}
	runtime.KeepAlive(l)
}

const floodAttackers = 100

// flood lets attackers spend the quota of their hour, sends keys new keys, and returns the
// number of attackers that are admitted after that.
func flood(keys int, take func(now time.Duration, k ratelimit.Key, n int) bool) (forgiven int) {
	for i := range floodAttackers {
		take(0, addrKey(i), 100)
	}
	now := 10 * time.Second
	var b [16]byte
	b[0] = 0x20
	for i := range uint64(keys) {
		binary.BigEndian.PutUint64(b[:], 0x2001_0db8<<32|i)
		now += 10 * time.Microsecond // a hundred thousand requests a second
		take(now, ratelimit.AddrKey(netip.AddrFrom16(b)), 1)
	}
	for i := range floodAttackers {
		if take(now, addrKey(i), 1) {
			forgiven++
		}
	}
	return forgiven
}

// The same flood detects a limiter that forgets the oldest keys when it is full.
func TestFloodDetectsMistakes(t *testing.T) {
	const size = 1 << 16
	used, order := map[ratelimit.Key]int{}, []ratelimit.Key{}
	forgiven := flood(4*size, func(_ time.Duration, k ratelimit.Key, n int) bool {
		if _, known := used[k]; !known {
			if order = append(order, k); len(order) > size {
				delete(used, order[0])
				order = order[1:]
			}
		}
		if used[k]+n > 100 {
			return false
		}
		used[k] += n
		return true
	})
	mwtest.Publish(t, "flood.mistake", forgiven)
	if forgiven != floodAttackers {
		t.Errorf("%d attackers are admitted", forgiven)
	}
}
