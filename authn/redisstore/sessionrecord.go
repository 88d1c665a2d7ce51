package redisstore

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// recordHead is the length of the times and of the length of the data, before the data and
// the state. sessions.lua writes it.
const recordHead = 6*8 + 4

var errRecord = errors.New("not a session")

// parseRecord reads the value of a session. It copies the data and the state.
func parseRecord(sid, value, sealed string, now time.Time) (r sessionstore.Record, err error) {
	b := []byte(value)
	if len(b) < recordHead {
		return r, errRecord
	}
	size := uint64(binary.BigEndian.Uint32(b[recordHead-4:]))
	rest := b[recordHead:]
	if size > uint64(len(rest)) {
		return r, errRecord
	}
	r = sessionstore.Record{SID: sid, Data: rest[:size:size], State: rest[size:], Now: now}
	if sealed != "" {
		r.Sealed = []byte(sealed)
	}
	for i, t := range []*time.Time{&r.Started, &r.LastUsed, &r.Rotated, &r.Expires, &r.Ends, &r.AccessUntil} {
		*t = moment(int64(binary.BigEndian.Uint64(b[8*i:])))
	}
	return r, nil
}

// moment returns the time of milliseconds in Redis. 0 is the zero time.
func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis)
}

// parseMoment reads milliseconds as text.
func parseMoment(text string) (time.Time, error) {
	millis, err := strconv.ParseInt(text, 10, 64)
	return moment(millis), err
}

// millis rounds up, so that nothing that revokes ends too early.
func millis(d time.Duration) int64 {
	return int64((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
