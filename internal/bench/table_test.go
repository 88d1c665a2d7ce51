package bench

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

var (
	full = flag.Bool("table", false, "measure long enough to believe the times, and print the table")
	only = flag.String("only", "", "only the sections whose name matches: "+strings.Join(sectionNames(), ", "))
	into = flag.String("page", "", "with -table: write the rows of the README into this file, between its markers")
)

// A section is a part of the table.
type section struct {
	name string
	add  func(tab *table, t *testing.T, e effort)
}

// sections are the parts of the table in its order.
func sections() []section {
	return []section{
		{"windows", (*table).windows},
		{"memory", func(tab *table, t *testing.T, e effort) {
			tab.measured(t, e, memoryScenarios(t))
			tab.heap(t)
			tab.allocations(t, memoryAllocs(t))
		}},
		{"middleware", func(tab *table, t *testing.T, e effort) {
			tab.measured(t, e, middlewareScenarios(t))
			tab.allocations(t, middlewareAllocs(t))
		}},
		{"redis", (*table).redis},
		{"tokens", func(tab *table, t *testing.T, e effort) {
			tab.tokens(t, e)
			tab.kids(t)
		}},
		{"bodies", (*table).bodies},
		{"authz", (*table).authorization},
		{"edge", (*table).edge},
		{"chain", (*table).chainCosts},
		{"growth", (*table).growth},
	}
}

func sectionNames() (names []string) {
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

// TestTable measures this library and every peer. Without -table it runs through all of
// it in seconds. Its times then mean nothing, but it checks every promise that does not
// depend on time, above all the bound of our windows.
func TestTable(t *testing.T) {
	e := effort{passes: 1, slice: time.Millisecond}
	if *full {
		e = effort{passes: 5, slice: 100 * time.Millisecond}
	}
	wanted, tab := regexp.MustCompile(*only), &table{}
	for _, s := range sections() {
		if wanted.MatchString(s.name) {
			s.add(tab, t, e)
		}
	}
	if *full {
		tab.print(os.Stdout)
	}
	if *full && *into != "" {
		tab.writePage(t, *into)
	}
}

// measured adds a row for each scenario.
func (tab *table) measured(t *testing.T, e effort, all []scenario) {
	for _, sc := range all {
		tab.times(t, sc.name, measure(t, sc, e))
	}
}

// windows adds the worst window of each limiter under each adversary.
func (tab *table) windows(t *testing.T, _ effort) {
	phases := 1
	if *full {
		phases = 3
	}
	var found []accuracy
	for _, p := range memoryPeers() {
		found = append(found, runAdversaries(t, p, phases))
	}
	tab.accuracy(t, "memory", found)
	tab.accuracy(t, "Redis", runAdversariesOnRedis(t, redisPeers(redistest.Start(t).Addr, longBudget), phases))
}

// redis adds the rows of decisions on Redis: quick, hung, and without it.
func (tab *table) redis(t *testing.T, e effort) {
	server, patience := redistest.Start(t), 300*time.Millisecond
	if *full {
		patience = 12 * time.Second
	}
	tab.measured(t, e, redisScenarios(t, server.Addr))
	tab.script(t, server.Addr)
	tab.hung(measureHangs(t, server.Addr, patience), patience)
	tab.open(t, server.Addr)
}

// runAdversariesOnRedis attacks the peers one after the other, because adversaries that
// wait for each other do no harm. A single phase is only a trial of the harness and
// runs side by side.
func runAdversariesOnRedis(t *testing.T, peers []peer, phases int) []accuracy {
	found := make([]accuracy, len(peers))
	var wg sync.WaitGroup
	for i, p := range peers {
		wg.Go(func() { found[i] = runAdversaries(t, p, phases) })
		if phases > 1 {
			wg.Wait()
		}
	}
	wg.Wait()
	return found
}

// A table collects one row for each question, with the result of every candidate.
type table struct {
	rows  [][5]string
	notes []string
}

// row compares our result with the best peer. The smallest score is the best. The ratio
// says how often our score fits into that of the best peer. target says what was
// promised, and whether the promise was kept.
func row[T any](tab *table, subject, target string, all []T, name func(T) string, score func(T) float64, show func(T) string) {
	var mine, best *T
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(score(a), score(b)) })
	note := make([]string, 0, len(sorted))
	for i, x := range sorted {
		note = append(note, name(x)+" "+show(x))
		switch {
		case name(x) == ours:
			mine = &sorted[i]
		case best == nil:
			best = &sorted[i]
		}
	}
	cells := [5]string{subject, name(*best) + " " + show(*best), "–", "–", target}
	if mine != nil {
		cells[2] = show(*mine)
		if s := score(*mine); s > 0 {
			cells[3] = fmt.Sprintf("%.2fx", score(*best)/s)
		}
		if a, ok := any(*best).(result); ok {
			cells[3] += fmt.Sprintf(" (%.2fx)", float64(a.cpu)/float64(any(*mine).(result).cpu))
		}
	}
	tab.rows = append(tab.rows, cells)
	tab.notes = append(tab.notes, subject+": "+strings.Join(note, "; "))
}

// accuracy adds a row for each adversary, one for the worst window and one for the part
// of the limit that a flood gets. It fails t if a window of ours holds more than the
// limit.
func (tab *table) accuracy(t *testing.T, where string, all []accuracy) {
	name := func(a accuracy) string { return a.name }
	for _, adv := range adversaries {
		score := func(a accuracy) float64 { return a.found[adv.name] }
		row(tab, "worst window, "+where+", "+adv.name, "", all, name, score, func(a accuracy) string { return fmt.Sprintf("%.2f", score(a)) })
	}
	worst := func(a accuracy) float64 { return a.worst }
	row(tab, "worst window, "+where+", all four", "≤ 1.00: "+markIf(ourWorst(all) <= 1), all, name, worst, func(a accuracy) string { return fmt.Sprintf("%.2f", a.worst) })
	share := func(a accuracy) float64 { return min(1, a.share) } // a burst at the beginning is no merit
	row(tab, "quota given under flood, "+where, "", all, name,
		func(a accuracy) float64 { return 1 / share(a) }, func(a accuracy) string { return fmt.Sprintf("%.0f%%", 100*share(a)) })
	for _, a := range all {
		if a.name != ours {
			if where == "memory" {
				mwtest.Publish(t, "window.peers", a.worst)
			}
			continue
		}
		mwtest.Publish(t, "window.ours_beside_peers", a.worst)
		if a.worst > 1 {
			t.Errorf("%s: %.2f of our limit in one window: %v", where, a.worst, a.found)
		}
		if where == "memory" && a.share < 0.94 { // 16 of 17 sub-buckets
			t.Errorf("%s: %.3f of our limit admitted under flood", where, a.share)
		}
	}
}

func ourWorst(all []accuracy) float64 {
	return all[slices.IndexFunc(all, func(a accuracy) bool { return a.name == ours })].worst
}

// times compares by wall time. The time in brackets is CPU time, which includes a
// server in this process but not Redis. A candidate that failed is not compared. times
// fails t if our code allocates more than promised. It checks that only if the
// measurement is long enough to make one-time allocations negligible.
func (tab *table) times(t *testing.T, subject string, all []result) {
	target := ""
	if p, has := promises[subject]; has {
		var err error
		if target, err = p.evaluate(subject, all); err != nil && *full {
			t.Error(err)
		}
	}
	show := func(r result) string {
		s := fmt.Sprintf("%s (%s) %.1f allocs", formatDuration(r.wall), formatDuration(r.cpu), r.allocs)
		if r.errors > 0 {
			s += fmt.Sprintf(" %.1f%% failed", 100*r.errors)
		}
		return s
	}
	score := func(r result) float64 {
		if r.errors > 0 {
			return float64(r.wall) + 1e12 // never the best
		}
		return float64(r.wall)
	}
	row(tab, subject, target, all, func(r result) string { return r.name }, score, show)
}

func (tab *table) heap(t *testing.T) {
	type held struct {
		name  string
		bytes float64
	}
	var all []held
	for _, p := range memoryPeers() {
		all = append(all, held{p.name, heapPerKey(t, p)})
	}
	row(tab, "live heap per key, 100k keys", "", all, func(h held) string { return h.name },
		func(h held) float64 { return h.bytes }, func(h held) string { return fmt.Sprintf("%.0f B", h.bytes) })
}

func (tab *table) hung(all []hangResult, patience time.Duration) {
	mine := all[slices.IndexFunc(all, func(h hangResult) bool { return h.name == ours })]
	row(tab, "Redis hung, one decision", "≤ 30 ms: "+markIf(mine.returned && mine.took <= 30*time.Millisecond), all, func(h hangResult) string { return h.name },
		func(h hangResult) float64 { return float64(h.took) },
		func(h hangResult) string {
			switch {
			case !h.returned:
				return fmt.Sprintf("> %v", patience)
			case h.admitted:
				return formatDuration(h.took) + " admitted"
			case h.err != nil:
				return formatDuration(h.took) + " error"
			}
			return formatDuration(h.took) + " denied"
		})
}

// open adds a row for the cost of one of our decisions while the breaker is open.
func (tab *table) open(t *testing.T, addr string) {
	took := timeOpenDecision(t, addr)
	tab.rows = append(tab.rows, [5]string{"Redis hung, breaker open", "–", formatDuration(took), "–", "< 1 µs: " + markIf(took < time.Microsecond)})
}

// allocations adds a row for each promise about our code alone, and fails t for each
// broken one.
func (tab *table) allocations(t *testing.T, all []allocation) {
	for _, a := range all {
		err := a.evaluate()
		if err != nil {
			t.Error(err)
		}
		tab.rows = append(tab.rows, [5]string{a.subject, "–", fmt.Sprintf("%.0f allocs", a.got), "–", fmt.Sprintf("≤ %.0f allocs: %s", a.most, markIf(err == nil))})
	}
}

func formatDuration(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f µs", float64(d)/1e3)
	}
	return fmt.Sprintf("%.0f ms", float64(d)/1e6)
}

func (tab *table) print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "\nMedians of interleaved passes on this machine; wall time, in brackets CPU time of the process.\n"+
		"ratio: best peer divided by ours, above 1 ours is better. worst window: 1.00 is the limit;\n"+
		"on Redis, and for sethvargo, it was looked for in real time, where a peer can do worse than was found.\n"+
		"target: our time divided by that of the peer, wall (CPU), and held by the wall; one too many of the allocations fails the run.\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	_, _ = fmt.Fprintln(tw, "| what\t| best peer\t| ours\t| ratio (CPU)\t| target\t|\n|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range tab.rows {
		_, _ = fmt.Fprintf(tw, "| %s\t| %s\t| %s\t| %s\t| %s\t|\n", r[0], r[1], r[2], r[3], r[4])
	}
	_ = tw.Flush()
	_, _ = fmt.Fprintf(w, "\nEverybody:\n- %s\n\n", strings.Join(tab.notes, "\n- "))
}
