package bench

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// TestChainCost prints the CPU time of one request of each variant of the whole chain, in
// nanoseconds, if BENCH_COST is set. baseline_test.go copies this file into an older commit,
// so it uses only names that both have.
func TestChainCost(t *testing.T) {
	if os.Getenv("BENCH_COST") == "" {
		t.Skip("baseline_test.go runs it")
	}
	s := newSigner(t, "RS256")
	requests := chainRequests(s.token(t))
	for _, v := range chainVariants {
		h, w, i := ourChain(t, v, s, 1000, &mwtest.Spy{}), mwtest.NewDiscard(), 0
		serve := func(n int) float64 {
			before := cpuTime()
			for range n {
				w.Reset()
				h.ServeHTTP(w, requests[i%len(requests)])
				i++
			}
			return float64(cpuTime()-before) / float64(n)
		}
		serve(2 * len(requests)) // each client has been there
		var rounds []float64
		for range 9 {
			rounds = append(rounds, serve(2000))
		}
		if w.Code != 200 {
			t.Fatalf("%s: status %d", v.name, w.Code)
		}
		fmt.Printf("cost %q %.0f\n", v.name, slices.Min(rounds))
	}
}
