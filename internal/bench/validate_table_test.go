package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/validate"
)

const (
	decodeAlone = "json.Unmarshal alone"
	decodeRules = "json.Unmarshal and validator"
)

// The floors decode a body that somebody else has read.
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

// bodies measures what a body costs, from the request to the answer: a good one,
// one that breaks a rule, and what strangers send.
func (tab *table) bodies(t *testing.T, e effort) {
	e = effort{passes: 3 * e.passes, slice: e.slice / 2} // as for tokens
	sc := scenario{name: "body, 1 KB order", workers: 1, keys: 1, names: []string{""}, admit: true, field: decodeFloors(goodOrder)}
	bad := scenario{name: "body, 1 KB order that breaks a rule", workers: 1, keys: 1, names: []string{""}}
	for _, k := range takers(t) {
		sc.field = append(sc.field, k.contend(goodOrder))
		bad.field = append(bad.field, k.contend(badOrder))
	}
	tab.decoded(sc.name, measure(t, sc, e))
	byCPU(tab, bad.name, "", measure(t, bad, e))
	tab.bombs(t)
	tab.allocations(t, bodyAllocs(t))
}

// decoded adds the rows of a good body: the time itself, and how much it is
// beside decoding alone.
func (tab *table) decoded(what string, all []result) {
	floor, rest := without(all, decodeAlone)
	both, whole := without(rest, decodeRules)
	mine, _ := without(whole, ours)
	tab.notes = append(tab.notes, fmt.Sprintf("%s, %s: %s %.1f allocs; %s: %s %.1f allocs", what, decodeAlone, short(floor.cpu), floor.allocs, decodeRules, short(both.cpu), both.allocs))
	byCPU(tab, what, "", whole)
	quotient(tab, what+" ÷ "+decodeAlone, atMost(mine, floor, 1.75), whole, floor.cpu)
}

// bodyAllocs are the promises about a body that is accepted.
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

// TestBodyPromise holds a body to its allocations, and so does the table.
func TestBodyPromise(t *testing.T) {
	for _, a := range bodyAllocs(t) {
		if err := a.judge(); err != nil {
			t.Error(err)
		}
	}
}

// Whoever is fast because it does not look is not measured.
func TestTakersTellOrders(t *testing.T) {
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

// A bomb is a body that is small beside what it becomes.
type bomb struct {
	name   string
	body   string
	most   int // of the heap, in bytes
	target string
}

type bombed struct {
	Orders []order          `json:"orders"`
	Any    any              `json:"any"`
	Number float64          `json:"number"`
	Text   string           `json:"text"`
	Map    map[string]int64 `json:"map"`
}

func bombs() []bomb {
	const mega = 1 << 20
	fill := func(head, with, tail string, size int) string {
		return head + strings.Repeat(with, size/len(with)) + tail
	}
	var colliding strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&colliding, `,"%s%c%d":0`, strings.Repeat("Aa", i%8)+strings.Repeat("BB", 8-i%8), 'a'+i%26, i%1000)
	}
	all := []bomb{{name: "1 MiB of {},", body: fill(`{"orders":[{}`, `,{}`, `]}`, mega-20), target: "≤ 2x the body"}}
	all[0].most = 2 * len(all[0].body)
	for _, b := range []bomb{
		{name: "10 MiB of [", body: fill(`{"any":`, "[", "", 10*mega)},
		{name: `10 MiB of {"a":`, body: fill(`{"any":`, `{"a":`, "", 10*mega)},
		{name: "10 MiB of digits", body: fill(`{"number":1`, "0", "}", 10*mega)},
		{name: "10 MiB of one string", body: fill(`{"text":"`, "a", `"}`, 10*mega)},
		{name: "100 000 alike keys", body: `{"map":{` + colliding.String()[1:] + `}}`},
	} {
		b.most, b.target = len(b.body)+mega, "≤ the body + 1 MiB"
		all = append(all, b)
	}
	return all
}

// swallowed is what a body takes of the heap, all that is allocated on the way
// counted, of which the most that is there at a time is a part.
func swallowed(t *testing.T, h http.Handler, body string) int {
	op := taker{ours, h}.contend(body).op
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ok, err := op(0, 0)
	runtime.ReadMemStats(&after)
	if ok || err != nil {
		t.Errorf("%.40s… is accepted: %v, %v", body, ok, err)
	}
	return int(after.TotalAlloc - before.TotalAlloc)
}

// TestBombs holds what hostile bodies take of the heap, and so does the table.
func TestBombs(t *testing.T) { (&table{}).bombs(t) }

func (tab *table) bombs(t *testing.T) {
	type taken struct {
		name  string
		bytes int
	}
	s, err := validate.New[bombed](validate.Config{MaxBody: 16 << 20, AllowFree: true})
	if err != nil {
		t.Fatal(err)
	}
	lax := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20))
		d.DisallowUnknownFields()
		_ = d.Decode(new(bombed))
		w.WriteHeader(http.StatusBadRequest)
	})
	for _, b := range bombs() {
		all := []taken{{ours, swallowed(t, s.Handler(quiet), b.body)}, {"Decoder", swallowed(t, lax, b.body)}}
		met := all[0].bytes <= b.most
		if !met {
			t.Errorf("%s: %d bytes of the heap for %d, promised at most %d", b.name, all[0].bytes, len(b.body), b.most)
		}
		row(tab, "heap, "+b.name, b.target+": "+metIf(met), all, func(x taken) string { return x.name },
			func(x taken) float64 { return float64(x.bytes) }, func(x taken) string { return fmt.Sprintf("%.1f MiB", float64(x.bytes)/(1<<20)) })
	}
}
