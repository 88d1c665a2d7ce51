package openapi_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

const listNotesParameters = `[
{"name":"id","in":"path","required":true,"schema":{"format":"uuid","maxLength":99,"type":"string"}},
{"name":"page","in":"query","required":false,"schema":{"default":1,"maximum":9223372036854775807,"minimum":1,"type":"integer"}},
{"name":"limit","in":"query","required":false,"schema":{"default":20,"maximum":100,"minimum":1,"type":"integer"}},
{"name":"sort","in":"query","required":false,"schema":{"default":"-created","enum":["created","-created","title"],"type":"string"}},
{"name":"tag","in":"query","required":false,"style":"form","explode":true,"schema":{"items":{"maxLength":5,"type":"string"},"maxItems":3,"type":"array"}},
{"name":"ids","in":"query","required":false,"style":"form","explode":false,"schema":{"items":{"maximum":65535,"minimum":0,"type":"integer"},"maxItems":4,"type":"array"}},
{"name":"since","in":"query","required":false,"schema":{"format":"date-time","maxLength":99,"type":"string"}},
{"name":"from","in":"query","required":false,"schema":{"maxLength":99,"type":"string"}},
{"name":"done","in":"query","required":false,"schema":{"type":"boolean"}},
{"name":"ratio","in":"query","required":false,"schema":{"type":"number"}},
{"name":"i8","in":"query","required":false,"schema":{"maximum":127,"minimum":-128,"type":"integer"}},
{"name":"q","in":"query","required":false,"schema":{"maxLength":99,"type":"string"}},
{"name":"need","in":"query","required":true,"schema":{"type":"boolean"}},
{"name":"If-Match","in":"header","required":false,"schema":{"maxLength":8,"type":"string"}},
{"name":"X-Wants","in":"header","required":false,"style":"simple","explode":false,"schema":{"items":{"maxLength":99,"type":"string"},"maxItems":3,"type":"array"}},
{"name":"X-Line","in":"header","required":false,"style":"simple","explode":false,"schema":{"items":{"maxLength":99,"type":"string"},"maxItems":1000,"type":"array"}},
{"name":"X-Try","in":"header","required":false,"schema":{"default":7,"maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"}}]`

func TestParameters(t *testing.T) {
	s := kit.MustNew[listNotes](t, validate.Config{MaxString: 99})
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(listNotesParameters)); err != nil {
		t.Fatal(err)
	}
	got := s.Parameters()
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("parameters\n%s\nwant\n%s", got, want.Bytes())
	}
	for range 20 {
		if again := kit.MustNew[listNotes](t, validate.Config{MaxString: 99}).Parameters(); !bytes.Equal(got, again) {
			t.Fatalf("others:\n%s\nwere\n%s", again, got)
		}
	}
	// They are not in the body.
	if body := readSchema(t, s.JSONSchema()); !body.valid(`{}`) || body.valid(`{"q":""}`) || body.valid(`{"Q":""}`) {
		t.Errorf("body: %s", s.JSONSchema())
	}
	if none := kit.MustNew[order](t, validate.Config{}).Parameters(); string(none) != "[]" {
		t.Errorf("none: %s", none)
	}
	if form := kit.MustNew[signup](t, validate.Config{}).Parameters(); strings.Contains(string(form), `"form"`) || strings.Count(string(form), `"name"`) != 1 {
		t.Errorf("form: %s", form)
	}
}

type asked struct {
	Num   int       `query:"num" validate:"min=2,max=9"`
	Maybe int       `query:"maybe" validate:"omitempty,min=2,max=9"`
	Ptr   *int      `query:"ptr" validate:"omitempty,min=2"`
	Must  *string   `query:"must" validate:"len=2"`
	Text  string    `query:"text" mod:"trim" validate:"max=2"`
	On    bool      `query:"on" default:"1"`
	Rate  float64   `query:"rate" default:"1e0" validate:"gt=0"`
	List  []int8    `query:"list" style:"comma" validate:"min=1,max=2,unique,dive,min=1"`
	Many  []string  `query:"many" style:"repeat"`
	Off   string    `query:"off" validate:"-"`
	Need  string    `query:"need" validate:"required"`
	Fixed []float32 `header:"X-Fixed" style:"comma" validate:"omitempty,max=1"`
}

// A parameter is required exactly if its absence is refused, and its schema
// says of a value what is then answered.
func TestParametersAgree(t *testing.T) {
	s := kit.MustNew[asked](t, validate.Config{})
	var all []struct {
		Name, In string
		Required bool
		Schema   json.RawMessage
	}
	if err := json.Unmarshal(s.Parameters(), &all); err != nil || len(all) != 12 {
		t.Fatal(err, len(all))
	}
	fine := map[string]string{"num": "2", "must": "ab", "need": "", "list": "1", "rate": "1"}
	accepts := func(name, value string, sent bool) bool {
		q := url.Values{}
		for k, v := range fine {
			q.Set(k, v)
		}
		if q.Del(name); sent {
			q.Set(name, value)
		}
		_, err := s.Decode(nil, httptest.NewRequest("GET", "/?"+q.Encode(), nil))
		return err == nil
	}
	values := map[string][]string{
		"num": {"0", "1", "2", "9", "10", "-3", "2.5"}, "maybe": {"0", "1", "2", "9", "10"}, "ptr": {"0", "1", "2"},
		"must": {`""`, `"a"`, `"ab"`, `"abc"`}, "text": {`""`, `"ab"`}, "on": {"true", "false", `"yes"`},
		"rate": {"0", "0.5", "-1"}, "list": {`[1]`, `[1,2]`, `[1,1]`, `[1,2,3]`, `[0]`, `[128]`}, "off": {`""`}, "need": {`""`, `"x"`},
	}
	tried := 0
	for _, p := range all {
		if p.In == "query" && accepts(p.Name, "", false) == p.Required {
			t.Errorf("%s: required is %v", p.Name, p.Required)
		}
		r := readSchema(t, p.Schema)
		for _, v := range values[p.Name] {
			tried++
			if sent := strings.Trim(v, `"[]`); accepts(p.Name, sent, true) != r.valid(v) {
				t.Errorf("%s=%s: the schema says %v: %s", p.Name, sent, r.valid(v), p.Schema)
			}
		}
		if d, has := r.root["default"]; has {
			if b, _ := json.Marshal(d); !r.valid(string(b)) {
				t.Errorf("%s: the default is not valid by %s", p.Name, p.Schema)
			}
		}
	}
	if tried < 30 {
		t.Errorf("%d values", tried)
	}
	// A query has no room for more.
	if many := string(all[8].Schema); !strings.Contains(many, `"maxItems":64`) {
		t.Errorf("many: %s", many)
	}
}

type album struct {
	Title string          `form:"title" mod:"trim" validate:"required,min=2,max=9"`
	Year  int             `form:"year" default:"2000" validate:"min=1900"`
	Kind  string          `form:"kind" validate:"oneof=lp ep"`
	Cover validate.File   `form:"cover" accept:"image/png" validate:"required"`
	Pages []validate.File `form:"pages" style:"repeat" accept:"image/png" validate:"max=3"`
	Notes []validate.File `form:"notes" style:"repeat" accept:"image/png image/gif"`
	ID    string          `path:"id"`
}

func TestJSONSchemaOfForm(t *testing.T) {
	got := kit.MustNew[album](t, validate.Config{}).JSONSchema()
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{` +
		`"cover":{"contentMediaType":"image/png","format":"binary","type":"string"},` +
		`"kind":{"enum":["lp","ep"],"type":"string"},` +
		`"notes":{"items":{"format":"binary","type":"string"},"maxItems":64,"type":"array"},` +
		`"pages":{"items":{"contentMediaType":"image/png","format":"binary","type":"string"},"maxItems":3,"type":"array"},` +
		`"title":{"description":"After trim: {\"maxLength\":9}","maxLength":65536,"minLength":2,"type":"string"},` +
		`"year":{"default":2000,"maximum":9223372036854775807,"minimum":1900,"type":"integer"}},` +
		`"required":["title","kind","cover"],"title":"album","type":"object"}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
