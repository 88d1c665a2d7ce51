package bench

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var tokenAlgorithms = []string{"RS256", "HS256", "ES256", "EdDSA"}

// tokens measures the cost of a token, with the whole middleware around a handler that
// does nothing: a good token, and the bad tokens of strangers.
func (tab *table) tokens(t *testing.T, e effort) {
	// Use shorter and more turns, because the differences are small.
	e = effort{passes: 3 * e.passes, slice: e.slice / 2}
	for _, alg := range tokenAlgorithms {
		s := newSigner(t, alg)
		token := s.token(t)
		sc := scenario{name: "token, " + alg, workers: 1, keys: 1, names: []string{""}, admit: true, field: []contender{s.floorOf(token)}}
		for _, g := range guards(t, s) {
			if err := g.verify(token); err != nil {
				t.Error(err)
			}
			sc.field = append(sc.field, g.contend(token))
		}
		tab.verified(alg, measure(t, sc, e))
	}
	s := newSigner(t, "RS256")
	header := strings.Split(s.token(t), ".")[0]
	for _, hostile := range []struct{ name, token string }{
		{"650 KB of claims, bad signature", header + "." + base64.RawURLEncoding.EncodeToString([]byte(manyClaims(480<<10))) + ".AAAA"},
		{"700 KB of garbage", strings.Repeat("a", 700<<10)},
		{"900 KB of dots", strings.Repeat(".", 900<<10)},
	} {
		sc := scenario{name: "bad token, " + hostile.name, workers: 1, keys: 1, names: []string{""}, field: []contender{rejectToken(t, s, hostile.token)}}
		for _, g := range guards(t, s) {
			if g.name != oursCached {
				sc.field = append(sc.field, g.contend(hostile.token))
			}
		}
		tab.refused(sc.name, measure(t, sc, e))
	}
}

// verified adds the rows of one algorithm: the time itself, the part of it without the
// signature, and the time with a cache of verified tokens.
func (tab *table) verified(alg string, all []result) {
	floor, rest := splitOff(all, signatureAlone)
	cached, whole := splitOff(rest, oursCached)
	mine, peers := splitOff(whole, ours)
	reference, _ := splitOff(peers, golangJWT)
	tab.notes = append(tab.notes, fmt.Sprintf("token, %s, signature alone: %s %.1f allocs", alg, formatDuration(floor.cpu), floor.allocs))
	byCPU(tab, "token, "+alg+", whole middleware", "", whole)
	quotient(tab, "token, "+alg+" ÷ signature alone", atMost(mine, floor, map[string]float64{"RS256": 1.15}[alg]), whole, floor)
	quotient(tab, "token, "+alg+" ÷ "+golangJWT, atMost(mine, reference, map[string]float64{"HS256": 0.5, "ES256": 0.9, "EdDSA": 0.95}[alg]), whole, reference)
	verdict := "≤ 1 µs: " + markIf(cached.cpu <= time.Microsecond)
	if alg == "RS256" {
		verdict += fmt.Sprintf("; %.3fx %s, %s", cached.ratioTo(reference), golangJWT, atMost(cached, reference, 0.02))
	}
	byCPU(tab, "token, "+alg+", seen before; no peer remembers", verdict, replaceOurs(cached, peers))
}

// atMost returns whether mine is at most limit times other, if that was promised.
func atMost(mine, other result, limit float64) string {
	if limit == 0 {
		return ""
	}
	return fmt.Sprintf("≤ %.2f: %s", limit, markIf(mine.ratioTo(other) <= limit))
}

// refused adds the rows of one bad token: the whole response, and the cost of detecting
// the bad token.
func (tab *table) refused(subject string, all []result) {
	decided, whole := splitOff(all, oursVerdict)
	_, peers := splitOff(whole, ours)
	byCPU(tab, subject+", answered", "", whole)
	byCPU(tab, subject+", ours decided", "≤ 2 µs: "+markIf(decided.cpu <= 2*time.Microsecond), replaceOurs(decided, peers))
}

// splitOff returns the result of one contender, and all other results.
func splitOff(all []result, name string) (one result, rest []result) {
	for _, r := range all {
		if r.name == name {
			one = r
		} else {
			rest = append(rest, r)
		}
	}
	return one, rest
}

// replaceOurs puts a variant of our result into its place among the peers.
func replaceOurs(mine result, peers []result) []result {
	mine.name = ours
	return append([]result{mine}, peers...)
}

// byCPU compares by CPU time, because a signature needs only the CPU and waits for
// nothing.
func byCPU(tab *table, subject, target string, all []result) {
	show := func(r cpuResult) string { return fmt.Sprintf("%s %.1f allocs", formatDuration(r.cpu), r.allocs) }
	row(tab, subject, target, cpuResults(all), cpuResult.title, func(r cpuResult) float64 { return float64(r.cpu) }, show)
}

// quotient compares by how often the time of by fits into the time.
func quotient(tab *table, subject, target string, all []result, by result) {
	score := func(r cpuResult) float64 { return r.ratioTo(by) }
	row(tab, subject, target, cpuResults(all), cpuResult.title, score, func(r cpuResult) string { return fmt.Sprintf("%.2f", score(r)) })
}

// A cpuResult is a result whose wall time is ignored.
type cpuResult struct{ result }

func (r cpuResult) title() string { return r.name }

func cpuResults(all []result) (wrapped []cpuResult) {
	for _, r := range all {
		wrapped = append(wrapped, cpuResult{r})
	}
	return wrapped
}

// manyClaims returns a JSON object of about size bytes.
func manyClaims(size int) string {
	var b strings.Builder
	b.WriteString(`{"iss":"` + tokenIssuer + `"`)
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, `,"claim%06d":"x"`, n)
	}
	return b.String() + "}"
}

// TestTokenPromise checks the allocations for a token: without the allocations of the
// signature, for a token in the cache, and for a bad token.
func TestTokenPromise(t *testing.T) {
	const above, remembered, refused = 9, 1, 4
	for _, alg := range tokenAlgorithms {
		s := newSigner(t, alg)
		token := s.token(t)
		verify := s.floorOf(token)
		floor := testing.AllocsPerRun(200, func() { _, _ = verify.op(0, 0) })
		for _, tc := range []struct {
			name  string
			c     contender
			admit bool
			want  float64
		}{
			{"good", ourGuard(t, ours, s, 0).contend(token), true, floor + above},
			{"seen before", ourGuard(t, ours, s, 16).contend(token), true, remembered},
			{"garbage", rejectToken(t, s, strings.Repeat("a", 700<<10)), false, refused},
			{"dots", rejectToken(t, s, strings.Repeat(".", 900<<10)), false, refused},
			{"not base64", rejectToken(t, s, "*"+token), false, refused},
		} {
			mwtest.MaxAllocs(t, alg+", "+tc.name, tc.want, func() {
				if admitted, err := tc.c.op(0, 0); admitted != tc.admit || err != nil {
					t.Fatalf("%s, %s: admitted: %v, %v", alg, tc.name, admitted, err)
				}
			})
		}
	}
}
