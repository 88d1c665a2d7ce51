package ratelimit_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestNewRefuses(t *testing.T) {
	one := []ratelimit.Limit{ratelimit.PerMinute(10)}
	key := ratelimit.KeyFunc(ratelimit.ByClientIP)
	for name, tc := range map[string]struct {
		cfg  ratelimit.Config
		want []string
	}{
		"zero": {ratelimit.Config{}, []string{"ratelimit: Limits: missing", "ratelimit: Key: missing"}},
		"everything at once": {
			ratelimit.Config{
				Name: `a "b"`, MaxKeys: -1, Headers: 3, OnFailure: 3, Replicas: -1, Budget: 999 * time.Microsecond,
				Tiers: map[string][]ratelimit.Limit{
					"": {ratelimit.PerHour(1)}, "a b": {ratelimit.PerHour(1)}, "gold": {ratelimit.PerHour(0)}, "lead": nil,
				},
				Limits: []ratelimit.Limit{
					ratelimit.PerSecond(0), {Quota: -1, Window: -time.Second},
					{Quota: 1, Window: 31 * 24 * time.Hour}, {Quota: 100_000_001, Window: 999 * time.Microsecond},
				},
			},
			[]string{
				`ratelimit: Limits[0].Quota: "0": not between`,
				`ratelimit: Limits[1].Quota: "-1": not between`, `ratelimit: Limits[1].Window: "-1s": not between`,
				`ratelimit: Limits[2].Window: "744h0m0s": not between`,
				`ratelimit: Limits[3].Quota: "100000001": not between`, `ratelimit: Limits[3].Window: "999µs": not between`,
				`ratelimit: Name: "a \"b\"": not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar; write a word`,
				"ratelimit: Key: missing",
				`ratelimit: MaxKeys: "-1": not between`, `ratelimit: Headers: "3": not one`,
				`ratelimit: OnFailure: "OnFailure(3)": not one of the choices; set ratelimit.FailLocal`,
				`ratelimit: Replicas: "-1": not between`, `ratelimit: Budget: "999µs": not between`,
				`ratelimit: Tiers: "": the empty name`, "ratelimit: Tier: missing",
				`ratelimit: Tiers: "a b": not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar; write a word`,
				`ratelimit: Tiers["gold"][0].Quota: "0": not between`, `ratelimit: Tiers["lead"]: missing`,
			},
		},
		"window forgotten": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{{Quota: 5}}},
			[]string{`ratelimit: Limits[0].Window: "0s"`},
		},
		"unit forgotten": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{{Quota: 5, Window: 30}}},
			[]string{`ratelimit: Limits[0].Window: "30ns"`},
		},
		"too many": {
			ratelimit.Config{Key: key, Limits: make([]ratelimit.Limit, 9)},
			[]string{`ratelimit: Limits: "9": too many`},
		},
		"same window": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(5), ratelimit.PerHour(50), {Quota: 6, Window: 60 * time.Second}}},
			[]string{`ratelimit: Limits[2]: "6 per minute": has the same window as Limits[0]`},
		},
		"redundant shorter window": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerSecond(100), ratelimit.PerMinute(100)}},
			[]string{`ratelimit: Limits[0]: "100 per second": can never refuse anything beside Limits[1], 100 per minute`},
		},
		"redundant longer window": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerHour(600), ratelimit.PerMinute(10)}},
			[]string{`ratelimit: Limits[0]: "600 per hour": can never refuse anything beside Limits[1], 10 per minute`},
		},
		"redundant longer window, not a multiple": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerSecond(10), {Quota: 20, Window: 1500 * time.Millisecond}}},
			[]string{`ratelimit: Limits[1]: "20 per 1.5s": can never refuse`},
		},
		"long name": {
			ratelimit.Config{Key: key, Limits: one, Name: strings.Repeat("a", 65)},
			[]string{"ratelimit: Name: "},
		},
		"line break in the name": {
			ratelimit.Config{Key: key, Limits: one, Name: "a\r\nSet-Cookie:x"},
			[]string{"ratelimit: Name: "},
		},
		"huge table": {
			ratelimit.Config{Key: key, Limits: one, MaxKeys: 1<<24 + 1},
			[]string{`ratelimit: MaxKeys: "16777217"`},
		},
		"budget too long": {
			ratelimit.Config{Key: key, Limits: one, Budget: time.Second + 1},
			[]string{`ratelimit: Budget: "1.000000001s"`},
		},
		"no name in a store": {
			ratelimit.Config{Key: key, Limits: one, Store: &fakeStore{}},
			[]string{"ratelimit: Name: missing"},
		},
		"a nil store": {
			ratelimit.Config{Key: key, Limits: one, Name: "api", Store: (*fakeStore)(nil)},
			[]string{"ratelimit: Store: is a nil pointer or function"},
		},
		"a nil function as store": {
			ratelimit.Config{Key: key, Limits: one, Name: "api", Store: storeFunc(nil)},
			[]string{"ratelimit: Store: is a nil pointer or function"},
		},
		"a nil function as counter": {
			ratelimit.Config{Key: key, Limits: one, Name: "api", Store: storeOfCounter{counterFunc(nil)}},
			[]string{"ratelimit: Store: its Open returned neither"},
		},
		"no counter": {
			ratelimit.Config{Key: key, Limits: one, Name: "api", Store: storeOfCounter{}},
			[]string{"ratelimit: Store: its Open returned neither"},
		},
		"a nil counter": {
			ratelimit.Config{Key: key, Limits: one, Name: "api", Store: storeOfCounter{(*fakeCounter)(nil)}},
			[]string{"ratelimit: Store: its Open returned neither"},
		},
		"store options without a store": {
			ratelimit.Config{Key: key, Limits: one, OnFailure: ratelimit.FailClosed, Replicas: 3, Budget: time.Millisecond, OnState: func(string, error) {}},
			[]string{
				`ratelimit: OnFailure: "FailClosed": has no meaning without Store`, `ratelimit: Replicas: "3": has no meaning`,
				`ratelimit: Budget: "1ms": has no meaning`, "ratelimit: OnState: has no meaning",
			},
		},
		"a bar in the name": {ratelimit.Config{Key: key, Limits: one, Name: "a|b"}, []string{`ratelimit: Name: "a|b"`}},
		"faults of the store": {
			ratelimit.Config{Limits: one, Name: "api", Store: faultyStore{}},
			[]string{"ratelimit: Key: missing", "redisstore: Client: closed"},
		},
		"exempt tier": {
			ratelimit.Config{Key: key, Limits: one, Tier: func(*http.Request) string { return "" }, Tiers: map[string][]ratelimit.Limit{ratelimit.Exempt: one}},
			[]string{`ratelimit: Tiers: "(exempt)": not a token`},
		},
		"redundant, with Shadow": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{one[0], {Quota: 10, Window: time.Minute, Shadow: true}}},
			[]string{`ratelimit: Limits[1]: "10 per minute": can never refuse`},
		},
		"same window, both with Shadow": {
			ratelimit.Config{Key: key, Limits: []ratelimit.Limit{one[0], {Quota: 5, Window: time.Minute, Shadow: true}, {Quota: 4, Window: time.Minute, Shadow: true}}},
			[]string{`ratelimit: Limits[2]: "4 per minute": has the same window as Limits[1]`},
		},
		"no header": {
			ratelimit.Config{Key: ratelimit.ByHeader("a b"), Limits: one},
			[]string{"ratelimit: Key: missing"},
		},
		"a host as header": {
			ratelimit.Config{Key: ratelimit.ByHeader("host"), Limits: one},
			[]string{"ratelimit: Key: missing"},
		},
		"nil in By": {ratelimit.Config{Key: ratelimit.By(nil), Limits: one}, []string{"ratelimit: Key: missing"}},
		"nil in Join": {
			ratelimit.Config{Key: ratelimit.Join(ratelimit.ByClientIP, nil), Limits: one},
			[]string{"ratelimit: Key: missing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ratelimit.New(tc.cfg)
			if l != nil || err == nil {
				t.Fatal("accepted")
			}
			mwtest.Faults(t, err, tc.want...)
			for _, leaf := range mwtest.Leaves(err) {
				fault, ok := errors.AsType[*httperr.ConfigError](leaf)
				if !ok || fault.Fix == "" || fault.Reason == "" {
					t.Errorf("%v is not a ConfigError with a reason and a fix", leaf)
				}
			}
		})
	}
}

// faultyStore is a store with a wrong configuration.
type faultyStore struct{}

func (faultyStore) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) {
	return nil, &httperr.ConfigError{Package: "redisstore", Field: "Client", Reason: "closed", Fix: "open it"}
}

// storeOfCounter is a store that opens a given Counter, perhaps nil.
type storeOfCounter struct{ ratelimit.Counter }

func (h storeOfCounter) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) {
	return h.Counter, nil
}

// storeFunc is a store that is a function.
type storeFunc func(string, []ratelimit.Limit) (ratelimit.Counter, error)

func (f storeFunc) Open(name string, l []ratelimit.Limit) (ratelimit.Counter, error) {
	return f(name, l)
}

// counterFunc is a Counter that is a function.
type counterFunc func() (ratelimit.Count, error)

func (f counterFunc) Take(context.Context, [16]byte, int, bool) (ratelimit.Count, error) { return f() }

func (counterFunc) Refund(context.Context, [16]byte, int, ratelimit.Stamp) error { return nil }

func (counterFunc) Reset(context.Context, [16]byte) error { return nil }

func TestNewAccepts(t *testing.T) {
	for _, limits := range [][]ratelimit.Limit{
		{ratelimit.PerSecond(1)},
		{{Quota: 1, Window: time.Millisecond}},
		{{Quota: 100_000_000, Window: 30 * 24 * time.Hour}},
		{ratelimit.PerSecond(10), ratelimit.PerMinute(100), ratelimit.PerHour(1000), {Quota: 5000, Window: 24 * time.Hour}},
		{ratelimit.PerSecond(10), ratelimit.PerMinute(599)},
		{ratelimit.PerMinute(10), {Quota: 5, Window: time.Minute, Shadow: true}, {Quota: 2, Window: time.Second, Shadow: true}},
		{ratelimit.PerSecond(10), {Quota: 19, Window: 1500 * time.Millisecond}},
		{{Quota: 1, Window: time.Millisecond}, {Quota: 100_000_000, Window: 30 * 24 * time.Hour}}, // must not overflow
	} {
		if _, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1}); err != nil {
			t.Errorf("%v: %v", limits, err)
		}
	}
}

// New refuses only limits that can never refuse: each limit that it accepts refuses
// some request here.
func TestAcceptedLimitsCanRefuse(t *testing.T) {
	for _, limits := range [][]ratelimit.Limit{
		{ratelimit.PerSecond(99), ratelimit.PerMinute(100)},
		{ratelimit.PerSecond(10), ratelimit.PerMinute(563)}, // 16/17 of 599, a rate that only an exact log would admit
		{ratelimit.PerSecond(10), {Quota: 19, Window: 1500 * time.Millisecond}},
	} {
		l, refused := newLimiter(t, limits...), map[string]bool{}
		for i := range 20_000 {
			if d := l.TakeAt(time.Duration(i)*10*time.Millisecond/3, someKey, 1); !d.Allowed {
				refused[d.Name] = true
			}
		}
		if len(refused) != len(limits) {
			t.Errorf("%v: only %v have refused", limits, refused)
		}
	}
}

func TestNewCopiesLimits(t *testing.T) {
	limits := []ratelimit.Limit{ratelimit.PerHour(1)}
	given := slices.Clone(limits)
	l := build(t, ratelimit.Config{Limits: given})
	given[0] = ratelimit.PerHour(1000)
	if d := l.Take(ctx, someKey, 1); d.Limit != 1 || d.Remaining != 0 {
		t.Errorf("decision %+v after the caller changed its slice", d)
	}
	if l.Take(ctx, someKey, 1).Allowed {
		t.Error("the caller's slice must be copied")
	}
}

func TestConstructors(t *testing.T) {
	for want, l := range map[time.Duration]ratelimit.Limit{
		time.Second: ratelimit.PerSecond(3), time.Minute: ratelimit.PerMinute(3), time.Hour: ratelimit.PerHour(3),
	} {
		if l.Window != want || l.Quota != 3 {
			t.Errorf("%+v, want 3 per %v", l, want)
		}
	}
}

func TestMemoryIsBoundedByNew(t *testing.T) {
	limits := []ratelimit.Limit{ratelimit.PerSecond(100), ratelimit.PerMinute(1000), ratelimit.PerHour(10000)}
	_, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1 << 24})
	mwtest.Faults(t, err, `ratelimit: MaxKeys: "16777216": takes `)
}
