package redisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	exactQuota = 16 // up to here times are kept, as in the memory of package ratelimit
	pieces     = 16 // above, that many sub-buckets cover a window
)

// A layout is a set of limits as the scripts read it.
type layout struct {
	args  []any           // how many limits, then quota, width and life of each
	brief []time.Duration // of each: how long a refusal may be remembered here
	quota int             // the smallest
}

func newLayout(limits []ratelimit.Limit) layout {
	l := layout{args: []any{int64(len(limits))}, quota: limits[0].Quota}
	for _, limit := range limits {
		length, width := span(limit)
		l.brief = append(l.brief, min(time.Duration(width)*time.Microsecond, time.Second))
		if limit.Quota <= exactQuota {
			width = 0
		}
		// Redis cuts its time to whole microseconds. Of two events that it sees
		// exactly a window apart the true distance may be almost one less.
		l.args = append(l.args, int64(limit.Quota), width, length+1)
		l.quota = min(l.quota, limit.Quota)
	}
	return l
}

// span is the window of a limit and the width of its sub-buckets, rounded up to
// whole microseconds.
func span(limit ratelimit.Limit) (length, width int64) {
	length = micros(limit.Window)
	return length, (length + pieces - 1) / pieces
}

// micros rounds up.
func micros(d time.Duration) int64 { return (int64(d) + 999) / 1000 }

// flows reports whether a flood gets 15/16 of the quota: what it spends counts
// for seventeen sub-buckets.
func flows(limit ratelimit.Limit) bool {
	_, width := span(limit)
	return limit.Quota <= exactQuota || 15*(pieces+1)*width*1000 <= 16*int64(limit.Window)
}

// form is how the scripts write a key, without spelling it out. What was written
// in another is not found, rather than misread.
const form = "2:"

// keyspace is what the keys of a set of limits begin with. Two processes share
// windows if they agree on the name and on every limit; counts of one width are
// never read as those of another.
func keyspace(prefix, name string, limits []ratelimit.Limit) string {
	h := sha256.New()
	_, _ = h.Write([]byte(form))
	for _, l := range limits {
		_, _ = fmt.Fprintf(h, "%d/%d,", l.Quota, int64(l.Window)) // a hash never fails
	}
	return prefix + ":" + name + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:9]) + ":{"
}

const (
	tagSize = 2
	keyTail = tagSize + 1 + 22 // the tag, its brace, sixteen bytes in base64
)

// appendKey appends the name of key. All names of a keyspace are equally long.
func appendKey(b []byte, space, tag string, key *[16]byte) []byte {
	b = append(b, space...)
	b = append(b, tag...)
	b = append(b, '}')
	return base64.RawURLEncoding.AppendEncode(b, key[:])
}
