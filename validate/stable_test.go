package validate

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// note adds the codes and params of faults, but for inside, which all may have.
func (c codeTable) note(faults []httperr.Fault) {
	for _, f := range faults {
		code := f.Code
		if strings.HasPrefix(code, "rule_") {
			code = "rule_…"
		}
		c.add(code)
		for name := range f.Params {
			if name != "inside" {
				c.add(code, name)
			}
		}
	}
}

type stableBody struct {
	ID    int            `path:"id"`
	Page  int            `query:"page"`
	IDs   []int8         `query:"ids" style:"comma"`
	Match string         `header:"If-Match" validate:"max=3"`
	A     string         `json:"a" validate:"omitempty,sku"`
	B     int            `json:"b" validate:"omitempty,even"`
	C     int            `json:"c" validate:"omitempty,even=2"`
	D     int            `json:"d" validate:"omitempty,gtfield=B"`
	E     string         `json:"e" validate:"required_with=A"`
	F     string         `json:"f" validate:"excluded_with=B"`
	List  []int          `json:"list" validate:"omitempty,gt=1"`
	Few   []any          `json:"few" validate:"omitempty,max=3,lt=2"`
	Map   map[string]int `json:"map" validate:"omitempty,gt=1,max=3"`
	Less  map[string]int `json:"less" validate:"omitempty,max=3,lt=2"`
	Text  string         `json:"text"`
	Bytes []byte         `json:"bytes"`
	Pair  [2]int         `json:"pair"`
	Big   int8           `json:"big"`
	Must  *stableMust    `json:"must"`
	Free  any            `json:"free"`
}

type stableMust struct {
	In   bool        `json:"in" validate:"required"`
	More *stableMust `json:"more"`
}

type stableForm struct {
	Name string    `form:"name"`
	File plan.File `form:"file" accept:"image/png"`
	Rest []string  `form:"rest" style:"repeat"`
	Many []string  `form:"many" style:"comma" validate:"max=60000"`
}

// stableRequests sends what breaks something else than a rule of one member, and
// holds it to its codes.
func stableRequests(t *testing.T, said codeTable) {
	t.Helper()
	cfg := Config{
		AllowFree: true, MaxDepth: 4, MaxItems: 5, MaxString: 20, MaxMemory: 4096, MaxFile: 10,
		Patterns: map[string]string{"sku": "[A-Z]"},
		Rules:    map[string]Rule{"even": func(v any, _ string) bool { return v.(int)%2 == 0 }},
	}
	body, err := newCore(cfg, reflect.TypeFor[stableBody]())
	form, wrong := newCore(Config{MaxFile: 10, MaxString: 20, AllowFree: true}, reflect.TypeFor[stableForm]())
	if err = errors.Join(err, wrong); err != nil {
		t.Fatal(err)
	}
	part := func(disposition, content string) string {
		return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n"
	}
	for _, tc := range []struct{ kind, sent, codes string }{
		{"json", `{"a":}`, "syntax"}, {"json", "\xff", "invalid_utf8"}, {"json", "\xef\xbb\xbf{}", "byte_order_mark"},
		{"json", `{"text":"\ud800"}`, "lone_surrogate"}, {"json", `{}{}`, "trailing_data"},
		{"json", `{"text":5}`, "type"}, {"json", `{"text":null}`, "null"}, {"json", `{"big":300}`, "range"}, {"json", `{"free":1e400}`, "range"},
		{"json", `{"must":{}}`, "required"}, {"json", `{"nope":1}`, "unknown_member"}, {"json", `{"text":"","text":""}`, "duplicate_member"},
		{"json", `{"free":{"x":1,"x":2}}`, "duplicate_member"}, {"json", `{"bytes":"!"}`, "format_base64"}, {"json", `{"pair":[1]}`, "items"},
		{"json", `{"` + strings.Repeat("k", 300) + `":1}`, "name_length"}, {"json", `{"b":` + strings.Repeat("1", 200) + `}`, "number_length"},
		{"json", `{"free":[[[[1]]]]}`, "too_deep"}, {"json", `{"nope":[` + strings.Repeat(`[0,0,0,0,0],`, 14) + `0]}`, "max_items unknown_member"},
		{"json", `{"free":[` + strings.Repeat(`{"a":{"x":1},"b":{"x":1},"c":{"x":1}},`, 4) + `{}]}`, "too_large"},
		{"json", `{"text":"` + strings.Repeat("x", 30) + `"}`, "max_length"}, {"json", `{"map":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}}`, "max_members"},
		{"json", `{"a":"no"}`, "pattern required"}, {"json", `{"b":1}`, "rule_even"}, {"json", `{"c":1}`, "rule_even"},
		{"json", `{"b":2,"d":1}`, "compare"}, {"json", `{"a":"A"}`, "required"}, {"json", `{"b":2,"f":"x"}`, "excluded"},
		{"json", `{"list":[1]}`, "min_items"}, {"json", `{"few":[1,2]}`, "max_items"}, {"json", `{"map":{"a":1}}`, "min_members"},
		{"json", `{"less":{"a":1,"b":2}}`, "max_members"},
		{"path", "x", "type"}, {"path", "99999999999999999999", "range"},
		{"query", "page=1&page=2", "duplicate"}, {"query", "nope=1", "unknown_parameter"}, {"query", "page=%zz", "syntax"}, {"query", "page=%ff", "invalid_utf8"},
		{"query", "ids=1,,2", "empty_item"}, {"query", "ids=1,2,3,4,5,6", "max_items"}, {"query", strings.Repeat("page=1&", 65) + "page=1", "duplicate too_many_parameters"},
		{"query", "page=01", "type"}, {"query", "ids=500", "range"}, {"query", "page=" + strings.Repeat("1", 21), "max_length"},
		{"header", "long", "max_length"}, {"header", strings.Repeat("x", 30), "max_length"},
		{"form", "nope=1", "unknown_parameter"}, {"form", "name=1&name=2", "duplicate"}, {"form", "many=" + strings.Repeat("a,", 50_000) + "a", "too_many_values"}, {"form", "&", "syntax"}, {"form", "file=x", "type"},
		{"multipart", part(`name="file"; filename="a"`, "text"), "file_type"}, {"multipart", part(`name="file"; filename="a"`, strings.Repeat("x", 11)), "file_size"},
		{"multipart", part(`name="name"; filename="a"`, "text"), "type"}, {"multipart", part(`name="name"; size=1`, ""), "part_header"}, {"multipart", "--b", "syntax"},
	} {
		r, c := httptest.NewRequest("POST", "/", strings.NewReader("{}")), body
		r.Header.Set("Content-Type", "application/json")
		id := "1"
		switch tc.kind {
		case "json":
			r = httptest.NewRequest("POST", "/", strings.NewReader(tc.sent))
			r.Header.Set("Content-Type", "application/json")
		case "path":
			id = tc.sent
		case "query":
			r.URL.RawQuery = tc.sent
		case "header":
			r.Header.Set("If-Match", tc.sent)
		case "form", "multipart":
			c = form
			r = httptest.NewRequest("POST", "/", strings.NewReader(tc.sent))
			r.Header.Set("Content-Type", map[string]string{"form": plan.MediaForm, "multipart": plan.MediaMultipart + "; boundary=b"}[tc.kind])
		}
		r.SetPathValue("id", id)
		_, err := c.decode(nil, r, reflect.New(c.root.Node.Typ).Interface())
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok {
			t.Errorf("%s %.60q: %v", tc.kind, tc.sent, err)
			continue
		}
		var codes []string
		for _, f := range e.Faults {
			codes = append(codes, f.Code)
		}
		slices.Sort(codes)
		if got := strings.Join(slices.Compact(codes), " "); got != tc.codes {
			t.Errorf("%s %.60q: %s, want %s", tc.kind, tc.sent, got, tc.codes)
		}
		said.note(e.Faults)
	}
}
