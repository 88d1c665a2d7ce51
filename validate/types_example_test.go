package validate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/validate"
)

type ListNotes struct {
	Owner string   `path:"owner" validate:"alphanum"`
	Page  int      `query:"page" default:"1" validate:"min=1"`
	Limit int      `query:"limit" default:"20" validate:"min=1,max=100"`
	Sort  string   `query:"sort" default:"-created" validate:"oneof=created -created title"`
	Tags  []string `query:"tag" style:"repeat" mod:"trim,lower" validate:"max=5,dive,max=30"`
}

// Parameters come from the path and the query, with defaults. All their faults are in one
// answer.
func Example_sources() {
	mux := http.NewServeMux()
	mux.Handle("GET /{owner}/notes", validate.Handler(func(ctx context.Context, in *ListNotes) (*ListNotes, error) {
		fmt.Printf("%+v\n", *in)
		return nil, nil
	}))
	for _, query := range []string{"?tag=Go&tag=+HTTP+", "?page=0&limit=1e3&tag[]=x"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/ann/notes"+query, nil))
		var e struct{ Errors []map[string]any }
		_ = json.Unmarshal(w.Body.Bytes(), &e)
		for _, f := range e.Errors {
			fmt.Println(f["in"], f["name"], f["code"], f["message"])
		}
	}
	// Output:
	// {Owner:ann Page:1 Limit:20 Sort:-created Tags:[go http]}
	// query <nil> unknown_parameter has a parameter that is not known
	// query page min must be at least 1
	// query limit type must be an integer
}

type PatchNote struct {
	Title validate.Optional[string] `json:"title" mod:"trim" validate:"min=1,max=80"`
	Note  validate.Optional[string] `json:"note" validate:"max=1000"`
}

// A PATCH distinguishes absence, null and a value.
func ExampleOptional() {
	schema, err := validate.New[PatchNote](validate.Config{})
	if err != nil {
		panic(err)
	}
	for _, body := range []string{`{"title":" Hi "}`, `{"note":null}`, `{"title":null,"note":""}`, `{"title":""}`} {
		r := httptest.NewRequest("PATCH", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		in, err := schema.Decode(nil, r)
		fmt.Println(in, err)
	}
	// Output:
	// &{{true false Hi} {false false }} <nil>
	// &{{false false } {true true }} <nil>
	// &{{true true } {true false }} <nil>
	// <nil> validation_failed: /title min_length
}

type Upload struct {
	Title string        `form:"title" mod:"trim" validate:"required,min=1,max=80"`
	Photo validate.File `form:"photo" accept:"image/png image/jpeg" validate:"required"`
}

// A form with a file needs protection against requests from other sites. JSON does not.
func ExampleFile() {
	schema, err := validate.New[Upload](validate.Config{MaxBody: 4 << 20, MaxFile: 2 << 20})
	if err != nil {
		panic(err)
	}
	save := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, _ := validate.From[Upload](r)
		fmt.Println(in.Title, in.Photo.ContentType, in.Photo.Name, in.Photo.Size)
	})
	h := http.NewCrossOriginProtection().Handler(schema.Middleware(save))

	body := strings.ReplaceAll(`--x
Content-Disposition: form-data; name="title"

Cat
--x
Content-Disposition: form-data; name="photo"; filename="../cat.png"
Content-Type: text/html

`+"\x89PNG\r\n\x1a\n"+`
--x--
`, "\n", "\r\n")
	body = strings.ReplaceAll(body, "\x89PNG\r\r\n\x1a\r\n", "\x89PNG\r\n\x1a\n")
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// Cat image/png cat.png 8
}

// The Schema that reads a type describes its parameters for OpenAPI.
func ExampleSchema_Parameters() {
	type search struct {
		ID   string   `path:"id" validate:"uuid"`
		Page int32    `query:"page" default:"1" validate:"min=1,max=50"`
		Tags []string `query:"tag" style:"repeat" validate:"max=5,dive,max=20"`
	}
	s, err := validate.New[search](validate.Config{MaxString: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.ReplaceAll(string(s.Parameters()), `},{"name"`, "},\n{\"name\""))
	// Output:
	// [{"name":"id","in":"path","required":true,"schema":{"format":"uuid","maxLength":100,"type":"string"}},
	// {"name":"page","in":"query","required":false,"schema":{"default":1,"maximum":50,"minimum":1,"type":"integer"}},
	// {"name":"tag","in":"query","required":false,"style":"form","explode":true,"schema":{"items":{"maxLength":20,"type":"string"},"maxItems":5,"type":"array"}}]
}
