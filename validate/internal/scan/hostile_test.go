package scan_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// wide is a struct that takes eighty times the memory of its JSON, "{},".
type wide struct {
	Name, City, Street, Zip, Phone, Mail, Note, Kind, A, B, C, D, E, F, G string
}

type target struct {
	Any  any            `json:"any" free:"true"`
	Tags []string       `json:"tags"`
	Name string         `json:"name"`
	N    float64        `json:"n"`
	Map  map[string]int `json:"map"`
	List []wide         `json:"list"`
	Five []wide         `json:"five" validate:"max=5"`
	In   *target        `json:"in"`
}

// Every hostile body is refused. It costs at most the memory for reading it: the
// body, and an eighth of it for the smaller buffers before the last one.
func TestHostileBodies(t *testing.T) {
	const size = 10 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	var members, colliding strings.Builder
	for i := range 1 << 19 {
		fmt.Fprintf(&members, `"m%d":0,`, i)
		fmt.Fprintf(&colliding, `"%c%c%c":0,`, 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
	}
	nulls := make([]string, 20) // the number of faults that a refusal reports
	for i := range nulls {
		nulls[i] = fmt.Sprintf("/tags/%d null", i)
	}
	for _, tc := range []struct{ name, head, fill, tail, want string }{
		{"arrays", "", fill("["), "", "validation_failed: type, too_deep"},
		{"arrays in any", `{"any":`, fill("["), "", "validation_failed:/any too_deep"},
		{"objects", "", fill(`{"a":`), "", "validation_failed: unknown_member, too_deep"},
		{"objects in any", `{"any":`, fill(`{"a":`), "", "validation_failed:/any too_deep"},
		{"objects of the type", "", fill(`{"in":`), "", "validation_failed:" + strings.Repeat("/in", 32) + " too_deep"},
		{"list of lists", `{"any":[[]`, fill(`,[]`), "]}", "validation_failed:/any max_items,/any too_large"},
		{"list of objects", `{"any":[{}`, fill(`,{}`), "]}", "validation_failed:/any max_items,/any too_large"},
		{"list of zeros", `{"any":[0`, fill(`,0`), "]}", "validation_failed:/any max_items,/any too_large"},
		{"list of strings", `{"tags":[""`, fill(`,""`), "]}", "validation_failed:/tags max_items,/tags too_large"},
		{"list of structs", `{"list":[{}`, fill(`,{}`), "]}", "validation_failed:/list max_items,/list too_large"},
		{"list with max", `{"five":[{}`, fill(`,{}`), "]}", "validation_failed:/five max_items,/five too_large"},
		{"list of nulls", `{"tags":[null`, fill(`,null`), "]}", "validation_failed:" + strings.Join(nulls, ",")},
		{"unknown members", `{`, members.String(), `"x":0}`, "validation_failed: unknown_member"},
		{"members of a map", `{"map":{`, members.String(), `"x":0}}`, "validation_failed:/map max_members,/map too_large"},
		{"members of any", `{"any":{`, members.String(), `"x":0}}`, "validation_failed:/any max_members,/any too_large"},
		{"repeated names in a map", `{"map":{`, colliding.String(), `"x":0}}`, "validation_failed:/map max_members,/map too_large"},
		{"duplicates", `{"name":""`, fill(`,"name":""`), "}", "validation_failed:/name duplicate_member"},
		{"number", `{"n":1`, fill("0"), "}", "validation_failed:/n number_length"},
		{"number in any", `{"any":1`, fill("0"), "}", "validation_failed:/any number_length"},
		{"fraction", `{"n":0.1`, fill("1"), "}", "validation_failed:/n number_length"},
		{"string", `{"name":"`, fill("a"), `"}`, "validation_failed:/name max_length"},
		{"escapes", `{"name":"`, fill(`\u0061`), `"}`, "validation_failed:/name max_length"},
		{"name", `{"`, fill("a"), `":0}`, "validation_failed: name_length"},
		{"name in a map", `{"map":{"`, fill("a"), `":0}}`, "validation_failed:/map name_length"},
		{"spaces", ``, fill(" "), ``, "body_required"},
		{"zero bytes", ``, fill("\x00"), ``, "malformed_json: syntax"},
		{"deep and wide, to the depth of encoding/json", `{"any":[`, fill(strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + ","), "0]}", "validation_failed:/any too_deep"},
		{"deep and wide", `{"any":[`, fill(strings.Repeat("[", 29) + strings.Repeat("]", 29) + ","), "0]}", "validation_failed:/any max_items,/any too_large"},
	} {
		s := kit.MustNew[target](t, validate.Config{MaxBody: 16 << 20})
		t.Run(tc.name, func(t *testing.T) {
			r := kit.Stream(tc.head, tc.fill, tc.tail)
			var err error
			n := kit.Allocated(func() { _, err = s.Decode(nil, r) })
			switch {
			case !errors.Is(err, validate.ErrInvalid) && !errors.Is(err, validate.ErrMalformed) && !errors.Is(err, validate.ErrNoBody):
				t.Errorf("error %v", err)
			case n > r.ContentLength*9/8+128<<10:
				t.Errorf("%d bytes allocated for a body of %d", n, r.ContentLength)
			}
			// Through the middleware, the answer has the code and the faults.
			res, spy := kit.Send(s, kit.Stream(tc.head, tc.fill, tc.tail))
			code, list, _ := strings.Cut(tc.want, ":")
			e := mwtest.Refused(t, res, 400, code)
			if got := strings.Join(kit.Faults(e), ","); got != list || spy.Calls() != 0 {
				t.Errorf("%s: %q, want %q", e.Code, got, list)
			}
		})
	}
}

// With the default MaxBody such a body gets 413: by its Content-Length, or once it is too long.
func TestHostileBodiesByDefault(t *testing.T) {
	s := kit.MustNew[target](t, validate.Config{})
	for _, unit := range []string{"[", `{"any":[`, `{"a":`, "[],", "{},", "0,", `"",`, `"name":"",`, "1", "a", "\x00", " "} {
		body := strings.Repeat(unit, 10<<20/len(unit))
		for _, told := range []bool{true, false} {
			request := func() *http.Request {
				r := kit.Stream(body)
				if !told {
					r.ContentLength = -1
				}
				return r
			}
			first, most := request(), int64(64<<10)
			if !told {
				most += 2 << 20 // the buffer of a mebibyte, and the buffers before it
			}
			if n := kit.Allocated(func() { _, _ = s.Decode(nil, first) }); n > most {
				t.Errorf("%s, length told: %v: %d bytes allocated", unit, told, n)
			}
			res, spy := kit.Send(s, request())
			if e := mwtest.Refused(t, res, 413, "body_too_large"); len(e.Errors) > 0 || spy.Calls() > 0 {
				t.Errorf("%s: %q, %d calls", unit, kit.Faults(e), spy.Calls())
			}
		}
	}
}

// Without the limits on counts, the limit on memory still holds before
// anything is decoded, and an accepted body takes little more memory than that limit.
func TestMemoryIsBounded(t *testing.T) {
	free := validate.Config{MaxItems: 1 << 20}
	s := kit.MustNew[target](t, free)
	for name, body := range map[string]string{
		"structs":  `{"list":[{}` + strings.Repeat(",{}", 1<<18) + `]}`,
		"pointers": `{"list":[{}` + strings.Repeat(",{}", 1<<17) + `],"in":{"in":{}}}`,
	} {
		r := kit.Stream(body)
		var err error
		if n := kit.Allocated(func() { _, err = s.Decode(nil, r) }); !errors.Is(err, validate.ErrInvalid) || n > 2*int64(len(body))+128<<10 {
			t.Errorf("%s: %v, %d bytes for %d", name, err, n, len(body))
		}
	}
	few := free
	few.MaxMemory = 1 << 20
	tight := kit.MustNew[target](t, few)
	fits := `{"list":[{}` + strings.Repeat(",{}", 1<<20/480-1) + `]}`
	if _, err := tight.Decode(nil, kit.Stream(fits)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := tight.Decode(nil, kit.Stream(`{"name":"",`+fits[1:len(fits)-2]+`,{}]}`)); !errors.Is(err, validate.ErrInvalid) {
		t.Errorf("over the limit: %v", err)
	}
}

// A client that sends a Content-Length and no body costs only the first buffer.
func TestContentLengthAllocatesNothing(t *testing.T) {
	s := kit.MustNew[order](t, validate.Config{})
	r := kit.Post("")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("{")), 1<<20
	if n := kit.Allocated(func() { _, _ = s.Decode(nil, r) }); n > 32<<10 {
		t.Errorf("%d bytes allocated for a Content-Length without a body", n)
	}
}
