package bind_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type bracketed struct {
	IDs    []int    `query:"ids[]" style:"brackets" validate:"max=3,dive,min=1"`
	Size   int      `query:"page[size]" style:"brackets" default:"20" validate:"max=100"`
	Deep   *string  `query:"filter[a.b][in]" style:"brackets"`
	Fields []string `query:"fields[notes]" style:"comma"`
	Plain  string   `query:"ids"`
}

// A name with brackets is one name. Nothing in it is an index or a key.
func TestBrackets(t *testing.T) {
	s := kit.MustNew[bracketed](t, validate.Config{})
	for _, tc := range []struct{ query, want string }{
		{"", ""},
		{"ids[]=1&ids[]=2&page[size]=5&filter[a.b][in]=x&fields[notes]=a,b", ""},
		{"ids%5B%5D=1&page%5Bsize%5D=5", ""},
		{"ids[]=1&ids=2", ""}, // another parameter
		{"ids[0]=1", "query  unknown_parameter"},
		{"ids[][]=1", "query  unknown_parameter"},
		{"IDS[]=1", "query  unknown_parameter"},
		{"page[size]=1&page[size]=2", "query page[size] duplicate"},
		{"page=1", "query  unknown_parameter"},
		{"page[number]=1", "query  unknown_parameter"},
		{"page[size=1", "query  unknown_parameter"},
		{"ids[999999999]=1", "query  unknown_parameter"},
		{"ids[]=x", "query ids[] type"},
		{"ids[]=0", "query ids[] min"},
		{"ids[]=1&ids[]=2&ids[]=3&ids[]=4", "query ids[] max_items"},
		{"page[size]=101", "query page[size] max"},
		{"fields[notes]=a,,b", "query fields[notes] empty_item"},
	} {
		r := kit.Post("")
		r.Method, r.Body, r.URL.RawQuery = "GET", http.NoBody, tc.query
		kit.AnswersTo(t, s, r, tc.want)
	}
	r := kit.Post("")
	r.Body, r.URL.RawQuery = http.NoBody, "ids[]=3&ids[]=1&filter%5Ba.b%5D[in]=x&fields[notes]=a,b"
	in, err := s.Decode(nil, r)
	if err != nil || !slices.Equal(in.IDs, []int{3, 1}) || in.Size != 20 || in.Deep == nil || *in.Deep != "x" || !slices.Equal(in.Fields, []string{"a", "b"}) {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestBracketsOfForms(t *testing.T) {
	type form struct {
		IDs   []int           `form:"ids[]" style:"brackets"`
		Files []validate.File `form:"files[]" style:"brackets"`
	}
	s := kit.MustNew[form](t, validate.Config{})
	in, err := s.Decode(nil, kit.Submit(kit.Urlencoded, "ids%5B%5D=1&ids[]=2"))
	if err != nil || !slices.Equal(in.IDs, []int{1, 2}) {
		t.Errorf("%+v, %v", in, err)
	}
	const part = "--b\r\nContent-Disposition: form-data; name=\"files[]\"; filename=\"a\"\r\n\r\nA\r\n"
	in, err = s.Decode(nil, kit.Submit("multipart/form-data; boundary=b", part+part+"--b--\r\n"))
	if err != nil || len(in.Files) != 2 {
		t.Errorf("%+v, %v", in, err)
	}
}

// In OpenAPI the name has its brackets, and a list has one parameter for each item.
func TestBracketsInOpenAPI(t *testing.T) {
	got := string(kit.MustNew[bracketed](t, validate.Config{}).Parameters())
	for _, want := range []string{
		`{"name":"ids[]","in":"query","required":false,"style":"form","explode":true,`,
		`{"name":"page[size]","in":"query","required":false,"schema":`,
		`{"name":"fields[notes]","in":"query","required":false,"style":"form","explode":false,`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// A method Validate may name a parameter with brackets.
func TestBracketsInFault(t *testing.T) {
	err := validate.FaultIn("query", "page[size]", "too_many", "is too much")
	if wrong := reflect.ValueOf(err).Elem().FieldByName("Wrong").String(); wrong != "" {
		t.Error(wrong)
	}
}
