package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A promise is what a row of the table has to show: of our time how many times
// that of a peer it is at most, and of our allocations how many there are. Times
// are reported as met or missed; an allocation too many fails the run.
type promise struct {
	than   []than
	allocs float64 // of one decision; unbounded if nothing is promised
}

// than is a multiple of the time of a peer, or of the best of them.
type than struct {
	ratio float64
	peer  string
}

const (
	best      = "the best"
	unbounded = -1

	// amortized is what counts as no allocation where a decision shares its cost
	// with others: the table would round it to none.
	amortized = 0.05
)

var promises = map[string]promise{
	"memory, hot key, serial":                     {[]than{{1, "sethvargo"}}, 0},
	"memory, hot key, 64 goroutines":              {[]than{{1, "sethvargo"}}, 0},
	"memory, 100k keys, serial":                   {[]than{{1, "sethvargo"}}, 0},
	"memory, 100k keys, 64 goroutines":            {[]than{{1, "sethvargo"}}, 0},
	"middleware, allow":                           {[]than{{0.35, best}}, 1},
	"middleware, allow, 64 goroutines":            {[]than{{0.35, best}}, 1},
	chainRow + "record discarded, token cached":   {nil, 4},
	chainRow + "slog JSON, token cached":          {nil, 6},
	chainRow + "record discarded, token verified": {nil, 21},
	chainRow + "slog JSON, token verified":        {nil, 23},
	"Redis, 64 goroutines, 1024 keys":             {[]than{{0.35, "redis_rate"}, {0.8, "rueidislimiter"}}, 0},
	"Redis, 64 goroutines, one hot key":           {[]than{{0.1, "redis_rate"}}, 0},
	"Redis, lone caller":                          {[]than{{1, "redis_rate"}}, 4},
	"Redis, 64 goroutines, 5 ms round trip":       {[]than{{1, best}}, unbounded}, // the proxy allocates in this process
}

// judge says how p was kept, for the table, and returns an error if it was
// broken in a way that no neighbour on the machine can be blamed for.
func (p promise) judge(what string, all []result) (cell string, err error) {
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
			return "", fmt.Errorf("%s: %s and %s have not both been measured", what, ours, t.peer)
		}
		ratio := float64(mine.wall) / float64(theirs.wall)
		parts = append(parts, fmt.Sprintf("≤ %.2fx %s: %.2fx (%.2fx) %s", t.ratio, t.peer, ratio, float64(mine.cpu)/float64(theirs.cpu), metIf(ratio <= t.ratio)))
	}
	if p.allocs != unbounded {
		met := mine.allocs <= p.allocs+amortized
		parts = append(parts, fmt.Sprintf("≤ %.0f allocs: %.1f %s", p.allocs, mine.allocs, metIf(met)))
		if !met {
			err = fmt.Errorf("%s: promised at most %.0f allocations, measured %.2f", what, p.allocs, mine.allocs)
		}
	}
	return strings.Join(parts, "; "), err
}

// An allocation is one of the promises about nobody but us.
type allocation struct {
	what      string
	most, got float64
}

func (a allocation) judge() error {
	if a.got > a.most {
		return fmt.Errorf("%s: promised at most %.0f allocations, measured %.0f", a.what, a.most, a.got)
	}
	return nil
}

func metIf(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// The table is worth something only if a broken promise shows in it.
func TestPromisesAreJudged(t *testing.T) {
	p := promise{[]than{{0.5, "other"}, {1, best}}, 0}
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
		cell, err := p.judge("w", tt.all)
		if cell != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%q, %v", cell, err)
		}
	}
	if (allocation{"w", 1, 1}).judge() != nil || (allocation{"w", 1, 2}).judge() == nil {
		t.Error("one allocation is one allocation")
	}
}
