package ratelimit_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestPolicy(t *testing.T) {
	key := ratelimit.ByClientIP
	shadow := ratelimit.Limit{Quota: 5, Window: time.Hour, Shadow: true}
	tiers := ratelimit.Config{
		Name: "api", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60), ratelimit.PerHour(1000)},
		Tier:  func(*http.Request) string { return "" },
		Tiers: map[string][]ratelimit.Limit{"silver": {ratelimit.PerMinute(90)}, "gold": {ratelimit.PerMinute(600)}},
	}
	for _, tc := range []struct {
		cfg  ratelimit.Config
		tier string // "-": none
		want string
	}{
		{ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60)}}, "-", "limit: 60 per minute"},
		{ratelimit.Config{Name: "login", Key: key, Limits: []ratelimit.Limit{{Quota: 5, Window: 15 * time.Minute}}}, "-", "login: 5 per 15m"},
		{ratelimit.Config{Name: "new", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60), shadow}}, "-", "new: 60 per minute, 5 per hour (shadow)"},
		{ratelimit.Config{Name: "new", Key: key, Limits: []ratelimit.Limit{shadow}}, "-", "new: 5 per hour (shadow)"},
		{ratelimit.Config{Name: "own", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60)},
			LimitsFor: func(context.Context, ratelimit.Key) ([]ratelimit.Limit, error) { return nil, nil }}, "-", "own: 60 per minute; some keys: LimitsFor"},
		{tiers, "-", "api: 60 per minute, 1000 per hour; api-gold: 600 per minute; api-silver: 90 per minute"},
		{tiers, "gold", "api-gold: 600 per minute"},
		{tiers, "", "api: 60 per minute, 1000 per hour"},
		{tiers, ratelimit.Exempt, "api-(exempt): exempt"},
	} {
		l, err := ratelimit.New(tc.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if tc.tier != "-" {
			l = l.Tier(tc.tier)
		}
		if got := l.Policy(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
