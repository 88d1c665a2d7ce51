package watch_test

import (
	"math"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/watch"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := watch.New(watch.Config{
		Window: time.Millisecond, HalfLife: -1, WarmUp: 1001, Factor: 1, Deviations: math.NaN(), Cooldown: -1,
		Routes: -1, Principals: 1<<20 + 1, Networks: -7,
		Unauthorized: watch.Level{Min: -1},
		Forbidden:    watch.Level{Min: 50, New: 49},
		Limited:      watch.Level{Max: 49},
		ServerErrors: watch.Level{New: -1, Max: -1, ClientMax: 9},
	})
	mwtest.Faults(t, err,
		`watch: OnAlert: is missing; pass a function`,
		`watch: Window: "1ms": is out of range; use 1s to 24h`,
		`watch: HalfLife: "-1": is out of range; use 1 to 1000, or 0 for 30`,
		`watch: WarmUp: "1001": is out of range; use 1 to 1000, or 0 for 10`,
		`watch: Factor: "1": is out of range; use more than 1, at most 1000, or 0 for 3`,
		`watch: Deviations: "NaN": is out of range; use more than 0, at most 1000, or 0 for 4`,
		`watch: Cooldown: "-1": is out of range; use 1 to 100000, or 0 for 10`,
		`watch: Routes: "-1": is out of range; use 1 to 1048576, or 0 for 1024`,
		`watch: Principals: "1048577": is out of range; use 1 to 1048576, or 0 for 8192`,
		`watch: Networks: "-7": is out of range; use 1 to 1048576, or 0 for 8192`,
		`watch: Unauthorized.Min: "-1": is negative`,
		`watch: Forbidden.New: "49": is less than Min, 50; raise it, or lower Min`,
		`watch: Limited.Max: "49": is less than Min, 50`,
		`watch: ServerErrors.New: "-1": is negative`,
		`watch: ServerErrors.Max: "-1": is negative`,
		`watch: ServerErrors.ClientMax: "9": is less than Min, 10; raise it, or lower Min`,
	)
}

func TestLimitsOfEachRangeAreAccepted(t *testing.T) {
	top := watch.Level{Min: math.MaxInt64, New: math.MaxInt64, Max: math.MaxInt64, ClientMax: math.MaxInt64}
	one := watch.Level{Min: 1, New: 1, Max: 1, ClientMax: 1}
	on := func(watch.Alert) {}
	for name, cfg := range map[string]watch.Config{
		"zero": {OnAlert: on},
		"least": {
			OnAlert: on, Window: time.Second, HalfLife: 1, WarmUp: 1, Factor: math.Nextafter(1, 2), Deviations: math.SmallestNonzeroFloat64, Cooldown: 1,
			Routes: 1, Principals: 1, Networks: 1, Unauthorized: one, Forbidden: one, Limited: one, ServerErrors: one, Requests: one, Bytes: one,
		},
		"most": {
			OnAlert: on, Window: 24 * time.Hour, HalfLife: 1000, WarmUp: 1000, Factor: 1000, Deviations: 1000, Cooldown: 100_000,
			Routes: 1 << 20, Principals: 1 << 20, Networks: 1 << 20, Unauthorized: top, Forbidden: top, Limited: top, ServerErrors: top, Requests: top, Bytes: top,
		},
	} {
		w, err := watch.New(cfg)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := &sim{observer: w, window: time.Minute}
		s.steady(0, 50, 3, login(401))
	}
}
