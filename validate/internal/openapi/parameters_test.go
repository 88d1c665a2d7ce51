package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type street struct {
	Name string  `json:"name" validate:"max=9"`
	Next *street `json:"next"`
}

type createHouse struct {
	Street street                   `json:"street"`
	Bare   []street                 `json:"bare"`
	Same   *createHouse             `json:"same"`
	Unit   struct{ Floor int8 }     `json:"unit"`
	Page   pageOf[street]           `json:"page"`
	Odd    pageOf[struct{ X int8 }] `json:"odd"`
	Größe  größe                    `json:"size"`
	Zahl   数                        `json:"number"`
}

type größe struct {
	A bool `json:"a"`
}

type 数 struct {
	A bool `json:"a"`
}

type updateHouse struct {
	Street street `json:"street"`
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`) // OpenAPI 3.1, section 4.8.7.1

func components[T any](t *testing.T, cfg validate.Config, name string) map[string]json.RawMessage {
	t.Helper()
	all, err := kit.MustNew[T](t, cfg).Components(name)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestComponents(t *testing.T) {
	got := components[createHouse](t, validate.Config{MaxItems: 3, MaxString: 20}, "CreateHouse")
	want := map[string]string{
		"CreateHouse": `{"additionalProperties":false,"properties":{` +
			`"bare":{"items":{"$ref":"#/components/schemas/CreateHouse.street_2"},"maxItems":3,"type":["array","null"]},` +
			`"number":{"$ref":"#/components/schemas/CreateHouse.Object"},` +
			`"odd":{"$ref":"#/components/schemas/CreateHouse.pageOf"},` +
			`"page":{"$ref":"#/components/schemas/CreateHouse.pageOf_street"},` +
			`"same":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse"},{"type":"null"}]},` +
			`"size":{"$ref":"#/components/schemas/CreateHouse.gr_e"},` +
			`"street":{"$ref":"#/components/schemas/CreateHouse.street"},` +
			`"unit":{"additionalProperties":false,"properties":{"Floor":{"maximum":127,"minimum":-128,"type":"integer"}},"type":"object"}},` +
			`"title":"createHouse","type":"object"}`,
		"CreateHouse.street": `{"additionalProperties":false,"properties":{"name":{"maxLength":9,"type":"string"},` +
			`"next":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse.street"},{"type":"null"}]}},"type":"object"}`,
		"CreateHouse.street_2": `{"additionalProperties":false,"properties":{"name":{"maxLength":9,"type":"string"},` +
			`"next":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse.street_2"},{"type":"null"}]}},"type":"object"}`,
		"CreateHouse.pageOf_street": `{"additionalProperties":false,"properties":{"items":{"items":{"$ref":"#/components/schemas/CreateHouse.street_2"},"maxItems":3,"type":["array","null"]}},"type":"object"}`,
		"CreateHouse.pageOf":        `{"additionalProperties":false,"properties":{"items":{"items":{"additionalProperties":false,"properties":{"X":{"maximum":127,"minimum":-128,"type":"integer"}},"type":"object"},"maxItems":3,"type":["array","null"]}},"type":"object"}`,
		"CreateHouse.gr_e":          `{"additionalProperties":false,"properties":{"a":{"type":"boolean"}},"type":"object"}`,
		"CreateHouse.Object":        `{"additionalProperties":false,"properties":{"a":{"type":"boolean"}},"type":"object"}`,
	}
	for name, k := range got {
		if string(k) != want[name] {
			t.Errorf("%s\n%s\nwant\n%s", name, k, want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d components", len(got))
	}
	for range 20 {
		again := components[createHouse](t, validate.Config{MaxItems: 3, MaxString: 20}, "CreateHouse")
		if !maps.EqualFunc(got, again, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("now\n%s\nbefore\n%s", again, got)
		}
	}
}

// merged merges components and returns the faults of the result: lost components, and
// references to components that do not exist.
func merged(parts ...map[string]json.RawMessage) (wrong []string) {
	all := map[string]json.RawMessage{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	for _, p := range parts {
		for name, k := range p {
			if !bytes.Equal(all[name], k) {
				wrong = append(wrong, "two of the name "+name)
			}
			if !validName.MatchString(name) {
				wrong = append(wrong, "not a name: "+name)
			}
			for _, m := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllSubmatch(k, -1) {
				to, ok := strings.CutPrefix(string(m[1]), "#/components/schemas/")
				if all[to] == nil || !ok {
					wrong = append(wrong, "refers to nothing: "+string(m[1]))
				}
			}
		}
	}
	return wrong
}

func TestComponentsMerge(t *testing.T) {
	type street struct { // not the street of kit_test.go
		Number int `json:"number"`
	}
	type house struct {
		Street street `json:"street"`
	}
	parts := []map[string]json.RawMessage{
		components[createHouse](t, validate.Config{}, "CreateHouse"),
		components[updateHouse](t, validate.Config{}, "UpdateHouse"),
		components[updateHouse](t, validate.Config{MaxString: 5}, "update_house-2"),
		components[house](t, validate.Config{}, "House"),
		components[struct {
			X street `json:"x"`
		}](t, validate.Config{}, "Unnamed"),
		components[signup](t, validate.Config{}, "Signup"),
		components[struct{}](t, validate.Config{}, "street"),
	}
	for _, w := range merged(parts...) {
		t.Error(w)
	}
	// Without the prefix of the name the components do not merge.
	bare := func(name string, part map[string]json.RawMessage) map[string]json.RawMessage {
		out := map[string]json.RawMessage{}
		for key, k := range part {
			out[strings.TrimPrefix(key, name+".")] = bytes.ReplaceAll(k, []byte("schemas/"+name+"."), []byte("schemas/"))
		}
		return out
	}
	if w := merged(bare("CreateHouse", parts[0]), bare("House", parts[3])); !slices.Contains(w, "two of the name street") {
		t.Errorf("two structs of one name: %q", w)
	}
	if w := merged(map[string]json.RawMessage{"A": kit.MustNew[updateHouse](t, validate.Config{}).JSONSchema()}); !slices.Contains(w, "refers to nothing: #/$defs/street") {
		t.Errorf("$defs: %q", w)
	}
}

func TestComponentsOfBadNames(t *testing.T) {
	s := kit.MustNew[order](t, validate.Config{})
	for _, name := range []string{"", "a b", "A.B", "a/b", "Größe", "a~", "a\n"} {
		all, err := s.Components(name)
		if mwtest.Faults(t, err, "validate: Components"); all != nil {
			t.Errorf("%q: %s", name, all)
		}
	}
}

// A schema shows the names of types, but no other text of the program.
func TestNamesArePublic(t *testing.T) {
	for name, of := range map[string]struct{ schema, title string }{
		"plain":     {string(kit.MustNew[order](t, validate.Config{}).JSONSchema()), "order"},
		"generic":   {string(kit.MustNew[pageOf[street]](t, validate.Config{}).JSONSchema()), "pageOf_street"},
		"of lists":  {string(kit.MustNew[pageOf[map[string][]*street]](t, validate.Config{}).JSONSchema()), "pageOf_map_string_street"},
		"of a tag":  {string(kit.MustNew[pageOf[struct{ secretTag string }]](t, validate.Config{}).JSONSchema()), "pageOf"},
		"of any":    {string(kit.MustNew[freeOf[any]](t, validate.Config{}).JSONSchema()), "freeOf"},
		"not ASCII": {string(kit.MustNew[größe](t, validate.Config{}).JSONSchema()), "größe"},
		"unnamed": {string(kit.MustNew[struct {
			A bool `json:"a" secretTag:"x"`
		}](t, validate.Config{}).JSONSchema()), ""},
	} {
		var got struct{ Title *string }
		if err := json.Unmarshal([]byte(of.schema), &got); err != nil {
			t.Fatal(err)
		}
		if (got.Title == nil) != (of.title == "") || got.Title != nil && *got.Title != of.title {
			t.Errorf("%s: title %v, want %q", name, got.Title, of.title)
		}
		if strings.Contains(of.schema, "sallyport") || strings.Contains(of.schema, "secretTag") {
			t.Errorf("%s: %s", name, of.schema)
		}
	}
}

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

// A parameter whose empty text counts as absent says so.
func TestAllowEmptyValue(t *testing.T) {
	type list struct {
		Page int `query:"page" empty:"absent" default:"1"`
	}
	got := string(kit.MustNew[list](t, validate.Config{}).Parameters())
	if !strings.Contains(got, `{"name":"page","in":"query","required":false,"allowEmptyValue":true,`) {
		t.Error(got)
	}
}

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
			t.Fatalf("now\n%s\nbefore\n%s", again, got)
		}
	}
	// The parameters are not in the body.
	if body := readSchema(t, s.JSONSchema()); !body.valid(`{}`) || body.valid(`{"q":""}`) || body.valid(`{"Q":""}`) {
		t.Errorf("body: %s", s.JSONSchema())
	}
	if none := kit.MustNew[order](t, validate.Config{}).Parameters(); string(none) != "[]" {
		t.Errorf("no parameters: %s", none)
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

// A parameter is required if and only if its absence is refused, and its schema accepts
// the same values as the package.
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
	// A query has at most 64 parameters.
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
