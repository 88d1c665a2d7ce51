package bind_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type hostileParams struct {
	IDs  []uint16   `query:"ids" style:"comma" validate:"max=4"`
	Many []string   `query:"many" style:"comma"`
	Huge []wideText `query:"huge" style:"comma" validate:"max=1000000"`
	Tags []string   `header:"X-Tags" style:"comma" validate:"max=4"`
	Page int        `query:"page" default:"1"`
	Text string     `query:"text"`
}

// wideText is a type whose value takes five hundred times the memory of its text.
type wideText struct{ _ [1024]byte }

func (*wideText) UnmarshalText([]byte) error { return nil }

// Many small values in a request are counted before memory is allocated for them.
func TestHostileParameters(t *testing.T) {
	s := kit.MustNew[hostileParams](t, validate.Config{})
	const size = 1 << 20
	commas := strings.Repeat("1,", size/2) + "1"
	for _, tc := range []struct{ name, query, header, want string }{
		{"items", "ids=" + commas, "", "query ids max_items"},
		{"items without a rule", "many=" + commas, "", "query many max_items"},
		{"items of a large type", "huge=" + commas[:100_000], "", "query huge too_large"},
		{"items of a header", "", commas, "header X-Tags max_items"},
		{"values", strings.Repeat("ids=1&", size/6) + "ids=1", "", "query ids duplicate,query  too_many_parameters"},
		{"unknown names", strings.Repeat("x=1&", size/4) + "x=1", "", "query  unknown_parameter,query  too_many_parameters"},
		{"empty pairs", strings.Repeat("&", size), "", "query  syntax"},
		{"semicolons", "page=1" + strings.Repeat(";", size), "", "query  syntax"},
		{"equals signs", "text" + strings.Repeat("=", size), "", "query text max_length"},
		{"text", "text=" + strings.Repeat("a", size), "", "query text max_length"},
		{"name", strings.Repeat("a", size), "", "query  unknown_parameter"},
		{"digits", "page=" + strings.Repeat("1", 60_000), "", "query page number_length"},
		{"digits of a float", "page=0." + strings.Repeat("1", size), "", "query page max_length"},
		{"index", "ids[999999999]=1", "", "query  unknown_parameter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.URL.RawQuery = tc.query
			if tc.header != "" {
				r.Header.Set("X-Tags", tc.header)
			}
			var err error
			if n := kit.Allocated(func() { _, err = s.Decode(nil, r) }); n > 64<<10 {
				t.Errorf("%d bytes allocated", n)
			}
			res, spy := kit.Send(s, r)
			got, want := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), strings.Split(tc.want, ",")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || spy.Calls() != 0 || err == nil {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// A form costs at most the memory for reading it, and for its text.
func TestHostileForms(t *testing.T) {
	s := kit.MustNew[upload](t, validate.Config{MaxBody: 16 << 20})
	fill := func(v string) string { return strings.Repeat(v, 10<<20/len(v)) }
	multi := "multipart/form-data; boundary=" + boundary
	for _, tc := range []struct{ name, media, body string }{
		{"boundaries", multi, fill("--" + boundary + "\r\n")},
		{"parts", multi, fill(part("tag", "a"))},
		{"header lines", multi, "--" + boundary + "\r\n" + fill("A: b\r\n")},
		{"one header", multi, "--" + boundary + "\r\nContent-Disposition: " + fill("a")},
		{"parameters", multi, "--" + boundary + "\r\nContent-Disposition: form-data" + fill(`; name="a"`)},
		{"almost boundaries", multi, title + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\n" + fill("\r\n--"+boundary[:9])},
		{"lines", multi, fill("\r\n")},
		{"file", multi, title + file("photo", "a", "GIF89a"+fill("\x00")) + "x"},
		{"pairs", kit.Urlencoded, fill("tag=a&")},
		{"ampersands", kit.Urlencoded, fill("&")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := kit.Stream(tc.body)
			r.Header.Set("Content-Type", tc.media)
			var err error
			n := kit.Allocated(func() { _, err = s.Decode(nil, r) })
			if e, ok := errors.AsType[*httperr.Error](err); !ok || e.Status != 400 || e.Code != "validation_failed" || len(e.Faults) == 0 || len(e.Faults) > 20 {
				t.Errorf("%v", err)
			}
			if most := 3*int64(len(tc.body)) + 128<<10; n > most {
				t.Errorf("%d bytes allocated for a form of %d", n, len(tc.body))
			}
		})
	}
}

// No text of a client is in an answer, in whichever source it was sent.
func TestNoEchoOfParameters(t *testing.T) {
	const secret = "hunter2"
	s := kit.MustNew[listNotes](t, validate.Config{})
	r := httptest.NewRequest("GET", "/notes/"+secret, nil)
	r.URL.RawQuery = secret + "=1&page=" + secret + "&sort=" + secret + "&ids=" + secret + "&since=" + secret + "&from=" + secret + "&need=" + secret + "&tag=" + secret
	r.Header = http.Header{"If-Match": {secret + secret}, "X-Try": {secret}, "X-Line": {secret}}
	w := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.Handle("/notes/{id}", s.Middleware(&mwtest.Spy{}))
	mux.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), secret) || strings.Count(w.Body.String(), `"in"`) < 10 {
		t.Errorf("%s", w.Body)
	}
}

// FuzzSources checks that no request panics, and that faults have only names of the struct.
func FuzzSources(f *testing.F) {
	for _, tc := range queries {
		if len(tc.query) < 1000 {
			f.Add("0190163d-8694-739b-aea5-966c26f8ad91", tc.query, "a,b", "::1")
		}
	}
	s, err := validate.New[listNotes](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	names := []string{"", "page", "limit", "sort", "tag", "ids", "since", "from", "done", "ratio", "i8", "q", "need", "If-Match", "X-Wants", "X-Line", "X-Try", "id"}
	f.Fuzz(func(t *testing.T, id, query, wants, line string) {
		r := httptest.NewRequest("GET", "/notes/x", nil)
		r.URL.RawQuery = query
		r.Pattern = "/notes/{id}"
		r.SetPathValue("id", id)
		r.Header = http.Header{"X-Wants": {wants}, "X-Line": {line, line}, "If-Match": {wants}}
		v, err := s.Decode(nil, r)
		if err == nil {
			if v.Page < 1 || v.Limit < 1 || v.Limit > 100 || len(v.Tags) > 3 || len(v.IDs) > 4 || len(v.Accept) > 3 || v.ID != id {
				t.Fatalf("%+v", v)
			}
			return
		}
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || e.Status != 400 || len(e.Faults) == 0 || len(e.Faults) > 20 {
			t.Fatalf("%v", err)
		}
		seen := map[string]bool{}
		for _, f := range e.Faults {
			if f.Pointer != nil || f.In == "" || !slices.Contains(names, f.Name) || seen[f.In+f.Name+f.Code] {
				t.Fatalf("%+v", f)
			}
			seen[f.In+f.Name+f.Code] = true
		}
	})
}

// Requests share no memory: neither defaults nor lists.
func TestSourcesRace(t *testing.T) {
	s := kit.MustNew[defaulted](t, validate.Config{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				r := kit.Post(`{"inner":{"size":9}}`)
				r.URL.RawQuery = "page=4"
				v, err := s.Decode(nil, r)
				if err != nil || v.Page != 4 || v.Name != "ann" || v.Inner.Theme != "dark" {
					t.Errorf("%+v, %v", v, err)
					return
				}
				v.Inner.Theme, v.Name = "changed", "changed"
			}
		})
	}
	all.Wait()
}

// A part of the path may have every character of UTF-8 after its escapes are decoded, also a
// slash and a NUL.
func TestPathBytes(t *testing.T) {
	s := kit.MustNew[struct {
		ID string `path:"id" validate:"max=5"`
	}](t, validate.Config{})
	for path, want := range map[string]string{
		"a%2fb": "", "%00": "", "%20": "", "%25ff": "", "+": "", "%C3%A9": "",
		"%ff": "path id invalid_utf8", "%ed%a0%80": "path id invalid_utf8", "%c0%af": "path id invalid_utf8", "aaaaaa": "path id max_length",
		strings.Repeat("a", 64<<10+1): "path id max_length",
	} {
		_, res := ask(s, httptest.NewRequest("GET", "/notes/"+path, nil))
		if want == "" {
			if res.StatusCode != 200 {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
			continue
		}
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != want {
			t.Errorf("%.20s: %q, want %q", path, got, want)
		}
	}
}
