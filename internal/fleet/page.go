package fleet

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// page returns the page with the results. fault is the failover, and compared the number of
// decisions of the comparison.
func page(setup Setup, fault Scenario, compared int, results []Result) string {
	var w strings.Builder
	fmt.Fprintf(&w, `# Simulation

A model of %d processes on a Redis Cluster of %d shards, in virtual time. `+"`make fleet`"+` measures
the costs, runs the model and writes this page; do not edit it.

## Measured

With %s on %s/%s. Each figure is of one call for one key, by INFO commandstats, INFO cpu and getrusage.

| cost of one operation | %v | %v |
|---|---|---|
`, setup.Processes, setup.Shards, runtime.Version(), runtime.GOOS, runtime.GOARCH, limitName(setup.Hot), limitName(setup.Keys))
	for _, row := range []struct {
		name string
		of   func(Costs) time.Duration
	}{
		{"script", func(c Costs) time.Duration { return c.Script }},
		{"processor of Redis, script included", func(c Costs) time.Duration { return c.Server }},
		{"processor of Redis, each further key of a call", func(c Costs) time.Duration { return c.Entry }},
		{"processor of the process", func(c Costs) time.Duration { return c.Client }},
		{"whole call on the loopback interface, median", func(c Costs) time.Duration { return c.Trip }},
		{"decision in memory", func(c Costs) time.Duration { return c.Memory }},
	} {
		fmt.Fprintf(&w, "| %s | %s | %s |\n", row.name, micros(row.of(setup.Hot.Costs)), micros(row.of(setup.Keys.Costs)))
	}
	fmt.Fprintf(&w, `
The model makes the decisions of the library: `+"`go test -run '^TestModel' ./internal/fleet`"+` compares each of
%d decisions of real processes on a real Redis with the decision of the model. Models with a mistake are detected.

## Computed

Two limits for %v: one key at %.0f requests a second, ten times its limit of %d a minute, and %d keys of
%d a minute at %.0f requests a second, Zipf with exponent %v. "Bound" is the promise for the worst window. "Alone" is the
most units of one key that processes have admitted by themselves.

`, compared, setup.Length, setup.Hot.Rate, setup.Hot.Limit.Quota, setup.Keys.Keys, setup.Keys.Limit.Quota, setup.Keys.Rate, zipfSkew)
	w.WriteString(table(results))
	fmt.Fprintf(&w, `
## Assumed

- The round trip to a shard takes %v and never varies, and no packet is lost.
- A shard needs the measured time for each call and does nothing else. It serves calls in their order.
- A process always has a processor. Requests come at random, to a random process.
- The %d slots of a limit are spread evenly over the shards.
- A failover takes %v, about the longest gap in row R9 of the [scoreboard](SCOREBOARD.md). The replica has not seen the
  last %v, more than the lag of row R9. Calls to the dead master get no answer within the budget of %v. After
  the failover every process knows the new master at once.
- A restart of a process takes no time, and calls under way are answered.
- The grouping of requests into calls is the rule of redisstore restated. The comparison above makes one call at a time.
- Admitted requests count at the time of the decision: the decision of the shard, or of the process that decides by itself.
- With more processes than units in a quota the share of each process is one unit. So a window that an outage touches may
  hold as many units as there are processes, in addition to the quota.
`, setup.Hot.Costs.Network, tags, fault.Gap, fault.Lag, setup.Budget)
	return w.String()
}

func limitName(l Load) string { return l.Limit.String() }

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

// table returns the results as a Markdown table.
func table(results []Result) string {
	var w strings.Builder
	w.WriteString("| scenario | hot key: admitted/limit (bound) | alone | keys: admitted/limit (bound) | alone | forgotten " +
		"| calls/s | busiest shard in its busiest second, calls | its utilisation " +
		"| decision median | p99 | max | in memory |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&w, "| %s | %.5f (%.5f) | %d | %.2f (%.2f) | %d | %d | %.0f | %d | %.1f %% | %s | %s | %s | %.1f %% |\n",
			r.Scenario, r.Hot.Worst, r.Hot.Bound, r.Hot.Local, r.Keys.Worst, r.Keys.Bound, r.Keys.Local,
			max(r.Hot.Forgotten, r.Keys.Forgotten),
			r.Calls, r.BusyCalls, 100*r.Utilisation, micros(r.Median), micros(r.P99), micros(r.Max), 100*r.Memory)
	}
	return w.String()
}
