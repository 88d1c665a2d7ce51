package ratelimit_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

var noopHandler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// takeUnits takes one unit of key n times and returns the number of admissions.
func takeUnits(l *ratelimit.Limiter, key ratelimit.Key, n int) (admitted int) {
	for range n {
		if l.Take(ctx, key, 1).Allowed {
			admitted++
		}
	}
	return admitted
}

func addrKey(i int) ratelimit.Key {
	b := [4]byte{10}
	binary.BigEndian.PutUint32(b[:], 10<<24|uint32(i))
	return ratelimit.AddrKey(netip.AddrFrom4(b))
}

func build(t testing.TB, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	if cfg.Key == nil {
		cfg.Key = ratelimit.ByClientIP
	}
	return mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(cfg))
}

func get(h http.Handler) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Result()
}

// heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func keyOf(r *http.Request) ratelimit.Key {
	k, _ := ratelimit.ByClientIP(r)
	return k
}

// fakeStore is a Store that keeps the exact log of each key, and fails on demand.
type fakeStore struct {
	mu     sync.Mutex
	opened []string
	logs   map[string]exactLog
	calls  int
	fail   error                    // the error of every call, if not nil
	hang   bool                     // wait until the context ends
	slow   time.Duration            // the delay before each decision
	alter  func(*ratelimit.Count)   // changes each decision
	budget func(left time.Duration) // is called with the time that the context leaves
}

type fakeCounter struct {
	*fakeStore
	name   string
	limits []ratelimit.Limit
}

func (s *fakeStore) Open(name string, limits []ratelimit.Limit) (ratelimit.Counter, error) {
	s.opened = append(s.opened, name)
	if s.logs == nil {
		s.logs = map[string]exactLog{}
	}
	return &fakeCounter{s, name, limits}, nil
}

var clock = time.Now() // time 0 of the logs, before the first decision

func (c *fakeCounter) begin(ctx context.Context) error {
	c.mu.Lock()
	c.calls++
	hang, fail, slow := c.hang, c.fail, c.slow
	if end, ok := ctx.Deadline(); ok && c.budget != nil {
		c.budget(time.Until(end))
	}
	c.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if slow > 0 {
		time.Sleep(slow)
	}
	return fail
}

func (c *fakeCounter) Take(ctx context.Context, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	if err := c.begin(ctx); err != nil {
		return ratelimit.Count{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, name := time.Since(clock), fmt.Sprint(c.name, key)
	count := ratelimit.Count{Granted: n, Left: 1 << 20, Stamp: ratelimit.Stamp{At: int64(now)}}
	for i, l := range c.limits {
		used := 0
		for _, t := range c.logs[name] {
			if now-t < l.Window {
				used++
			}
		}
		if left := int64(l.Quota - used); left < count.Left {
			count.Limit, count.Left, count.Wait = i, left, l.Window
		}
	}
	if count.Left < int64(n) {
		if count.Granted = 0; atMost {
			count.Granted = int(count.Left)
		}
	}
	for range count.Granted {
		c.logs[name] = append(c.logs[name], now)
	}
	count.Left -= int64(count.Granted)
	if c.alter != nil {
		c.alter(&count)
	}
	return count, nil
}

func (c *fakeCounter) Refund(ctx context.Context, key [16]byte, n int, stamp ratelimit.Stamp) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := fmt.Sprint(c.name, key)
	for ; n > 0; n-- {
		if i := slices.Index(c.logs[name], time.Duration(stamp.At)); i >= 0 {
			c.logs[name] = slices.Delete(c.logs[name], i, i+1)
		}
	}
	return nil
}

func (c *fakeCounter) Reset(ctx context.Context, key [16]byte) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.logs, fmt.Sprint(c.name, key))
	return nil
}

func (s *fakeStore) set(f func(*fakeStore)) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	return s.calls
}

var errStore = errors.New("the store is on fire")

func buildWithStore(t testing.TB, s *fakeStore, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	cfg.Store, cfg.Name = s, "api"
	return build(t, cfg)
}

// exactLog is the slow reference: the times of all admitted requests.
type exactLog []time.Duration

// maxInWindow returns the largest number of times in any interval of length w. The
// fullest interval ends with one of the times.
func (l exactLog) maxInWindow(w time.Duration) (most int) {
	for i, end := range l {
		n := 0
		for _, t := range l[:i+1] {
			if end-t < w {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// fits reports whether the limits have room for one more request at now.
func (l exactLog) fits(limits []ratelimit.Limit, now time.Duration) bool {
	for _, limit := range limits {
		n := 0
		for i := len(l) - 1; i >= 0 && now-l[i] < limit.Window; i-- {
			n++
		}
		if n >= limit.Quota {
			return false
		}
	}
	return true
}

func newLimiter(t testing.TB, limits ...ratelimit.Limit) *ratelimit.Limiter {
	t.Helper()
	return newLimiterWithKeys(t, 1, limits...)
}

func newLimiterWithKeys(t testing.TB, keys int, limits ...ratelimit.Limit) *ratelimit.Limiter {
	t.Helper()
	l, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var ctx = context.Background()

var someKey = ratelimit.StringKey("victim")

// randomLimits returns one to three limits that New accepts, some of them with a quota
// above 128.
func randomLimits(rnd *rand.Rand) []ratelimit.Limit {
	windows := []time.Duration{
		time.Millisecond, 16*time.Millisecond + 15, 7*time.Millisecond + 1, 500 * time.Millisecond,
		time.Second, time.Second + 1, 10 * time.Second, time.Minute, time.Hour, 24 * time.Hour,
	}
	for {
		var limits []ratelimit.Limit
		for range 1 + rnd.IntN(3) {
			quota := 1 + rnd.IntN(60)
			if rnd.IntN(4) == 0 {
				quota += 128
			}
			limits = append(limits, ratelimit.Limit{Quota: quota, Window: windows[rnd.IntN(len(windows))]})
		}
		if _, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1}); err == nil {
			return limits
		}
	}
}
