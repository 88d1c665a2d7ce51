package lease

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

const epoch = 1_800_000_000_000_000 // in 2027, in microseconds

func keyOf(n int) (k [16]byte) {
	binary.BigEndian.PutUint64(k[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(k[8:], uint64(n))
	return k
}

// The number of keys is unbounded, the number of lease slots is not.
func TestLeaseSlotsAreBounded(t *testing.T) {
	ls := New(Config{Quota: 8000, Widths: []int64{3600e6 / 64}, Processes: 1, Slots: 1024})
	now := time.Now()
	hot := keyOf(0)
	var r Request
	for range HotAfter + 1 {
		_, _, r = ls.Spend(&hot, now, 1)
		ls.RecordReply(&hot, r, now, ratelimit.Count{Left: 4000}, 0)
	}
	ls.RecordReply(&hot, r, now, ratelimit.Count{Left: 4000, Stamp: ratelimit.Stamp{At: epoch}}, r.Wanted)
	if r.Wanted == 0 || ls.Held(&hot, now) != r.Wanted {
		t.Fatalf("%d asked for, %d held", r.Wanted, ls.Held(&hot, now))
	}
	for i := range 100_000 {
		key := keyOf(i + 1)
		if _, ok, _ := ls.Spend(&key, now, 1); ok {
			t.Fatal("a key without a debit has a lease")
		}
	}
	if ls.Held(&hot, now) != r.Wanted || len(ls.slots) != 1024 {
		t.Error("a flood of keys has displaced a lease that is in use")
	}
}

// A lease ends an eighth before its sub-bucket does, because the clock of this machine
// may be slower by up to that much than the clock of Redis.
func TestLeaseEndsEarlyForSlowClocks(t *testing.T) {
	const width = time.Second
	ls := New(Config{Quota: 16_000, Widths: []int64{width.Microseconds()}, Processes: 1, Slots: 1024})
	key, sent := [16]byte{1}, time.Now()
	var r Request
	for range HotAfter {
		if _, _, r = ls.Spend(&key, sent, 1); r.Wanted == 0 {
			ls.RecordReply(&key, r, sent, ratelimit.Count{Left: 16_000}, 0)
		}
	}
	if r.Wanted == 0 {
		t.Fatal("the key is not hot")
	}
	ls.RecordReply(&key, r, sent, ratelimit.Count{Left: 16_000, Stamp: ratelimit.Stamp{At: 7 * width.Microseconds()}}, r.Wanted)
	for after, want := range map[time.Duration]bool{0: true, width*7/8 - time.Millisecond: true, width * 7 / 8: false, width - 1: false} {
		if _, ok, _ := ls.Spend(&key, sent.Add(after), 0); ok != want {
			t.Errorf("after %v: %v, want %v", after, ok, want)
		}
	}
}
