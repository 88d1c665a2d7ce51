package validate

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// bearers make a request that has the values of the field "x" in one source.
var bearers = [plan.Sources]func(values ...string) *http.Request{
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

// A source is more than what reads it: whoever adds one is told here what else
// has to know of it.
func TestEverySource(t *testing.T) {
	for s := range plan.Sources {
		if bearers[s] == nil || plan.SourceInfo[s].Name == "" {
			t.Fatalf("source %d has no bearer, or no name", s)
		}
		is := func(tc string, of reflect.Type, tags string, want any, values ...string) {
			t.Helper()
			c, err := newCore(Config{}, fieldIn(s, of, tags))
			if err != nil {
				t.Errorf("%v, %s: %v", s, tc, err)
				return
			}
			v := reflect.New(c.root.Node.Typ)
			_, err = c.decode(nil, bearers[s](values...), v.Interface())
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
			if body := strings.Contains(string(x.JSONSchema()), `"x":{`); described == body || described == plan.SourceInfo[s].Body {
				t.Errorf("%v, %s: it is in Parameters: %v, and in JSONSchema: %v", s, tc, described, body)
			}
		}
		seven := 7
		is("a number", tInt, "", 7, "7")
		is("a pointer", reflect.TypeFor[*int](), "", &seven, "7")
		is("no number", tInt, "", "type", "a")
		is("a broken rule", tInt, `validate:"min=9"`, "min", "7")
		if lists := reflect.TypeFor[[]int](); !plan.SourceInfo[s].Lists {
			_, err := newCore(Config{}, fieldIn(s, lists, `style:"comma"`))
			if err == nil || !strings.Contains(err.Error(), "is a list, and what is read from the") {
				t.Errorf("%v: a list: %v", s, err)
			}
		} else {
			is("commas", lists, `style:"comma"`, []int{7, 8}, "7,8")
			is("repeated", lists, `style:"repeat"`, []int{7, 8}, "7", "8")
			is("a broken rule of an element", lists, `style:"repeat" validate:"dive,min=8"`, "min", "7", "8")
		}
		if _, err := newCore(Config{}, fieldIn(s, tInt, `default:"3"`)); plan.SourceInfo[s].Always != (err != nil) {
			t.Errorf("%v: a default: %v", s, err)
		}
		if _, err := newCore(Config{}, fieldIn(s, plan.TypeFile, "")); plan.SourceInfo[s].Files != (err == nil) {
			t.Errorf("%v: a file: %v", s, err)
		}
	}
}
