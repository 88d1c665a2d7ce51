package carrier_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// noted records the calls of Settle.
type noted struct {
	pending []carrier.Pending
}

func (n *noted) Settle(_ http.Header, p carrier.Pending) { n.pending = append(n.pending, p) }

// Each policy gets the promises of the layers inside of it, however many they are.
func TestSettleOrder(t *testing.T) {
	for count := range 6 {
		rec := new(carrier.Record)
		policies := make([]noted, count)
		for i := range policies {
			rec.Promise(&policies[i], string(rune('a'+i)))
		}
		rec.Settle(make(http.Header), 200, false)
		for i := range policies {
			if got := policies[i].pending; len(got) != 1 || got[0].Text != string(rune('a'+i)) || len(got[0].Inner) != count-i-1 {
				t.Fatalf("%d promises, the policy %d gets %+v", count, i, got)
			}
			for j, inner := range policies[i].pending[0].Inner {
				if inner.Policy != &policies[i+1+j] {
					t.Errorf("%d promises: the policy %d gets another policy inside", count, i)
				}
			}
		}
	}
}

// A header that a proxy has cleared after an informational response is told from one in which
// a handler has replaced a field, also if the texts are the same.
func TestSettleAfterClearing(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(http.Header)
		want   bool
	}{
		"nothing":           {func(http.Header) {}, false},
		"one is replaced":   {func(h http.Header) { h.Set("A", "3") }, false},
		"one is deleted":    {func(h http.Header) { h.Del("A") }, false},
		"a line is added":   {func(h http.Header) { h.Add("C", "3") }, false},
		"cleared":           {func(h http.Header) { clear(h) }, true},
		"cleared and reset": {func(h http.Header) { clear(h); h["A"], h["B"] = []string{"1"}, []string{"2"} }, true},
	} {
		rec, policy, h := new(carrier.Record), new(noted), http.Header{"A": {"1"}, "B": {"2"}}
		rec.Promise(policy, "")
		rec.Settle(h, 103, false)
		tc.change(h)
		rec.Settle(h, 200, true)
		got := []bool{policy.pending[0].Cleared, policy.pending[1].Cleared}
		if !slices.Equal(got, []bool{false, tc.want}) {
			t.Errorf("%s: Cleared %v, want %v", name, got, tc.want)
		}
	}
}
