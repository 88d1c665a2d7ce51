package validate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type task struct {
	Title string   `json:"title" mod:"trim" validate:"required,min=2,max=9"`
	Tags  []string `json:"tags" validate:"max=2,dive,max=5"`
	Sub   *task    `json:"sub"`
}

func (k *task) Validate(context.Context) error {
	if k.Title == "taken" {
		return validate.Fault("/title", "title_taken", "is taken")
	}
	return nil
}

type addTasks struct {
	Project string              `path:"project" validate:"alpha"`
	Dry     bool                `query:"dry"`
	Reason  string              `query:"reason" validate:"required_if=Dry true"`
	Tasks   validate.List[task] `validate:"min=1,max=3,unique=Title,dive"`
}

var ofTasks = validate.Config{Path: func(r *http.Request, _ string) string { return r.Header.Get("Project") }}

func TestListAsField(t *testing.T) {
	s := kit.MustNew[addTasks](t, ofTasks)
	for _, tc := range []struct{ query, body, want string }{
		{"", `[{"title":" ab "}]`, ""},
		{"dry=true&reason=x", ` [ {"title":"ab","sub":{"title":"cd"}} , {"title":"cd"} ] `, ""},
		{"", `[]`, " min_items"},
		{"", `[{"title":"ab"},{"title":"cd"},{"title":"ef"},{"title":"gh"}]`, " max_items"},
		{"", `[{"title":"ab"},{"title":"ab"}]`, " unique_items"},
		{"", `[{"title":"ab"},{"title":"b","tags":["abcdef"]},{}]`, "/1/title min_length,/1/tags/0 max_length,/2/title required"},
		{"", `[{"title":"ab","sub":{"title":"taken"}},{"title":"taken"}]`, "/0/sub/title title_taken,/1/title title_taken"},
		{"", `[{"Title":"ab"}]`, "/0 unknown_member,/0/title required"},
		{"", `[{"title":"ab","title":"ab"}]`, "/0/title duplicate_member"},
		{"", `[null]`, "/0 null"},
		{"", `[[]]`, "/0 type"},
		{"", `{"title":"ab"}`, " type"},
		{"", `null`, " null"},
		{"", `[{"title":"ab"}]]`, " trailing_data"},
		{"", `[{"title":"ab"}`, "/0 syntax"},
		{"dry=true", `[{"title":"ab"}]`, "query reason required"},
		{"dry=2", `[{"title":1}]`, "query dry type,/0/title type"},
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		r.Header.Set("Project", "p")
		kit.AnswersTo(t, s, r, tc.want)
	}
	r := kit.Post(`[{"title":" ab "}]`)
	r.Header.Set("Project", "p")
	if in, err := s.Decode(nil, r); err != nil || in.Project != "p" || len(in.Tasks) != 1 || in.Tasks[0].Title != "ab" {
		t.Errorf("%+v, %v", in, err)
	}
	r = kit.Post(" ")
	r.Header.Set("Project", "p")
	if _, err := s.Decode(nil, r); !errors.Is(err, validate.ErrNoBody) {
		t.Errorf("no body: %v", err)
	}
}

func TestListAsRequest(t *testing.T) {
	s := kit.MustNew[validate.List[task]](t, validate.Config{MaxItems: 2, IgnoreUnknown: []string{"id"}})
	for body, want := range map[string]string{
		`[]`:                          "",
		`[{"title":"ab","id":1}]`:     "",
		`[{"title":"a"},{"titel":1}]`: "/0/title min_length,/1/title required,/1 unknown_member",
		`[{"title":"taken"}]`:         "/0/title title_taken",
		`[{},{},{}]`:                  "/0/title required,/1/title required,/2/title required, max_items",
		`{}`:                          " type",
		`null`:                        " null",
	} {
		kit.Answers(t, s, body, want)
	}
	numbers := kit.MustNew[validate.List[int8]](t, validate.Config{})
	if in, err := numbers.Decode(nil, kit.Post(`[1,-2]`)); err != nil || !reflect.DeepEqual(*in, validate.List[int8]{1, -2}) {
		t.Errorf("%v, %v", in, err)
	}
	kit.Answers(t, numbers, `[1,200]`, "/1 range")
}

// A handler gets the list in both shapes.
func TestListReachesHandler(t *testing.T) {
	var got []string
	mux := http.NewServeMux()
	mux.Handle("POST /typed", validate.Handler(func(_ context.Context, in *validate.List[task]) (*struct{}, error) {
		got = append(got, (*in)[0].Title)
		return nil, nil
	}))
	mux.Handle("POST /middleware", validate.Middleware[validate.List[task]]()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		in, ok := validate.From[validate.List[task]](r)
		got = append(got, fmt.Sprint(ok, in[0].Title))
	})))
	for _, path := range []string{"/typed", "/middleware"} {
		r := kit.Post(`[{"title":"ab"}]`)
		r.URL.Path = path
		_ = kit.Serve(mux, r).Body.Close()
	}
	if strings.Join(got, ",") != "ab,trueab" {
		t.Errorf("%q", got)
	}
}

func TestListRefused(t *testing.T) {
	type inner struct {
		Hidden validate.List[int] `json:"-"`
		Part   validate.List[int]
	}
	type beside struct {
		List  validate.List[task] `validate:"dive"`
		Title string              `json:"title"`
	}
	type many struct {
		A validate.List[int]
		B validate.List[int] `json:"b"`
	}
	type parts struct {
		In  inner                                 `json:"in"`
		Ptr *validate.List[int]                   `json:"ptr"`
		Two []validate.List[int]                  `json:"two"`
		Opt validate.Optional[validate.List[int]] `json:"opt"`
	}
	type form struct {
		List validate.List[int]
		Name string `form:"name"`
	}
	type rules struct {
		List  validate.List[task] `validate:"required_with=Q"`
		Q     string              `query:"q" validate:"required_with=List"`
		Start validate.List[any]
	}
	for _, tc := range []struct {
		err  error
		want []string
	}{
		{newError[beside](), []string{`validate: beside: "title": is a member of the body, and a List is the whole body; tag it path, query or header`}},
		{newError[many](), []string{`validate: many.B: "b": is a name for a List, which is the whole body`, `validate: many: "validate.List[int]": is a second List`}},
		{newError[parts](), []string{`validate: inner.Part: "validate.List[int]": is the whole of a body, and here a part of one; use []int`,
			"validate: parts.Ptr: ", "validate: parts.Two[]: ", "validate: parts.Opt: "}},
		{newError[form](), []string{`validate: form: "name": is a field of a form, and the body is a List`, `validate: form: `}},
		{newError[rules](), []string{`validate: rules.List: "required_with=Q": is about whether the body was sent`,
			`validate: rules.List: "required_with=Q": has structs in it with rules`, `validate: rules.Q: "required_with=List": asks whether the body was sent`, `validate: rules.Start[]: "interface {}": accepts any JSON`, "validate: rules: "}},
		{newError[[]int](), []string{`validate: []int: "[]int": is not a struct that encoding/json decodes by its fields; ` +
			`write the type without a *, wrap it in a struct, or for a body that is an array use validate.List`}},
		{newError[struct{ L validate.List[task] }](), []string{"validate: struct {…}.L: has structs in it with rules, and no dive"}},
	} {
		mwtest.Faults(t, tc.err, tc.want...)
	}
}

func newError[T any]() error {
	_, err := validate.New[T](validate.Config{})
	return err
}

// The body is an array in JSON Schema, and the parameters stay parameters.
func TestListInOpenAPI(t *testing.T) {
	s := kit.MustNew[addTasks](t, ofTasks)
	const want = `{"$defs":{"task":{"additionalProperties":false,"properties":{` +
		`"sub":{"anyOf":[{"$ref":"#/$defs/task"},{"type":"null"}]},` +
		`"tags":{"items":{"maxLength":5,"type":"string"},"maxItems":2,"type":["array","null"]},` +
		`"title":{"description":"After trim: {\"maxLength\":9}","maxLength":65536,"minLength":2,"type":"string"}},` +
		`"required":["title"],"type":"object"}},` +
		`"$schema":"https://json-schema.org/draft/2020-12/schema",` +
		`"items":{"$ref":"#/$defs/task"},"maxItems":3,"minItems":1,"title":"addTasks","type":"array"}`
	if got := s.JSONSchema(); !kit.EqualJSON(got, []byte(want)) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(s.Parameters()); strings.Count(got, `"in":`) != 3 || strings.Contains(got, "task") {
		t.Errorf("%s", got)
	}
	parts, err := kit.MustNew[validate.List[task]](t, validate.Config{}).Components("Tasks")
	if err != nil || len(parts) != 2 || !strings.Contains(string(parts["Tasks"]), `"items":{"$ref":"#/components/schemas/Tasks.task"}`) {
		t.Errorf("%s, %v", parts, err)
	}
}

// FuzzList asserts that a List has the faults of a slice with the same rules in an object.
func FuzzList(f *testing.F) {
	type object struct {
		Tasks []task `json:"tasks" validate:"required,dive"`
	}
	for _, seed := range []string{`[]`, `[{"title":"ab"}]`, `[{"title":"a","x":1},null,{}]`, `{}`, `null`, `[1]`, `[{"title":"taken"}]`, `1`, `[`} {
		f.Add(seed)
	}
	list, in := kit.MustNew[validate.List[task]](f, validate.Config{}), kit.MustNew[object](f, validate.Config{MaxDepth: 33, MaxBody: 1<<20 + 10})
	f.Fuzz(func(t *testing.T, body string) {
		a, err := list.Decode(nil, kit.Post(body))
		b, wrong := in.Decode(nil, kit.Post(`{"tasks":`+body+`}`))
		if errors.Is(err, validate.ErrMalformed) || errors.Is(err, validate.ErrNoBody) {
			return // "1,2" is no body, and two members
		}
		if err == nil && (wrong != nil || !reflect.DeepEqual([]task(*a), b.Tasks)) || err != nil && placesOf(err, "/tasks") != placesOf(wrong, "") {
			t.Fatalf("%q: %v, in an object %v", body, err, wrong)
		}
	})
}

// placesOf returns the faults in err, with a prefix for their pointers.
func placesOf(err error, prefix string) string {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	var list []string
	for _, f := range e.Faults {
		list = append(list, prefix+*f.Pointer+" "+f.Code)
	}
	return strings.Join(list, ",")
}
