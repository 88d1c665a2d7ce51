package virtualtime

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var (
	repeats = flag.Int("repeats", 3, "the number of runs that must have the same log")
	table   = flag.Bool("table", false, "print the events of each part as a Markdown table")
)

// decode decodes the header of a token.
func decode(token string, into any) {
	first, _, _ := strings.Cut(token, ".")
	text, _ := base64.RawURLEncoding.DecodeString(first)
	_ = json.Unmarshal(text, into)
}

// Ninety days pass without a fault, and each run has the same log.
func TestNinetyDays(t *testing.T) {
	began := time.Now()
	reference := run(t, 1, 90*day, promised)
	for _, f := range reference.faults {
		t.Error(f)
	}
	for i := 1; i < *repeats; i++ {
		again := run(t, 1, 90*day, promised)
		if difference := differs(reference.log, again.log); difference != "" {
			t.Fatalf("run %d: %s", i+1, difference)
		}
	}
	if other := run(t, 2, 90*day, promised); differs(reference.log, other.log) == "" || len(other.faults) > 0 {
		t.Errorf("another seed has the same log, or faults: %v", other.faults)
	}
	n := reference.parts()
	mwtest.Publish(t, "virtual.runs", *repeats)
	mwtest.Publish(t, "virtual.events", len(reference.log))
	mwtest.Publish(t, "virtual.faults", len(reference.faults))
	for _, part := range []string{"limiter", "lockout", "token", "API key", "cookie", "idle cookie", "refresh", "replay", "certificate"} {
		if n[part] < 9 {
			t.Errorf("%s has %d events", part, n[part])
		}
	}
	if *table {
		fmt.Println("| part | events in 90 days | faults |\n|---|---|---|")
		for _, part := range slices.Sorted(maps.Keys(n)) {
			fmt.Printf("| %s | %d | 0 |\n", part, n[part])
		}
		sum := sha256.Sum256([]byte(strings.Join(reference.log, "\n")))
		fmt.Printf("\n%d runs with the same log, SHA-256 %x, in %v\n", *repeats, sum[:8], time.Since(began).Round(time.Millisecond))
	}
}

// differs returns the first difference of two logs.
func differs(a, b []string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a) || i >= len(b):
			return fmt.Sprintf("%d events and %d events", len(a), len(b))
		case a[i] != b[i]:
			return fmt.Sprintf("%q and %q", a[i], b[i])
		}
	}
	return ""
}

// A duration that is one second short is caught by its own part and by no other, and so is a clock that is slow.
func TestTwinsAreCaught(t *testing.T) {
	for name, twin := range map[string]struct {
		part   string
		days   time.Duration // until the part has reached the limit
		change func(*durations)
	}{
		"limit window":     {"limiter", 3, func(d *durations) { d.limitWindow -= time.Second }},
		"clock of limits":  {"limiter", 3, func(d *durations) { d.clockOfLimits = 0.99 }},
		"lock window":      {"lockout", 3, func(d *durations) { d.lockWindow -= time.Second }},
		"lifetime":         {"token", 2, func(d *durations) { d.lifetime -= time.Second }},
		"ahead":            {"token", 8, func(d *durations) { d.ahead -= time.Second }},
		"overlap":          {"API key", 9, func(d *durations) { d.overlap -= time.Second }},
		"end of cookie":    {"cookie", 15, func(d *durations) { d.cookieEnd -= time.Second }},
		"idle cookie":      {"idle cookie", 2, func(d *durations) { d.cookieIdle -= time.Second }},
		"idle refresh":     {"refresh", 15, func(d *durations) { d.refreshIdle -= time.Second }},
		"end of refresh":   {"refresh", 31, func(d *durations) { d.refreshEnd -= time.Second }},
		"grace":            {"replay", 2, func(d *durations) { d.grace -= time.Second }},
		"certificate":      {"certificate", 31, func(d *durations) { d.certificate -= time.Second }},
		"long overlap":     {"API key", 9, func(d *durations) { d.overlap += time.Second }},
		"long idle cookie": {"idle cookie", 2, func(d *durations) { d.cookieIdle += time.Second }},
	} {
		t.Run(name, func(t *testing.T) {
			actual := promised
			twin.change(&actual)
			if got := run(t, 1, twin.days*day, actual).failed(); !slices.Equal(got, []string{twin.part}) {
				t.Errorf("faults in %v, want only %s", got, twin.part)
			}
		})
	}
}
