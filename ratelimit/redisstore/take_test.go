package redisstore

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestTake(t *testing.T) {
	for _, quota := range []int{5, 16, 17, 100} {
		c := fresh(t, ratelimit.PerMinute(quota))
		key := keyOf(1)
		if got := take(t, c, key, 0, false); got.Granted != 0 || got.Left != int64(quota) || got.Wait != 0 {
			t.Fatalf("look at nothing: %+v", got)
		}
		for i := range quota {
			got := take(t, c, key, 1, false)
			if got.Granted != 1 || got.Left != int64(quota-i-1) || got.Wait <= 0 || got.Wait > 65*time.Second {
				t.Fatalf("take %d of %d: %+v", i, quota, got)
			}
		}
		if got := take(t, c, key, 1, false); got.Granted != 0 || got.Left != 0 || got.Wait < 50*time.Second {
			t.Fatalf("above %d: %+v", quota, got)
		}
		if got := take(t, c, keyOf(2), 3, false); got.Granted != 3 {
			t.Fatalf("another key: %+v", got)
		}
		if got := take(t, c, keyOf(2), quota, false); got.Granted != 0 || got.Left != int64(quota-3) {
			t.Fatalf("more than is left: %+v", got)
		}
		if got := take(t, c, keyOf(2), quota, true); got.Granted != quota-3 || got.Left != 0 {
			t.Fatalf("at most: %+v", got)
		}
	}
}
