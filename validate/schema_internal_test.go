package validate

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// Each parameter has a bit in one word, so a source has at most 64.
func TestTooManyDeclared(t *testing.T) {
	fields := make([]reflect.StructField, 64)
	for i := range fields {
		n := strconv.Itoa(i)
		fields[i] = reflect.StructField{Name: "F" + n, Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`query:"f` + n + `"`)}
	}
	c, err := compileSchema(Config{}, reflect.StructOf(fields))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(c.checker.Root.Node.Typ)
	r := httptest.NewRequest("GET", "/", nil)
	for i := range 64 {
		r.URL.RawQuery += "&f" + strconv.Itoa(i) + "=" + strconv.Itoa(i+1)
	}
	r.URL.RawQuery = r.URL.RawQuery[1:]
	if _, err := c.decode(nil, r, v.Interface()); err != nil || v.Elem().Field(63).Int() != 64 || v.Elem().Field(0).Int() != 1 {
		t.Errorf("%v, %v", err, v.Elem())
	}
	fields = append(fields, reflect.StructField{Name: "G", Type: reflect.TypeFor[int](), Tag: `query:"g"`})
	if _, err := compileSchema(Config{}, reflect.StructOf(fields)); err == nil || !strings.Contains(err.Error(), "is one parameter too many") {
		t.Errorf("%v", err)
	}
}

// bodies has a value of each type that a free value may have, with members that
// cannot be hashed, and the same values in a list and in a map.
var bodies = func() []string {
	list := []string{`null`, `true`, `1`, `1.5`, `"a"`, `""`, `[]`, `[1]`, `[{}]`, `[[1]]`, `["a","a"]`, `{}`, `{"a":[]}`, `{"a":{"b":1}}`}
	for _, b := range list {
		list = append(list, "["+b+"]", `{"a":`+b+`}`)
	}
	return list
}()

type anyField struct {
	V any `free:"true"`
}

// freeTag returns the tag free for a type that needs it.
func freeTag(t reflect.Type) string {
	if leaf, _ := plan.Leaf(t); leaf.Kind() == reflect.Interface || t == reflect.TypeFor[[]json.RawMessage]() {
		return ` free:"true"`
	}
	return ""
}

// A rule of a free value is refused, or no body makes it panic.
func TestRulesOfFreeValues(t *testing.T) {
	types := []reflect.Type{
		reflect.TypeFor[any](), reflect.TypeFor[*any](), reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](),
		reflect.TypeFor[[]map[string]any](), reflect.TypeFor[[2]any](), reflect.TypeFor[[]anyField](),
	}
	admitted, refused := 0, 0
	for name, row := range rule.Table {
		types, params := types, []string{"", "=1", "=W", "=W a"}
		switch {
		case name == "dive", name == "keys", name == "endkeys", row.Class == rule.Outside:
			continue
		case row.Class != rule.OfValues: // these rules read the text of a reflect.Value, and cannot panic
			types, params = types[:1], params[:2]
		}
		for _, param := range params {
			for _, typ := range types {
				for _, dive := range []string{"", "dive,"} {
					rule := dive + name + param
					c, err := compileSchema(Config{}, withOther(typ, rule))
					if err != nil {
						refused++
						continue
					}
					admitted++
					c.neverPanics(t, typ.String()+" "+rule)
				}
			}
		}
	}
	if admitted < 300 || refused < 300 {
		t.Errorf("%d admitted, %d refused", admitted, refused)
	}
}

func withOther(typ reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{
		{Name: "V", Type: typ, Tag: reflect.StructTag(`validate:"` + rule + `"` + freeTag(typ))},
		{Name: "W", Type: reflect.TypeFor[any](), Tag: `free:"true"`},
	})
}

func (c *compiled) neverPanics(t *testing.T, name string) {
	t.Helper()
	for _, v := range bodies {
		for _, w := range []string{`null`, `true`, `1`, `"a"`, `[[1]]`, `{"a":{}}`} {
			body := []byte(`{"V":` + v + `,"W":` + w + `}`)
			if !c.scanOnce(body) {
				break // of another type
			}
			err := c.parse(t.Context(), body, reflect.New(c.checker.Root.Node.Typ).Interface())
			if err != nil && strings.Contains(err.Error(), "panicked") {
				t.Errorf("%s: %s: %v", name, body, err)
				return
			}
		}
	}
}

func TestRulesOfFreeValuesRefused(t *testing.T) {
	for _, tc := range []struct {
		t          reflect.Type
		rule, want string
	}{
		{reflect.TypeFor[any](), "min=3", "min=3"},
		{reflect.TypeFor[any](), "oneof=a b", "oneof=a b"},
		{reflect.TypeFor[any](), "unique", "unique"},
		{reflect.TypeFor[any](), "dive", "dive"},
		{reflect.TypeFor[any](), "omitempty,max=5", "max=5"},
		{reflect.TypeFor[any](), "email|len=3", "len=3"},
		{reflect.TypeFor[[]any](), "unique", "unique"},
		{reflect.TypeFor[[]any](), "dive,max=3", "max=3"},
		{reflect.TypeFor[[]any](), "max=3,dive,dive", "dive"},
		{reflect.TypeFor[map[string]any](), "unique", "unique"},
		{reflect.TypeFor[map[string]any](), "dive,keys,max=3,endkeys,ne=a", "ne=a"},
		{reflect.TypeFor[[]*any](), "unique", "unique"},
		{reflect.TypeFor[[]anyField](), "unique", "unique"},
		{reflect.TypeFor[[]anyField](), "unique=V", "unique=V"},
		{reflect.TypeFor[any](), "required,email", ""},
		{reflect.TypeFor[any](), "eqfield=W", ""},
		{reflect.TypeFor[any](), "required_with=W", ""},
		{reflect.TypeFor[[]any](), "required,min=1,max=3,dive,required", ""},
		{reflect.TypeFor[map[string]any](), "omitempty,max=3,dive,keys,alpha,endkeys", ""},
	} {
		_, err := compileSchema(Config{}, withOther(tc.t, tc.rule))
		if tc.want == "" {
			if err != nil {
				t.Errorf("%v %s: %v", tc.t, tc.rule, err)
			}
			continue
		}
		mwtest.Faults(t, err, `validate: struct {`)
		if err == nil || !strings.Contains(err.Error(), `"`+tc.want+`"`) {
			t.Errorf("%v %s: %v", tc.t, tc.rule, err)
		}
	}
	_, err := compileSchema(Config{}, reflect.TypeFor[struct {
		V string `validate:"required_if=W card"`
		W any    `free:"true"`
	}]())
	if err == nil || !strings.Contains(err.Error(), `"required_if=W card"`) {
		t.Errorf("a rule that panics if W is a number: %v", err)
	}
}

// A type that contains itself many times is sampled quickly.
func TestSamplesOfRecursiveTypes(t *testing.T) {
	type tree struct {
		A, B, C, D, E, F, G, H *tree
		L                      []tree
		M                      map[string]tree
		X                      any `validate:"required" free:"true"`
	}
	if _, err := compileSchema(Config{}, reflect.TypeFor[tree]()); err != nil {
		t.Error(err)
	}
}

func accepting(types string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "F", Type: plan.TypeFile, Tag: reflect.StructTag(`form:"f" accept:"` + types + `"`)}})
}

func TestTypesThatAreNeverFound(t *testing.T) {
	if _, err := compileSchema(Config{}, accepting(strings.Join(compile.Sniffed, " "))); err != nil {
		t.Error(err)
	}
	for _, media := range []string{"text/csv", "image/svg+xml", "image/jpg", "image/avif", "application/json", "application/vnd.oasis.opendocument.text"} {
		_, err := compileSchema(Config{}, accepting("image/png "+media))
		mwtest.Faults(t, err, "validate: struct {")
		if err == nil || !strings.Contains(err.Error(), `.F: "`+media+`": is a type that no content looks like to http.DetectContentType`) {
			t.Errorf("%s: %v", media, err)
		}
	}
}

// requestWith makes a request that has the values of the field "x" in one source.
var requestWith = [plan.Sources]func(values ...string) *http.Request{
	plan.InPath: func(values ...string) *http.Request {
		r := httptest.NewRequest("POST", "/", http.NoBody)
		r.Pattern = "/{x}"
		for _, v := range values {
			r.SetPathValue("x", v)
		}
		return r
	},
	plan.InQuery: func(values ...string) *http.Request {
		return httptest.NewRequest("POST", "/?x="+strings.Join(values, "&x="), http.NoBody)
	},
	plan.InHeader: func(values ...string) *http.Request {
		r := httptest.NewRequest("POST", "/", http.NoBody)
		r.Header["X"] = values
		return r
	},
	plan.InForm: func(values ...string) *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader("x="+strings.Join(values, "&x=")))
		r.Header.Set("Content-Type", plan.MediaForm)
		return r
	},
}

// fieldIn returns a struct with one field, X of type t.
func fieldIn(s plan.Source, t reflect.Type, tags string) reflect.Type {
	name := "x"
	if s == plan.InHeader {
		name = "X"
	}
	return reflect.StructOf([]reflect.StructField{{Name: "X", Type: t, Tag: reflect.StructTag(s.String() + `:"` + name + `" ` + tags)}})
}

// Several parts of the package must know each source. This test fails until a new source is
// known to all of them.
func TestEverySource(t *testing.T) {
	for s := range plan.Sources {
		if requestWith[s] == nil {
			t.Fatalf("source %d has no request here, or no name", s)
		}
		check := func(tc string, of reflect.Type, tags string, want any, values ...string) {
			t.Helper()
			c, err := compileSchema(Config{}, fieldIn(s, of, tags))
			if err != nil {
				t.Errorf("%v, %s: %v", s, tc, err)
				return
			}
			v := reflect.New(c.checker.Root.Node.Typ)
			_, err = c.decode(nil, requestWith[s](values...), v.Interface())
			if code, refused := want.(string); refused {
				e, ok := errors.AsType[*httperr.Error](err)
				if !ok || len(e.Faults) != 1 || e.Faults[0].In != s.String() || !strings.EqualFold(e.Faults[0].Name, "x") || e.Faults[0].Pointer != nil || e.Faults[0].Code != code {
					t.Errorf("%v, %s: %v", s, tc, err)
				}
			} else if got := v.Elem().Field(0).Interface(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, %s: %v, %v", s, tc, got, err)
			}
			x := (&Schema[struct{}]{c})
			described := strings.Contains(string(x.Parameters()), `"in":"`+s.String()+`"`)
			if body := strings.Contains(string(x.JSONSchema()), `"x":{`); described == body || described == (s == plan.InForm) {
				t.Errorf("%v, %s: it is in Parameters: %v, and in JSONSchema: %v", s, tc, described, body)
			}
		}
		seven := 7
		check("a number", tInt, "", 7, "7")
		check("a pointer", reflect.TypeFor[*int](), "", &seven, "7")
		check("no number", tInt, "", "type", "a")
		check("a broken rule", tInt, `validate:"min=9"`, "min", "7")
		if lists := reflect.TypeFor[[]int](); s == plan.InPath {
			_, err := compileSchema(Config{}, fieldIn(s, lists, `style:"comma"`))
			if err == nil || !strings.Contains(err.Error(), "is a list, and what is read from the") {
				t.Errorf("%v: a list: %v", s, err)
			}
		} else {
			check("commas", lists, `style:"comma"`, []int{7, 8}, "7,8")
			check("repeated", lists, `style:"repeat"`, []int{7, 8}, "7", "8")
			check("a broken rule of an element", lists, `style:"repeat" validate:"dive,min=8"`, "min", "7", "8")
		}
		if _, err := compileSchema(Config{}, fieldIn(s, tInt, `default:"3"`)); (s == plan.InPath) != (err != nil) {
			t.Errorf("%v: a default: %v", s, err)
		}
		if _, err := compileSchema(Config{}, fieldIn(s, plan.TypeFile, "")); (s == plan.InForm) != (err == nil) {
			t.Errorf("%v: a file: %v", s, err)
		}
	}
}

// The types are made by reflect, because go vet refuses such tags in a struct.
func TestUnreadableTagsRefused(t *testing.T) {
	for _, tag := range []reflect.StructTag{`json:a`, `json:"b",validate:"required"`, `json:"c"validate:"min=1"`, `json: "d"`, `required`} {
		_, err := compileSchema(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: tag}}))
		mwtest.Faults(t, err, "validate: struct {")
		if err == nil || !strings.Contains(err.Error(), ".V: "+strconv.Quote(string(tag))+": is not a list of keys") || !strings.Contains(err.Error(), `so that what is in it is not found; write each key once as key:"value"`) {
			t.Errorf("%s: %v", tag, err)
		}
	}
	const fine = `json:"f" doc:"it's fine: \"really\""   db:"f" `
	if _, err := compileSchema(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: fine}})); err != nil {
		t.Error(err)
	}
}

// If two tags have one key, package reflect reads only the first.
func TestSecondTagsRefused(t *testing.T) {
	with := func(tag reflect.StructTag) error {
		_, err := compileSchema(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: tag}}))
		return err
	}
	err := with(`json:"v" validate:"min=1" validate:"max=3"`)
	mwtest.Faults(t, err, "validate: struct {")
	if err == nil || !strings.Contains(err.Error(), `is not a list of keys, each once and with a quoted value`) {
		t.Error(err)
	}
	if err := with(`json:"v" description:"a" description:"b"`); err != nil {
		t.Error(err)
	}
}
