package fleet

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

var write = flag.Bool("write", false, "print the table, and write it to .github/SIMULATION.md")

type noLog struct{}

func (noLog) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(noLog{}) // it would log the outages that the tests make
	os.Exit(m.Run())
}

// typical is a cost near that of a current machine, for tests with a result that may not depend
// on this one.
var typical = Costs{
	Script: 8 * time.Microsecond, Server: 20 * time.Microsecond, Entry: 6 * time.Microsecond, Client: 20 * time.Microsecond,
	Memory: time.Microsecond, Network: assumedNetwork,
}

const (
	budget     = 25 * time.Millisecond
	gap        = 2300 * time.Millisecond
	lag        = 10 * time.Millisecond
	inTheBurst = 3 * time.Second // while a new window fills
)

// thousand is a thousand processes on twelve shards.
func thousand(length time.Duration) Setup {
	return Setup{
		Seed: 1, Length: length, Processes: 1000, Shards: 12, Budget: budget,
		Hot:  Load{Limit: ratelimit.PerMinute(120_000), Keys: 1, Rate: 20_000, Costs: typical},
		Keys: Load{Limit: ratelimit.PerMinute(100), Keys: 100_000, Rate: 5_000, Costs: typical},
	}
}

func scenarios() (all []Scenario) {
	for _, leases := range []bool{false, true} {
		name := map[bool]string{false: ", no leases", true: ", leases"}[leases]
		all = append(all,
			Scenario{Name: "no fault" + name, Leases: leases},
			Scenario{Name: "failover" + name, Leases: leases, KillAt: inTheBurst, Gap: gap, Lag: lag},
			Scenario{Name: "rolling restart" + name, Leases: leases, Restart: true},
		)
	}
	return all
}

// The bounds hold in every scenario, with the costs of this machine.
func TestThousandProcesses(t *testing.T) {
	if !*write && os.Getenv("FLEET") == "" {
		t.Skip("takes half a minute: make fleet, or FLEET=1")
	}
	setup := thousand(66 * time.Second)
	setup.Hot.Costs, setup.Keys.Costs = measureCosts(t, setup.Hot.Limit), measureCosts(t, setup.Keys.Limit)
	var results []Result
	decisions := 0
	for _, sc := range scenarios() {
		r := Run(setup, sc)
		results = append(results, r)
		decisions += r.Decisions
		check(t, sc, r)
	}
	t.Logf("\n%s", table(results))
	plain, leased, killed := results[0], results[3], results[4]
	mwtest.Publish(t, "fleet.decisions", decisions)
	mwtest.Publish(t, "fleet.calls", plain.Calls)
	mwtest.Publish(t, "fleet.leased_calls", leased.Calls)
	mwtest.Publish(t, "fleet.failover_hot", killed.Hot.Worst)
	mwtest.Publish(t, "fleet.failover_keys", killed.Keys.Worst)
	mwtest.Publish(t, "fleet.tail", leased.P99)
	if *write {
		fmt.Print(table(results))
		if err := os.WriteFile("../../.github/SIMULATION.md", []byte(page(setup, scenarios()[1], len(conformanceLimits)*conformanceSeeds*conformanceSteps, results)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// check reports a result above its bound.
func check(t *testing.T, sc Scenario, r Result) {
	t.Helper()
	for _, a := range []Admitted{r.Hot, r.Keys} {
		mwtest.Publish(t, "fleet.over", a.Over)
		if a.Worst > a.Bound || a.Over > 0 {
			t.Errorf("%s: %d keys above their bound, the worst %v of %v", sc.Name, a.Over, a.Worst, a.Bound)
		}
		if sc.KillAt == 0 && a.Local == 0 {
			mwtest.Publish(t, "fleet.ratio", a.Worst)
		}
	}
}

// The same seed gives the same table, and another seed another one.
func TestSameSeedSameTable(t *testing.T) {
	setup := thousand(10 * time.Second)
	for _, sc := range scenarios() {
		first, again := Run(setup, sc), Run(setup, sc)
		if first != again {
			t.Errorf("%s: %+v, then %+v", sc.Name, first, again)
		}
		other := setup
		other.Seed = 2
		if sc.Leases && sc.Restart && Run(other, sc) == first {
			t.Error("another seed gives the same result")
		}
	}
}

// With typical costs no shard is too busy, so without a fault no process decides by itself.
func TestNoFaultNoDegradedDecision(t *testing.T) {
	r := Run(thousand(10*time.Second), Scenario{Leases: true})
	if r.Degraded > 0 || r.Hot.Worst > 1 || r.Keys.Worst > 1 || r.Hot.Worst < 0.7 || r.Utilisation > 0.9 {
		t.Errorf("%+v", r)
	}
}

// The bounds detect a fleet with a mistake, and hold for the same fleet without it.
func TestFleetDetectsMistakes(t *testing.T) {
	quick := Scenario{Leases: true, KillAt: inTheBurst, Gap: time.Millisecond, Lag: lag}
	outage := Scenario{Leases: true, KillAt: inTheBurst, Gap: gap, Lag: lag}
	for name, twin := range map[string]struct {
		length time.Duration
		sound  Scenario
		change func(*Scenario)
	}{
		"leases live too long":  {70 * time.Second, Scenario{Leases: true}, func(s *Scenario) { s.lateLeases = true }},
		"a replica knows none":  {10 * time.Second, quick, func(s *Scenario) { s.Lag = time.Hour }},
		"the whole quota alone": {10 * time.Second, outage, func(s *Scenario) { s.wholeQuota = true }},
	} {
		t.Run(name, func(t *testing.T) {
			setup := thousand(twin.length)
			if twin.sound.KillAt == 0 {
				setup.Hot.Quiet = [2]time.Duration{inTheBurst, 59 * time.Second} // leases are spent as late as they can be
			}
			setup.Keys.Keys, setup.Keys.Rate = 1000, 100
			sound := Run(setup, twin.sound).Hot
			twin.change(&twin.sound)
			broken := Run(setup, twin.sound).Hot
			t.Logf("admitted/limit %.5f, and with the mistake %.5f", sound.Worst, broken.Worst)
			if sound.Worst > 1.005 || broken.Worst < 1.01 {
				t.Errorf("not detected: %+v, sound %+v", broken, sound)
			}
		})
	}
}
