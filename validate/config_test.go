package validate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// Each limit is exact, and a rule of the field takes precedence.
func TestLimits(t *testing.T) {
	type limited struct {
		List  []int            `json:"list"`
		Five  []int            `json:"five" validate:"max=5"`
		Big   []int            `json:"big" validate:"max=2000"`
		Inner [][]int          `json:"inner" validate:"max=5000,dive,max=3"`
		Map   map[string]int   `json:"map"`
		Wide  map[string]int   `json:"wide" validate:"max=300"`
		Text  string           `json:"text"`
		Long  string           `json:"long" validate:"max=70000"`
		Blob  []byte           `json:"blob" validate:"max=70000"`
		Free  any              `json:"free" free:"true"`
		Deep  []map[string]any `json:"deep" free:"true"`
	}
	list := func(n int) string { return "[1" + strings.Repeat(",1", n-1) + "]" }
	object := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + strings.Repeat("k", i%200) + string(rune('A'+i/200)) + `":1`)
		}
		return "{" + b.String()[1:] + "}"
	}
	text := func(n int) string { return `"` + strings.Repeat("A", n) + `"` }
	s := kit.MustNew[limited](t, validate.Config{MaxDepth: 4, MaxItems: 10, MaxString: 100})
	for _, tc := range []struct{ name, member, ok, over, fault string }{
		{"items", "list", list(10), list(11), "/list max_items"},
		{"items by rule, fewer", "five", list(5), list(6), "/five max_items"},
		{"items by rule, more", "big", list(2000), list(2001), "/big max_items"},
		{"items of items", "inner", "[" + list(3) + "]", "[[]," + list(4) + "]", "/inner/1 max_items"},
		{"members", "map", object(10), object(11), "/map max_members"},
		{"members by rule", "wide", object(300), object(301), "/wide max_members"},
		{"string", "text", text(100), text(101), "/text max_length"},
		{"string by rule", "long", text(70000), text(280001), "/long max_length"},
		{"bytes by rule", "blob", text(93332), text(93340), "/blob max_length"},
		{"string in any", "free", text(100), text(101), "/free max_length"},
		{"items in any", "free", list(10), list(11), "/free max_items"},
		{"members in any", "free", object(10), object(11), "/free max_members"},
		{"depth", "deep", `[{"a":[]}]`, `[{"a":[[]]}]`, "/deep/0 too_deep"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := s.Decode(nil, kit.Post(`{"`+tc.member+`":`+tc.ok+`}`)); err != nil {
				t.Errorf("at the limit: %v", err)
			}
			_, err := s.Decode(nil, kit.Post(`{"`+tc.member+`":`+tc.over+`}`))
			e, ok := errors.AsType[*httperr.Error](err)
			if !ok || len(e.Faults) != 1 || *e.Faults[0].Pointer+" "+e.Faults[0].Code != tc.fault {
				t.Errorf("over the limit: %v, want %s", err, tc.fault)
			}
		})
	}
}

// New copies Config and its slices, so a later change does not reach the Schema.
func TestConfigIsCopied(t *testing.T) {
	media := []string{"application/json"}
	s := kit.MustNew[period](t, validate.Config{MediaTypes: media})
	media[0] = "text/plain"
	if _, err := s.Decode(nil, kit.Post(`{}`)); err != nil {
		t.Error(err)
	}
}
