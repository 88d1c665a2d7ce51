package bench

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"
)

const (
	decodeAlone = "json.Unmarshal alone"
	decodeRules = "json.Unmarshal and validator"
	plainName   = "Decoder+validator" // a handler with json.Decoder and validator
)

// The floors decode a body that has already been read.
func decodeFloors(body string) []contender {
	in, v := []byte(body), validator.New(validator.WithRequiredStructEnabled())
	return []contender{
		{decodeAlone, func(int, int) (bool, error) { return true, json.Unmarshal(in, new(order)) }},
		{decodeRules, func(int, int) (bool, error) {
			o := new(order)
			if err := json.Unmarshal(in, o); err != nil {
				return false, err
			}
			return true, v.Struct(o)
		}},
	}
}

// bodies measures the cost of a body, from the request to the response: a good body, a
// body that breaks a rule, and the bodies of strangers.
func (tab *table) bodies(t *testing.T, e effort) {
	e = effort{passes: 3 * e.passes, slice: e.slice / 2} // as for tokens
	sc := scenario{name: "body, 1 KB order", workers: 1, keys: 1, names: []string{""}, admit: true, field: decodeFloors(goodOrder)}
	bad := scenario{name: "body, 1 KB order that breaks a rule", workers: 1, keys: 1, names: []string{""}}
	for _, k := range takers(t) {
		sc.field = append(sc.field, k.contend(goodOrder))
		bad.field = append(bad.field, k.contend(badOrder))
	}
	tab.decoded(sc.name, measure(t, sc, e))
	broken := measure(t, bad, e)
	mine, peers := splitOff(broken, ours)
	plain, _ := splitOff(peers, plainName)
	byCPU(tab, bad.name, fmt.Sprintf("%.2fx %s, %s", mine.ratioTo(plain), plainName, atMost(mine, plain, 1.2)), broken)
	tab.scan(t, e)
	tab.bombs(t)
	tab.allocations(t, bodyAllocs(t))
}

// decoded adds the rows of a good body: the time itself, and the time beyond plain
// decoding. Each peer that describes its bodies has a row of its own, because the best
// peer may be one that does not.
func (tab *table) decoded(subject string, all []result) {
	floor, rest := splitOff(all, decodeAlone)
	both, whole := splitOff(rest, decodeRules)
	mine, _ := splitOff(whole, ours)
	tab.notes = append(tab.notes, fmt.Sprintf("%s, %s: %s %.1f allocs; %s: %s %.1f allocs", subject, decodeAlone, formatDuration(floor.cpu), floor.allocs, decodeRules, formatDuration(both.cpu), both.allocs))
	byCPU(tab, subject, "", whole)
	quotient(tab, subject+" ÷ "+decodeAlone, atMost(mine, floor, 1.75), whole, floor)
	for _, name := range []string{"huma", "kin-openapi"} {
		peer, _ := splitOff(whole, name)
		pair(tab, subject+" ÷ "+decodeAlone+", beside "+name, mine, peer, floor)
	}
}

// pair adds a row for one peer and drops its notes, because the row for all peers
// already has them.
func pair(tab *table, subject string, mine, peer, by result) {
	notes := tab.notes
	quotient(tab, subject, "", []result{mine, peer}, by)
	tab.notes = notes
}

// bodyAllocs are the promises about an accepted body.
func bodyAllocs(t *testing.T) []allocation {
	mine := takers(t)[0].contend(goodOrder)
	floor := decodeFloors(goodOrder)[1]
	count := func(c contender) float64 {
		return testing.AllocsPerRun(500, func() {
			if ok, err := c.op(0, 0); !ok || err != nil {
				t.Fatalf("%s: %v, %v", c.name, ok, err)
			}
		})
	}
	return []allocation{{"body, 1 KB order, beyond decoding and the rules", 6, count(mine) - count(floor)}}
}

// TestBodyPromise checks the allocations for a body, as the table does.
func TestBodyPromise(t *testing.T) {
	for _, a := range bodyAllocs(t) {
		if err := a.evaluate(); err != nil {
			t.Error(err)
		}
	}
}

// A server that is fast because it does not check the body must not be measured.
func TestTakersCheckOrders(t *testing.T) {
	for _, k := range takers(t) {
		for body, want := range map[string]bool{
			goodOrder: true, badOrder: false, goodOrder[:len(goodOrder)-1]: false, `{}`: false,
			strings.Replace(goodOrder, `"zip":"12345"`, `"zip":12345`, 1): false,
			strings.Replace(goodOrder, `"note"`, `"unknown"`, 1):          false,
		} {
			if ok, err := k.contend(body).op(0, 0); ok != want || err != nil {
				t.Errorf("%s: admitted: %v, %v: %s", k.name, ok, err, body)
			}
		}
	}
}
