package redisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	exactQuota = 128 // limits up to this quota keep the time of each unit, as in the memory of package ratelimit
	subBuckets = 64  // above exactQuota, this many sub-buckets cover a window
)

// A layout is a set of limits as the scripts read it.
type layout struct {
	args     []any           // the number of limits, then quota, sub-bucket width and lifetime of each
	denyFor  []time.Duration // for each limit: how long this process may remember a refusal
	minQuota int             // the smallest quota
}

func newLayout(limits []ratelimit.Limit) layout {
	l := layout{args: []any{int64(len(limits))}, minQuota: limits[0].Quota}
	for _, limit := range limits {
		window, width := windowMicros(limit)
		l.denyFor = append(l.denyFor, min(time.Duration(width)*time.Microsecond, time.Second))
		if limit.Quota <= exactQuota {
			width = 0
		}
		// Redis cuts its time to whole microseconds. Two events that Redis sees exactly
		// a window apart may in truth be almost a microsecond closer together.
		l.args = append(l.args, int64(limit.Quota), width, window+1)
		l.minQuota = min(l.minQuota, limit.Quota)
	}
	return l
}

// windowMicros returns the window of a limit and the width of its sub-buckets, both
// rounded up to whole microseconds.
func windowMicros(limit ratelimit.Limit) (length, width int64) {
	length = ceilMicros(limit.Window)
	return length, (length + subBuckets - 1) / subBuckets
}

// ceilMicros returns d in microseconds, rounded up.
func ceilMicros(d time.Duration) int64 { return (int64(d) + 999) / 1000 }

// floodGetsShare reports whether a flood gets 15/16 of the quota although each unit
// counts for one sub-bucket more than cover the window.
func floodGetsShare(limit ratelimit.Limit) bool {
	_, width := windowMicros(limit)
	return limit.Quota <= exactQuota || 15*(subBuckets+1)*width*1000 <= 16*int64(limit.Window)
}

// formatVersion stands for the format in which the scripts write a value. It is part of
// the hash in every key, so a value in another format is not found and cannot be
// misread.
const formatVersion = "3:"

// keyPrefix returns the beginning of the keys of a set of limits. Two processes share
// windows if they agree on the name and on every limit, so the counts of one width are
// never read as counts of another.
func keyPrefix(prefix, name string, limits []ratelimit.Limit) string {
	hash := sha256.New()
	_, _ = hash.Write([]byte(formatVersion))
	for _, l := range limits {
		_, _ = fmt.Fprintf(hash, "%d/%d,", l.Quota, int64(l.Window)) // a hash never fails
	}
	return prefix + ":" + name + ":" + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:9]) + ":{"
}

const (
	tagSize = 2
	keyTail = tagSize + 1 + 22 // the tag, the closing brace, and sixteen bytes in base64
)

// appendKey appends the Redis key for key to b. All Redis keys of one counter are
// equally long.
func appendKey(b []byte, keyPrefix, tag string, key *[16]byte) []byte {
	b = append(b, keyPrefix...)
	b = append(b, tag...)
	b = append(b, '}')
	return base64.RawURLEncoding.AppendEncode(b, key[:])
}
