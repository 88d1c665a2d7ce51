package redisstore

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// The cache keeps a refusal as long as Redis has said, but at most a sub-bucket or a
// second, so that this process sees units that another process gives back.
func TestDenialsExpire(t *testing.T) {
	r := newDeniedCache(1)
	now := time.Now()
	a, b := keyOf(1), keyOf(2)
	if _, ok := r.find(&a, now); ok {
		t.Error("an empty slot")
	}
	r.record(&a, now, ratelimit.Count{Limit: 3, Wait: time.Minute}, time.Second)
	if got, ok := r.find(&a, now.Add(999*time.Millisecond)); !ok || got.Limit != 3 || got.Wait < 59*time.Second || got.Granted != 0 {
		t.Errorf("%+v, %t", got, ok)
	}
	if _, ok := r.find(&a, now.Add(time.Second)); ok {
		t.Error("believed too long")
	}
	if _, ok := r.find(&b, now); ok {
		t.Error("another key")
	}
	r.record(&a, now, ratelimit.Count{Wait: time.Millisecond}, time.Second)
	if _, ok := r.find(&a, now.Add(time.Millisecond)); ok {
		t.Error("believed beyond the wait")
	}
	r.record(&a, now, ratelimit.Count{Wait: time.Minute}, time.Second)
	r.forget(&b)
	r.forget(&a)
	if _, ok := r.find(&a, now); ok {
		t.Error("not forgotten")
	}
}
