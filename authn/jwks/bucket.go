package jwks

import "time"

// bucketSize is the number of tokens of a full bucket.
const bucketSize = 3

// A bucket bounds the refreshes for unknown kids. It gets one token per interval. The zero
// bucket is full.
type bucket struct {
	fullAt time.Time // from this time the bucket is full
}

// take takes a token. If the bucket is empty, it returns the time until the next token.
func (b *bucket) take(now time.Time, interval time.Duration) (wait time.Duration, ok bool) {
	fullAt := b.fullAt
	if fullAt.Before(now) {
		fullAt = now
	}
	if wait = fullAt.Sub(now) - (bucketSize-1)*interval; wait > 0 {
		return wait, false
	}
	b.fullAt = fullAt.Add(interval)
	return 0, true
}

// recent holds the times of the last answers of one kind, oldest first.
type recent [3]time.Time

// take reports whether there were fewer than three answers in the last interval. If so, it
// counts one more.
func (r *recent) take(now time.Time, interval time.Duration) bool {
	if !r[0].IsZero() && now.Sub(r[0]) < interval {
		return false
	}
	*r = recent{r[1], r[2], now}
	return true
}
