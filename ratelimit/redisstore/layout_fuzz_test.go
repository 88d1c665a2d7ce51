package redisstore

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redisconn"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// The script arguments of a limit cover its window, and can be read back. The name of a
// key leads back to the key, and lies in the slot of its tag alone.
func FuzzScriptArguments(f *testing.F) {
	f.Add("login", 100, int64(time.Minute), []byte("0123456789abcdef"))
	f.Add("a|b|shadow", 16, int64(time.Millisecond), []byte{})
	f.Add("x", 100_000_000, int64(366*24*time.Hour), []byte("{}"))
	s := &Store{client: &redisconn.Client{}, prefix: "fuzz", tags: slotTags()}
	f.Fuzz(func(t *testing.T, name string, quota int, window int64, seed []byte) {
		limits := []ratelimit.Limit{{Quota: quota, Window: time.Duration(window)}, {Quota: 1000, Window: 24 * time.Hour}}
		opened, err := s.Open(name, limits)
		if err != nil {
			return
		}
		c := opened.(*counter)
		args := c.layout.args
		if len(args) != 1+3*len(limits) || args[0] != int64(len(limits)) {
			t.Fatalf("%v", args)
		}
		for i, limit := range limits {
			q, width, life := args[1+3*i], args[2+3*i].(int64), args[3+3*i].(int64)
			micro := int64(time.Microsecond)
			switch {
			case q != int64(limit.Quota) || (width == 0) != (limit.Quota <= exactQuota):
				t.Fatalf("%v: %v", limit, args)
			case (life-1)*micro < int64(limit.Window) || (life-2)*micro >= int64(limit.Window):
				t.Fatalf("%v: a kept time counts for %d us", limit, life)
			case width > 0 && width*subBuckets*micro < int64(limit.Window):
				t.Fatalf("%v: sub-buckets of %d us do not cover it", limit, width)
			case width > 0 && 15*(subBuckets+1)*width*micro > 16*int64(limit.Window):
				t.Fatalf("%v: sub-buckets of %d us starve a flood", limit, width)
			}
		}
		var key, other [16]byte
		copy(key[:], seed)
		copy(other[:], append([]byte{^byte(len(seed))}, seed...))
		full := c.keyName(&key)
		space, rest, _ := strings.Cut(full, "{")
		tag, tail, _ := strings.Cut(rest, "}")
		back, err := base64.RawURLEncoding.DecodeString(tail)
		if err != nil || string(back) != string(key[:]) || space+"{" != c.keyPrefix || tag != s.tags[tagIndex(&key)] || strings.Count(full, "{")+strings.Count(full, "}") != 2 {
			t.Fatalf("%q of %x", full, key)
		}
		if again := c.keyName(&other); (again == full) != (other == key) || len(again) != len(full) {
			t.Fatalf("%q and %q", full, again)
		}
		if changed := keyPrefix("fuzz", name, []ratelimit.Limit{{Quota: quota + 1, Window: time.Duration(window)}, limits[1]}); changed == c.keyPrefix {
			t.Fatal("another limit in the same windows")
		}
	})
}
