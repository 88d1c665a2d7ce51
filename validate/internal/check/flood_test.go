package check_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type brokenItem struct {
	A, B, C, D int         `validate:"min=1"`
	E, F, G, H string      `validate:"min=1"`
	In         *brokenItem `validate:"omitempty"`
}

type brokenMany struct {
	Page  int                      `query:"page" validate:"min=1"`
	Rows  [][]string               `json:"rows" validate:"dive,dive,min=1"`
	Items []brokenItem             `json:"items" validate:"max=60000,dive"`
	Ptrs  []*brokenItem            `json:"ptrs" validate:"max=60000,dive"`
	Nums  []int                    `json:"nums" validate:"max=60000,dive,min=1"`
	By    map[string][]*brokenItem `json:"by" validate:"max=60000,dive,dive"`
	Wide  map[string]string        `json:"wide" validate:"max=60000,dive,keys,alpha,endkeys,min=2"`
}

// A body may break a rule as often as it has values. The number of faults in the answer
// is bounded, and the memory to make them must be bounded as well: for 147 kB of structs
// with eight members the validator alone makes 400 000 errors in more than 100 MiB.
func TestManyBrokenRules(t *testing.T) {
	s := kit.MustNew[brokenMany](t, validate.Config{MaxMemory: 64 << 20})
	repeat := func(of string, n int) string { return strings.Repeat(of+",", n-1) + of }
	named := func(of string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"%d":%s,`, i, of)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	row := "[" + repeat(`""`, 1000) + "]"
	for name, tc := range map[string]struct{ body, first, last string }{
		"rows":          {`"rows":[` + repeat(row, 49) + "]", "/rows/0/0 min_length", "/rows/0/18 min_length"},
		"structs":       {`"items":[` + repeat("{}", 49_000) + "]", "/items/0/A required", "/items/2/C required"},
		"pointers":      {`"ptrs":[` + repeat("{}", 49_000) + "]", "/ptrs/0/A required", "/ptrs/2/C required"},
		"chains":        {`"ptrs":[` + repeat(`{"In":{"In":{}}}`, 16_000) + "]", "/ptrs/0/In/In/A required", "/ptrs/0/C required"},
		"numbers":       {`"nums":[` + repeat("0", 49_000) + "]", "/nums/0 min", "/nums/18 min"},
		"lists in maps": {`"by":{` + named("[{},null,{}]", 12_000) + "}", "/by min", "/by min_length"},
		"names":         {`"wide":{` + named(`"a"`, 49_000) + "}", "/wide pattern", "/wide min_length"},
	} {
		body := "{" + tc.body + "}"
		decoded := kit.Allocated(func() { _ = json.Unmarshal([]byte(body), new(brokenMany)) })
		refused := kit.Allocated(func() { _, _ = s.Decode(nil, kit.Post(body)) })
		if refused > 2*decoded+2<<20 {
			t.Errorf("%s: the refusal of %d kB allocated %d MiB, decoding them %d", name, len(body)>>10, refused>>20, decoded>>20)
		}
		r := kit.Post(body)
		r.URL.RawQuery = "page=0"
		res, _ := kit.Send(s, r)
		e := mwtest.Refused(t, res, 400, "validation_failed")
		if list := kit.Faults(e); list[0] != "? min" || list[1] != tc.first || list[len(list)-1] != tc.last || !e.Truncated {
			t.Errorf("%s: truncated %v: %q", name, e.Truncated, list)
		}
	}
}
