package fleet

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestTry(t *testing.T) {
	c := Costs{Server: 25 * time.Microsecond, Entry: 8 * time.Microsecond, Client: 20 * time.Microsecond, Memory: time.Microsecond, Network: 250 * time.Microsecond}
	s := Setup{Seed: 1, Length: 16 * time.Second, Processes: 1000, Shards: 12, Budget: 25 * time.Millisecond,
		Hot:  Load{ratelimit.Limit{Quota: 100_000, Window: 10 * time.Second}, 1, 100_000, c},
		Keys: Load{ratelimit.Limit{Quota: 100, Window: 10 * time.Second}, 100_000, 20_000, c}}
	for _, sc := range []Scenario{
		{Name: "none"}, {Name: "leases", Leases: true},
		{Name: "kill", Leases: true, KillAt: 10600 * time.Millisecond, Gap: 2300 * time.Millisecond, Lag: 10 * time.Millisecond},
		{Name: "restart", Leases: true, Restart: true},
		{Name: "late", Leases: true, lateLeases: true},
		{Name: "forget", Leases: true, KillAt: 10600 * time.Millisecond, Gap: 2300 * time.Millisecond, Lag: time.Hour},
		{Name: "whole", Leases: true, KillAt: 10600 * time.Millisecond, Gap: 2300 * time.Millisecond, Lag: 10 * time.Millisecond, wholeQuota: true},
	} {
		b := time.Now()
		r := Run(s, sc)
		t.Logf("%+v %v", r, time.Since(b))
	}
}
