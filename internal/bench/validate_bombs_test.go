package bench

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// A bomb is a small body that becomes large when it is decoded.
type bomb struct {
	name   string
	body   string
	most   int // of the heap, in bytes
	target string
}

// huma requires every field that is not marked optional.
type bombed struct {
	Orders []order          `json:"orders" validate:"dive" required:"false"`
	Any    any              `json:"any" free:"true" required:"false"`
	Number float64          `json:"number" required:"false"`
	Text   string           `json:"text" required:"false"`
	Map    map[string]int64 `json:"map" required:"false"`
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

// bombTakers returns the servers that get the bombs. No server has a limit other than
// that of the body, because a schema of these fields says no more. Every further
// protection is its own.
func bombTakers(t *testing.T) []taker {
	const most = 16 << 20
	s, err := validate.New[bombed](validate.Config{MaxBody: most, IgnoreTags: []string{"pattern"}}) // a rule of huma
	if err != nil {
		t.Fatal(err)
	}
	return []taker{
		{ours, s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))},
		{"huma", humaTaker(most, func(*bombed) {})},
		{"kin-openapi", kinTaker[bombed](t, openAPI("bombed"))},
		{plainName, plainTaker[bombed](most)},
	}
}

// heapUse is the heap that a server used for a bomb.
type heapUse struct {
	name     string
	bytes    int
	accepted bool
}

// measureHeap sends a body and returns the heap that it used. It counts all allocations
// on the way. The largest heap at any one time is a part of that.
func (k taker) measureHeap(t *testing.T, body string) heapUse {
	op := k.contend(body).op
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	accepted, err := op(0, 0)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Errorf("%s: %.40s…: %v", k.name, body, err)
	}
	return heapUse{k.name, int(after.TotalAlloc - before.TotalAlloc), accepted}
}

func (x heapUse) show() string {
	s := fmt.Sprintf("%.1f MiB", float64(x.bytes)/(1<<20))
	if x.accepted {
		s += " accepted"
	}
	return s
}

// TestBombs checks the heap use of hostile bodies, as the table does.
func TestBombs(t *testing.T) { (&table{}).bombs(t) }

func (tab *table) bombs(t *testing.T) {
	takers := bombTakers(t)
	for _, b := range bombs() {
		var all []heapUse
		for _, k := range takers {
			all = append(all, k.measureHeap(t, b.body))
		}
		mine := all[0]
		met := mine.bytes <= b.most && !mine.accepted
		if !met {
			t.Errorf("%s: %s of the heap for %d bytes, promised at most %d", b.name, mine.show(), len(b.body), b.most)
		}
		row(tab, "heap, "+b.name, b.target+": "+markIf(met), all, func(x heapUse) string { return x.name }, func(x heapUse) float64 { return float64(x.bytes) }, heapUse.show)
	}
}

// A server that uses little because it does not check the body must not be measured.
func TestTakersRefuseBombs(t *testing.T) {
	for _, k := range bombTakers(t) {
		for body, want := range map[string]bool{
			`{}`: true, `{"orders":[` + goodOrder + `],"any":[1,{"a":null}],"number":1e3,"text":"x","map":{"a":1}}`: true,
			`{"orders":[{}]}`: false, `{"orders":[` + badOrder + `]}`: false, `{"any":}`: false, `{"number":"1"}`: false, `{"text":1}`: false, `{"map":{"a":"b"}}`: false, `{"unknown":1}`: false,
		} {
			if x := k.measureHeap(t, body); x.accepted != want {
				t.Errorf("%s: %s: accepted: %v", k.name, body, x.accepted)
			}
		}
	}
}
