package validate_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// A hook is an event that a client sends with more members than these.
type hook struct {
	Kind  string         `json:"kind" validate:"required,oneof=paid failed"`
	Total int            `json:"total"`
	Inner *hook          `json:"inner"`
	Lines []hook         `json:"lines" validate:"max=9,dive"`
	By    map[string]int `json:"by"`
	Trace string         `header:"X-Trace"` // to encoding/json a member with the name Trace
}

func TestIgnoreUnknown(t *testing.T) {
	all := validate.Config{IgnoreUnknown: []string{"*"}, MaxItems: 3, MaxString: 20, MaxDepth: 4}
	two := validate.Config{IgnoreUnknown: []string{"livemode", "é"}}
	for _, tc := range []struct {
		name, body, faults string
		cfg                validate.Config
		ignored            int
	}{
		{"none", `{"kind":"paid"}`, "", all, 0},
		{"one", `{"kind":"paid","livemode":true}`, "", all, 1},
		{"in every object", `{"a":1,"kind":"paid","inner":{"b":2,"kind":"paid"},"lines":[{"kind":"paid","a":1},{"a":2,"kind":"paid"}]}`, "", all, 4},
		{"any value", `{"kind":"paid","x":{"kind":[null,{"x":1.5e300}]}}`, "", all, 1},
		{"before a required one", `{"x":1}`, "/kind required", all, 1},
		{"a rule is broken beside it", `{"x":1,"kind":"lost","Trace":"t"}`, "/kind enum", all, 2},
		{"the Go name of a parameter", `{"kind":"paid","Trace":"t","trace":"t"}`, "", all, 2},
		{"a name of a map is not unknown", `{"kind":"paid","by":{"x":1}}`, "", all, 0},
		{"by name", `{"kind":"paid","livemode":1,"\u00e9":2}`, "", two, 2},
		{"another name", `{"kind":"paid","livemode":1,"mode":2}`, " unknown_member", two, 1},
		{"another case of the name", `{"kind":"paid","Livemode":1}`, " unknown_member", two, 0},
		{"another case of a known name", `{"kind":"paid","KIND":"failed"}`, " unknown_member", all, 0},
		{"another case, inside", `{"kind":"paid","inner":{"kind":"paid","\u212aind":"failed"}}`, "/inner unknown_member", all, 0},
		{"twice", `{"kind":"paid","x":1,"x":1}`, " duplicate_member", all, 2},
		{"twice, escaped", `{"kind":"paid","x":1,"\u0078":1}`, " duplicate_member", all, 2},
		{"twice, inside", `{"kind":"paid","lines":[{"kind":"paid","x":1,"y":2,"x":1}]}`, "/lines/0 duplicate_member", all, 3},
		{"in two objects", `{"kind":"paid","x":1,"inner":{"kind":"paid","x":1}}`, "", all, 2},
		{"as many as MaxItems", `{"kind":"paid","a":1,"b":1,"c":1}`, "", all, 3},
		{"more", `{"kind":"paid","a":1,"b":1,"c":1,"d":1,"e":1}`, " max_members", all, 5},
		{"too deep", `{"kind":"paid","x":[[[[1]]]]}`, " too_deep", all, 1},
		{"too many items", `{"kind":"paid","x":[1,2,3,4]}`, " max_items", all, 1},
		{"too long", `{"kind":"paid","x":"` + strings.Repeat("a", 21) + `"}`, " max_length", all, 1},
		{"duplicates in the value", `{"kind":"paid","x":{"a":1,"a":1}}`, " duplicate_member", all, 1},
		{"not JSON", `{"kind":"paid","x":01}`, " syntax", all, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			facts := make(chan carrier.Facts, 1)
			var seen validate.Decision
			tc.cfg.Observe = func(_ *http.Request, d validate.Decision) { seen = d }
			spy := &mwtest.Spy{}
			res := kit.Serve(sendRecords(facts, kit.MustNew[hook](t, tc.cfg).Middleware(spy)), kit.Post(tc.body))
			var got []string
			if spy.Calls() == 0 {
				e, err := mwtest.ReadEnvelope(res)
				if err != nil {
					t.Fatal(err)
				}
				got = kit.Faults(e)
			}
			if strings.Join(got, ",") != tc.faults {
				t.Errorf("%q, want %q", got, tc.faults)
			}
			if f := <-facts; int(f.Ignored) != tc.ignored || seen.Ignored != tc.ignored {
				t.Errorf("%d in the record, %d in the decision, want %d", f.Ignored, seen.Ignored, tc.ignored)
			}
		})
	}
}

// An ignored member is not decoded, by whatever name encoding/json may know a field.
func TestIgnoredIsNotDecoded(t *testing.T) {
	s := kit.MustNew[hook](t, validate.Config{IgnoreUnknown: []string{"*"}})
	r := kit.Post(`{"kind":"paid","Trace":"forged","total":1}`)
	r.Header.Set("X-Trace", "sent")
	if in, err := s.Decode(nil, r); err != nil || in.Trace != "sent" || in.Total != 1 {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestIgnoreUnknownOfForms(t *testing.T) {
	type slash struct {
		Text  string `form:"text" validate:"required"`
		Token string `form:"token"`
	}
	all := kit.MustNew[slash](t, validate.Config{IgnoreUnknown: []string{"*"}})
	one := kit.MustNew[slash](t, validate.Config{IgnoreUnknown: []string{"team_id"}})
	for _, tc := range []struct {
		s          *validate.Schema[slash]
		body, want string
	}{
		{all, "text=a&team_id=1&b%5B%5D=2", ""},
		{one, "text=a&team_id=1", ""},
		{one, "text=a&team=1", "form  unknown_parameter"},
		{all, "text=a&Token=1", "form  unknown_parameter"},
		{all, "text=a&x=1&x=1", "form  duplicate"},
		{all, "text=a&%ff=1", "form  invalid_utf8"},
		{all, "text=a&text=b&x=1", "form text duplicate"},
		{all, "x=1", "form text required"},
	} {
		r := kit.Submit(kit.Urlencoded, tc.body)
		kit.AnswersTo(t, tc.s, r, tc.want)
	}
}

func TestIgnoreUnknownRefused(t *testing.T) {
	type query struct {
		Q string `query:"q"`
	}
	_, err := validate.New[hook](validate.Config{IgnoreUnknown: []string{"", "*", "a", "\xff", strings.Repeat("a", 257)}})
	mwtest.Faults(t, err, `validate: IgnoreUnknown[0]: "": is not the name`, "validate: IgnoreUnknown[3]", "validate: IgnoreUnknown[4]")
	_, err = validate.New[query](validate.Config{IgnoreUnknown: []string{"utm"}})
	mwtest.Faults(t, err, `validate: IgnoreUnknown: "utm": is for members of a body, and there is none; remove it; for parameters of the query there is OtherQuery`)
}

// JSON Schema says so in every object.
func TestIgnoreUnknownInSchema(t *testing.T) {
	type inner struct {
		A int8 `json:"a"`
	}
	type outer struct {
		In inner `json:"in"`
	}
	for _, tc := range []struct {
		names        []string
		open, closed int
	}{{[]string{"*"}, 2, 0}, {nil, 0, 2}, {[]string{"a", "x"}, 0, 2}} {
		schema := string(kit.MustNew[outer](t, validate.Config{IgnoreUnknown: tc.names}).JSONSchema())
		open, closed := strings.Count(schema, `"additionalProperties":true`), strings.Count(schema, `"additionalProperties":false`)
		if open != tc.open || closed != tc.closed {
			t.Errorf("%q: %s", tc.names, schema)
		}
		if len(tc.names) == 2 && (strings.Count(schema, `"x":{}`) != 2 || strings.Count(schema, `"a":{}`) != 1) {
			t.Errorf("%q: %s", tc.names, schema)
		}
	}
}

// FuzzIgnoreUnknown asserts that a body means the same with its unknown members and without
// them, and that a body which has none means the same to both schemas.
func FuzzIgnoreUnknown(f *testing.F) {
	f.Add(`{"kind":"paid","x":1,"inner":{"kind":"failed","y":[{}],"total":2}}`)
	f.Add(`{"kind":"paid","Trace":1,"lines":[{"kind":"paid","a":1},{"b":2,"kind":"paid"}],"by":{"x":1}}`)
	f.Add(`{"\u006bind":"paid","K":1,"lines":null}`)
	lenient, strict := kit.MustNew[hook](f, validate.Config{IgnoreUnknown: []string{"*"}}), kit.MustNew[hook](f, validate.Config{})
	f.Fuzz(func(t *testing.T, body string) {
		a, err := lenient.Decode(nil, kit.Post(body))
		if b, wrong := strict.Decode(nil, kit.Post(body)); wrong == nil && (err != nil || !reflect.DeepEqual(a, b)) {
			t.Fatalf("%q: %v", body, err)
		}
		if err != nil {
			return
		}
		var tree map[string]any
		if err := json.Unmarshal([]byte(body), &tree); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		known(tree)
		stripped, _ := json.Marshal(tree)
		if b, err := strict.Decode(nil, kit.Post(string(stripped))); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q: %+v; without unknown members %s: %+v, %v", body, a, stripped, b, err)
		}
	})
}

// known removes the members of a hook that no field has.
func known(tree map[string]any) {
	maps.DeleteFunc(tree, func(name string, _ any) bool {
		return !slices.Contains([]string{"kind", "total", "inner", "lines", "by"}, name)
	})
	if in, ok := tree["inner"].(map[string]any); ok {
		known(in)
	}
	lines, _ := tree["lines"].([]any)
	for _, line := range lines {
		known(line.(map[string]any))
	}
}
