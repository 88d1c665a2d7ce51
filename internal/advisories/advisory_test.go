package advisories

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var table = flag.Bool("table", false, "print the advisories and the measured answers as a Markdown table")

var identifier = regexp.MustCompile(`^(CVE-(199\d|20\d\d)-\d{4,7}|GHSA(-[23456789cfghjmpqrvwx]{4}){3})$`)

// trials returns the program of each advisory, by its identifier.
func trials(t *testing.T) map[string]trial {
	t.Helper()
	all := map[string]trial{}
	for _, some := range []map[string]trial{
		tokenTrials(t), sessionTrials(), originTrials(), addressTrials(), limitTrials(), inputTrials(), routingTrials(), fieldTrials(),
	} {
		for id := range some {
			if _, twice := all[id]; twice {
				t.Errorf("%s has two trials", id)
			}
		}
		maps.Copy(all, some)
	}
	return all
}

// Every advisory is an attack, and this library answers it as its row says.
func TestAdvisories(t *testing.T) {
	var out strings.Builder
	out.WriteString("| advisory | peer | fault of the peer | attack | answer here | answer with the fault |\n|---|---|---|---|---|---|\n")
	programs := trials(t)
	for _, a := range All() {
		tr, ok := programs[a.ID]
		if !ok {
			t.Errorf("%s has no trial", a.ID)
			continue
		}
		delete(programs, a.ID)
		t.Run(a.ID, func(t *testing.T) {
			r := tr.run(t)
			wrong := tr.findFaults(r, a.Want)
			for _, text := range wrong {
				t.Error(text)
			}
			mwtest.Publish(t, "advisories.all", 1)
			mwtest.Publish(t, "advisories.wrong", len(wrong))
			fmt.Fprintf(&out, "| %s | %s | %s | %s | `%s` | `%s` |\n", a.ID, a.Peer, a.Fault, a.Attack, r.ours, r.naive)
		})
	}
	for id := range programs {
		t.Errorf("%s has a trial and no row", id)
	}
	if *table {
		fmt.Print(out.String())
	}
}

// An attack on the memory costs this library a small part of the memory that the fault of the peer costs.
func TestMemory(t *testing.T) {
	programs := trials(t)
	for _, id := range []string{"CVE-2025-30204", "GHSA-mh55-gqvf-xfwm", "CVE-2025-54801", "CVE-2024-37298"} {
		tr := programs[id]
		ours, naive := allocated(t, tr.attack, outermost(t, tr.ours(t))), allocated(t, tr.attack, outermost(t, tr.naive(t)))
		if ours > 1<<20 || naive < 8<<20 {
			t.Errorf("%s costs %d KiB here and %d KiB with the fault", id, ours>>10, naive>>10)
		}
	}
}

// allocated returns the bytes that an attack allocates, at least.
func allocated(t *testing.T, attack step, h http.Handler) uint64 {
	t.Helper()
	least := uint64(math.MaxUint64)
	for range 3 { // another goroutine may allocate too
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		attack(t, h)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// The list is long enough, and each identifier stands once, in the form of its database.
func TestRows(t *testing.T) {
	all, seen := All(), map[string]bool{}
	if len(all) < 40 {
		t.Errorf("%d advisories, want at least 40", len(all))
	}
	for _, a := range all {
		if seen[a.ID] || !identifier.MatchString(a.ID) {
			t.Errorf("%q is no identifier, or stands twice", a.ID)
		}
		seen[a.ID] = true
		if a.Peer == "" || a.Attack == "" || a.Want == "" || !strings.HasSuffix(a.Fault, ".") || strings.Count(a.Fault, ". ") > 0 {
			t.Errorf("%s needs a peer, one sentence about the fault, an attack and an answer: %+v", a.ID, a)
		}
		if strings.Contains(a.Peer+a.Fault+a.Attack+a.Want, "|") {
			t.Errorf("%s breaks the table", a.ID)
		}
	}
	for _, wrong := range []string{"CVE-25-1", "GO-2025-3553", "GHSA-3fxj-6jh8", "cve-2025-30204", "CVE-2025-30204 ", "GHSA-aaaa-b"} {
		if identifier.MatchString(wrong) {
			t.Errorf("%q counts as an identifier", wrong)
		}
	}
}

// The comparison detects a library with the fault, an attack without an effect, and a handler that refuses every request.
func TestFaultsAreDetected(t *testing.T) {
	tr := trial{}
	for _, r := range []result{
		{ours: reached, honest: reached, naive: reached},
		{ours: "401 invalid_credentials", honest: "401 invalid_credentials", naive: reached},
		{ours: "401 invalid_credentials", honest: reached, naive: "403"},
	} {
		if len(tr.findFaults(r, "401 invalid_credentials")) != 1 {
			t.Errorf("%+v: %v", r, tr.findFaults(r, "401 invalid_credentials"))
		}
	}
	if found := (trial{through: "403"}).findFaults(result{"403", reached, "403"}, "403"); len(found) != 1 {
		t.Errorf("an attack without an effect: %v", found)
	}
	if found := tr.findFaults(result{"403", reached, reached}, "403"); len(found) != 0 {
		t.Errorf("a good trial: %v", found)
	}
}
