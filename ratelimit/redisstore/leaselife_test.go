package redisstore

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A lease ends an eighth before its sub-bucket does: the clock of this machine
// may be that much slower than the one of Redis.
func TestLeaseEndsEarlyForSlowClocks(t *testing.T) {
	const width = time.Second
	ls := newLeases(newLayout([]ratelimit.Limit{{Quota: 16_000, Window: pieces * width}}), 1)
	key, sent := [16]byte{1}, time.Now()
	var r leaseRequest
	for range hotAfter {
		if _, _, r = ls.spend(&key, sent, 1); r.wanted == 0 {
			ls.settle(&key, r, sent, ratelimit.Count{Left: 16_000}, 0)
		}
	}
	if r.wanted == 0 {
		t.Fatal("the key is not hot")
	}
	ls.settle(&key, r, sent, ratelimit.Count{Left: 16_000, Stamp: 7 * width.Microseconds()}, r.wanted)
	for after, want := range map[time.Duration]bool{0: true, width*7/8 - time.Millisecond: true, width * 7 / 8: false, width - 1: false} {
		if _, ok, _ := ls.spend(&key, sent.Add(after), 0); ok != want {
			t.Errorf("after %v: %v, want %v", after, ok, want)
		}
	}
}
