package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A promise is the promised result of a row of the table: the largest multiple of a
// peer's time that our time may be, and the largest number of our allocations. The
// table reports times as met or missed. An allocation too many fails the run.
type promise struct {
	than   []timeRatio
	allocs float64 // of one decision; unbounded without a promise
}

// A timeRatio is a multiple of the time of one peer, or of the best peer.
type timeRatio struct {
	ratio float64
	peer  string
}

const (
	best      = "the best"
	unbounded = -1

	// amortized still counts as no allocation where several decisions share one call:
	// the table would round it to zero.
	amortized = 0.05
)

var promises = map[string]promise{
	"memory, hot key, serial":                     {[]timeRatio{{1, "sethvargo"}}, 0},
	"memory, hot key, 64 goroutines":              {[]timeRatio{{1, "sethvargo"}}, 0},
	"memory, 100k keys, serial":                   {[]timeRatio{{1, "sethvargo"}}, 0},
	"memory, 100k keys, 64 goroutines":            {[]timeRatio{{1, "sethvargo"}}, 0},
	"middleware, allow":                           {[]timeRatio{{0.35, best}}, 1},
	"middleware, allow, 64 goroutines":            {[]timeRatio{{0.35, best}}, 1},
	chainRow + "record discarded, token cached":   {nil, 2},
	chainRow + "slog JSON, token cached":          {nil, 4},
	chainRow + "record discarded, token verified": {nil, 18},
	chainRow + "slog JSON, token verified":        {nil, 20},
	"Redis, 64 goroutines, 1024 keys":             {[]timeRatio{{0.35, "redis_rate"}, {0.8, "rueidislimiter"}}, 0},
	"Redis, 64 goroutines, one hot key":           {[]timeRatio{{0.12, "redis_rate"}}, 0},
	"Redis, lone caller":                          {[]timeRatio{{1, "redis_rate"}}, 4},
	"Redis, 64 goroutines, 5 ms round trip":       {[]timeRatio{{1, best}}, unbounded}, // the proxy allocates in this process
}

// evaluate returns the cell of the table that says whether p was kept. It returns an
// error if p was broken in a way that no other load on the machine explains.
func (p promise) evaluate(row string, all []result) (cell string, err error) {
	find := func(wanted func(result) bool) *result {
		sorted := slices.SortedStableFunc(slices.Values(all), func(a, b result) int { return int(a.wall - b.wall) })
		if i := slices.IndexFunc(sorted, wanted); i >= 0 {
			return &sorted[i]
		}
		return nil
	}
	mine := find(func(r result) bool { return r.name == ours })
	var parts []string
	for _, t := range p.than {
		theirs := find(func(r result) bool {
			return r.errors == 0 && (r.name == t.peer || t.peer == best && r.name != ours)
		})
		if mine == nil || theirs == nil {
			return "", fmt.Errorf("%s: %s and %s have not both been measured", row, ours, t.peer)
		}
		ratio := float64(mine.wall) / float64(theirs.wall)
		parts = append(parts, fmt.Sprintf("≤ %.2fx %s: %.2fx (%.2fx) %s", t.ratio, t.peer, ratio, float64(mine.cpu)/float64(theirs.cpu), markIf(ratio <= t.ratio)))
	}
	if p.allocs != unbounded {
		met := mine.allocs <= p.allocs+amortized
		parts = append(parts, fmt.Sprintf("≤ %.0f allocs: %.1f %s", p.allocs, mine.allocs, markIf(met)))
		if !met {
			err = fmt.Errorf("%s: promised at most %.0f allocations, measured %.2f", row, p.allocs, mine.allocs)
		}
	}
	return strings.Join(parts, "; "), err
}

// An allocation is a promise about our code alone.
type allocation struct {
	subject   string
	most, got float64
}

func (a allocation) evaluate() error {
	if a.got > a.most {
		return fmt.Errorf("%s: promised at most %.0f allocations, measured %.0f", a.subject, a.most, a.got)
	}
	return nil
}

func markIf(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// The table is useful only if it shows a broken promise.
func TestBrokenPromisesAreReported(t *testing.T) {
	p := promise{[]timeRatio{{0.5, "other"}, {1, best}}, 0}
	field := func(wall time.Duration, allocs float64) []result {
		return []result{
			{name: "failing", wall: 1, errors: 0.1},
			{name: "other", wall: 200, cpu: 100}, {name: "quick", wall: 110, cpu: 50},
			{name: ours, wall: wall, cpu: 25, allocs: allocs},
		}
	}
	for _, tt := range []struct {
		all  []result
		want string
		err  string
	}{
		{field(100, 0), "≤ 0.50x other: 0.50x (0.25x) met; ≤ 1.00x the best: 0.91x (0.50x) met; ≤ 0 allocs: 0.0 met", ""},
		{field(120, 0.04), "≤ 0.50x other: 0.60x (0.25x) MISSED; ≤ 1.00x the best: 1.09x (0.50x) MISSED; ≤ 0 allocs: 0.0 met", ""},
		{field(100, 1), "≤ 0.50x other: 0.50x (0.25x) met; ≤ 1.00x the best: 0.91x (0.50x) met; ≤ 0 allocs: 1.0 MISSED", "w: promised at most 0 allocations, measured 1.00"},
		{field(100, 0)[:1], "", "w: sallyport and other have not both been measured"},
	} {
		cell, err := p.evaluate("w", tt.all)
		if cell != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%q, %v", cell, err)
		}
	}
	if (allocation{"w", 1, 1}).evaluate() != nil || (allocation{"w", 1, 2}).evaluate() == nil {
		t.Error("one allocation is one allocation")
	}
}
