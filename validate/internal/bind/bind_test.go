package bind_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type Paging = kit.Paging
type listNotes = kit.ListNotes

const noteID = "/notes/0190163d-8694-739b-aea5-966c26f8ad91"

// ask sends a request through a mux, which sets the path parameters as in a real server.
func ask[T any](s *validate.Schema[T], r *http.Request) (v T, res *http.Response) {
	mux := http.NewServeMux()
	mux.Handle("/notes/{id}", s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { v, _ = validate.From[T](r) })))
	return v, mwtest.Do(mux, r)
}

// queries has queries and their expected faults: "" if the query is accepted.
var queries = []struct{ name, query, want string }{
	{"only the required one", "need=0", ""},
	{"all of them", "page=2&limit=100&sort=title&tag=a&tag=b&tag=c&ids=1,2,65535&since=2026-01-02T03:04:05Z&from=::1&done=false&ratio=-1.5e3&i8=-128&q=%C3%A9+x&need=true", ""},
	{"escaped name", "%6eeed=1", ""},
	{"no equals sign", "need=1&q", ""},
	{"empty text", "need=1&q=", ""},
	{"NUL in a value", "need=1&q=%00", ""},
	{"empty list", "need=1&ids=", ""},
	{"empty query", "", "query need required"},
	{"unknown", "need=1&x=1", "query  unknown_parameter"},
	{"two unknown", "need=1&x=1&y=2", "query  unknown_parameter"},
	{"other case", "need=1&Page=1", "query  unknown_parameter"},
	{"Go name", "need=1&IDs=1", "query  unknown_parameter"},
	{"Kelvin sign", "need=1&%E2%84%AA=1", "query  unknown_parameter"},
	{"name with NUL", "need=1&page%00=1", "query  unknown_parameter"},
	{"name with a space", "need=1&page+=1", "query  unknown_parameter"},
	{"bracket", "need=1&tag[]=a", "query  unknown_parameter"},
	{"sparse index", "need=1&tag[999999999]=a", "query  unknown_parameter"},
	{"dot", "need=1&tag.0=a", "query  unknown_parameter"},
	{"name of bad UTF-8", "need=1&%ff=1", "query  invalid_utf8"},
	{"value of bad UTF-8", "need=1&q=%ff", "query q invalid_utf8"},
	{"encoded surrogate", "need=1&q=%ed%a0%80", "query q invalid_utf8"},
	{"twice", "need=1&page=1&page=2", "query page duplicate"},
	{"twice the same", "need=1&page=1&page=1", "query page duplicate"},
	{"twice by escape", "need=1&page=1&p%61ge=1", "query page duplicate"},
	{"good, then bad", "need=1&page=5&page=abc", "query page duplicate"},
	{"list with commas twice", "need=1&ids=1&ids=2", "query ids duplicate"},
	{"semicolon", "need=1;page=2", "query  syntax"},
	{"bad escape", "need=1&q=%zz", "query  syntax"},
	{"short escape", "need=1&q=%4", "query  syntax"},
	{"bad escape in a name", "need=1&%=1", "query  syntax"},
	{"empty pair", "need=1&&page=1", "query  syntax"},
	{"empty pair first", "&need=1", "query  syntax"},
	{"empty pair last", "need=1&", "query  syntax"},
	{"empty name", "need=1&=1", "query  syntax"},
	{"plus sign", "need=1&page=%2B1", "query page type"},
	{"hexadecimal", "need=1&page=0x1", "query page type"},
	{"underscore", "need=1&page=1_000", "query page type"},
	{"space before", "need=1&page=+1", "query page type"},
	{"space after", "need=1&page=1+", "query page type"},
	{"leading zero", "need=1&page=01", "query page type"},
	{"decimal point", "need=1&page=1.0", "query page type"},
	{"exponent", "need=1&page=1e2", "query page type"},
	{"other digits", "need=1&page=%D9%A1", "query page type"},
	{"empty number", "need=1&page=", "query page type"},
	{"number without value", "need=1&page", "query page type"},
	{"int64 overflow", "need=1&page=9223372036854775808", "query page range"},
	{"int8 overflow", "need=1&i8=128", "query i8 range"},
	{"int8 underflow", "need=1&i8=-129", "query i8 range"},
	{"129 digits", "need=1&page=" + strings.Repeat("1", 129), "query page number_length"},
	{"NaN", "need=1&ratio=NaN", "query ratio type"},
	{"Inf", "need=1&ratio=Inf", "query ratio type"},
	{"hexadecimal float", "need=1&ratio=0x1p-2", "query ratio type"},
	{"float32 overflow", "need=1&ratio=1e39", "query ratio range"},
	{"bool t", "need=t", "query need type"},
	{"bool TRUE", "need=TRUE", "query need type"},
	{"bool on", "need=on", "query need type"},
	{"bool empty", "need=", "query need type"},
	{"bool 01", "need=01", "query need type"},
	{"pointer", "need=1&done=yes", "query done type"},
	{"negative uint", "need=1&ids=-1", "query ids type"},
	{"uint16 overflow", "need=1&ids=1,65536", "query ids range"},
	{"empty item", "need=1&ids=1,,2", "query ids empty_item"},
	{"comma last", "need=1&ids=1,", "query ids empty_item"},
	{"space after a comma", "need=1&ids=1,+2", "query ids type"},
	{"too many items", "need=1&ids=1,2,3,4,5", "query ids max_items"},
	{"too many values", "need=1&tag=a&tag=b&tag=c&tag=d", "query tag max_items"},
	{"long item", "need=1&tag=abcdef", "query tag max_length"},
	{"too long", "need=1&q=" + strings.Repeat("a", 64<<10+1), "query q max_length"},
	{"time", "need=1&since=yesterday", "query since format_date_time"},
	{"text", "need=1&from=1.2.3", "query from invalid"},
	{"rule", "need=1&page=0&limit=101&sort=x", "query page min,query limit max,query sort enum"},
	{"all at once", "page=x&limit=0&x=1", "query  unknown_parameter,query page type,query limit min,query need required"},
	{"64 parameters", "need=1&tag=a" + strings.Repeat("&tag=a", 62), "query tag max_items"},
	{"65 parameters", "need=1&tag=a" + strings.Repeat("&tag=a", 63), "query  too_many_parameters"},
}

func TestQueryTable(t *testing.T) {
	s := kit.MustNew[listNotes](t, validate.Config{})
	for _, tc := range queries {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", noteID, nil)
			r.URL.RawQuery = tc.query
			_, res := ask(s, r)
			if tc.want == "" {
				kit.Admitted(t, tc.query, res)
				return
			}
			if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, strings.Split(tc.want, ",")) {
				t.Errorf("faults %q, want %q", got, tc.want)
			}
		})
	}
}

func TestParametersReachTheHandler(t *testing.T) {
	r := httptest.NewRequest("GET", noteID+"?limit=0100", nil)
	r.URL.RawQuery = queries[1].query
	r.Header = http.Header{"If-Match": {`"abc"`}, "X-Wants": {"a , b", "c"}, "X-Line": {"::1", "10.0.0.1"}}
	v, res := ask(kit.MustNew[listNotes](t, validate.Config{}), r)
	no := false
	want := listNotes{
		Paging: Paging{Page: 2, Limit: 100}, Sort: "title", Tags: []string{"a", "b", "c"}, IDs: []uint16{1, 2, 65535},
		Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), From: netip.IPv6Loopback(), Done: &no, Ratio: -1500, I8: -128, Q: "é x", Need: true,
		Match: `"abc"`, Accept: []string{"a", "b", "c"}, Lines: []netip.Addr{netip.IPv6Loopback(), netip.MustParseAddr("10.0.0.1")}, Try: 7, ID: noteID[len("/notes/"):],
	}
	if res.StatusCode != 200 || !reflect.DeepEqual(v, want) {
		t.Errorf("%d\n got %+v\nwant %+v", res.StatusCode, v, want)
	}
}

func TestHeaderTable(t *testing.T) {
	s := kit.MustNew[listNotes](t, validate.Config{})
	for _, tc := range []struct {
		name   string
		header http.Header
		want   string
	}{
		{"no fields", http.Header{}, ""},
		{"twice", http.Header{"If-Match": {"a", "a"}}, "header If-Match duplicate"},
		{"bad UTF-8", http.Header{"If-Match": {"\xff"}}, "header If-Match invalid_utf8"},
		{"rule", http.Header{"If-Match": {"123456789"}}, "header If-Match max_length"},
		{"number", http.Header{"X-Try": {"1 "}}, "header X-Try type"},
		{"empty list", http.Header{"X-Wants": {""}}, ""},
		{"lines and commas", http.Header{"X-Wants": {"a,b", "c"}}, ""},
		{"empty item", http.Header{"X-Wants": {"a,,b"}}, "header X-Wants empty_item"},
		{"too many in all lines", http.Header{"X-Wants": {"a,b", "c,d"}}, "header X-Wants max_items"},
		{"bad second line", http.Header{"X-Line": {"::1", "x"}}, "header X-Line invalid"},
		{"unknown", http.Header{"X-Other": {"x"}}, ""},
	} {
		r := httptest.NewRequest("GET", noteID+"?need=1", nil)
		r.Header = tc.header
		_, res := ask(s, r)
		if tc.want == "" {
			if res.StatusCode != 200 {
				t.Errorf("%s: %d", tc.name, res.StatusCode)
			}
			continue
		}
		if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{tc.want}) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestPath(t *testing.T) {
	s := kit.MustNew[listNotes](t, validate.Config{})
	_, res := ask(s, httptest.NewRequest("GET", "/notes/x?need=1", nil))
	if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{"path id format_uuid"}) {
		t.Errorf("%q", got)
	}
	// A pattern without the wildcard is a mistake of the program.
	mux := http.NewServeMux()
	mux.Handle("/other/{key}", s.Middleware(&mwtest.Spy{}))
	mwtest.Refused(t, mwtest.Do(mux, httptest.NewRequest("GET", "/other/x?need=1", nil)), 500, "internal_error")

	type rest struct {
		Rest string `path:"rest"`
	}
	var got []string
	mux.Handle("/files/{rest...}", kit.MustNew[rest](t, validate.Config{}).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v, _ := validate.From[rest](r)
		got = append(got, v.Rest)
	})))
	for _, path := range []string{"/files/", "/files/a%2Fb"} {
		if res := mwtest.Do(mux, httptest.NewRequest("GET", path, nil)); res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if !slices.Equal(got, []string{"", "a/b"}) {
		t.Errorf("%q", got)
	}

	own := kit.MustNew[rest](t, validate.Config{Path: func(r *http.Request, name string) string { return strings.TrimPrefix(r.URL.Path, "/"+name) }})
	if v, err := own.Decode(nil, httptest.NewRequest("GET", "/restless", nil)); err != nil || v.Rest != "less" {
		t.Errorf("%v, %v", v, err)
	}
	res, _ = kit.Send(own, httptest.NewRequest("GET", "/rest", nil))
	if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{"path rest required"}) {
		t.Errorf("%q", got)
	}
}

type mixed struct {
	Page  int    `query:"page" validate:"required,min=1"`
	Admin bool   `header:"X-Admin" json:"-"`
	Owner string `path:"id"`
	Title string `json:"title" validate:"required,min=2"`
	Level int    `json:"level" validate:"gtefield=Page"`
}

func mixedRequest(query, body string) *http.Request {
	r := kit.Post(body)
	r.URL.Path, r.URL.RawQuery = "/notes/me", query
	return r
}

// A field with another source is not a member of the body, under any of the names that
// encoding/json would accept for it.
func TestNoMassAssignment(t *testing.T) {
	s := kit.MustNew[mixed](t, validate.Config{})
	for _, name := range []string{"page", "Page", "PAGE", "Admin", "admin", "X-Admin", "Owner", "id", "ID"} {
		v, res := ask(s, mixedRequest("page=1", `{"title":"ab","level":9,"`+name+`":7}`))
		if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{" unknown_member"}) || v.Page != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	v, res := ask(s, mixedRequest("page=3", `{"title":"ab","level":9}`))
	if res.StatusCode != 200 || v != (mixed{Page: 3, Owner: "me", Title: "ab", Level: 9}) {
		t.Errorf("%d %+v", res.StatusCode, v)
	}
}

// One answer has the faults of all sources. The faults of the body come last.
func TestAllSourcesAtOnce(t *testing.T) {
	s := kit.MustNew[mixed](t, validate.Config{})
	for _, tc := range []struct{ query, body, code, want string }{
		{"page=0", `{"title":"a","level":1}`, "validation_failed", "query page min,/title min_length"},
		{"page=x", `{"title":"a","x":1}`, "validation_failed", "query page type,/title min_length, unknown_member"},
		{"", `{"level":-1}`, "validation_failed", "query page required,/title required"},
		{"page=5", `{"title":"ab","level":1}`, "validation_failed", "/level compare"},
		{"page=x", `{"title"`, "malformed_json", "query page type, syntax"},
		{"page=x", `{"title":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[`, "validation_failed", "query page type,/title type,/title too_deep"},
	} {
		r := mixedRequest(tc.query, tc.body)
		r.Header.Set("X-Admin", "1")
		_, res := ask(s, r)
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, tc.code)), ","); got != tc.want {
			t.Errorf("%s %s: %q, want %q", tc.query, tc.body, got, tc.want)
		}
	}
	r := mixedRequest("page=x", "{}")
	r.Header.Set("Content-Type", "text/plain")
	_, res := ask(s, r)
	if e := mwtest.Refused(t, res, 415, "unsupported_media_type"); len(e.Errors) != 0 {
		t.Errorf("%q", kit.Sourced(e))
	}
}

// For a T without query parameters, the query is read only if StrictQuery is set.
func TestStrictQuery(t *testing.T) {
	body := `{"from":1,"to":2}`
	for _, tc := range []struct {
		cfg   validate.Config
		query string
		ok    bool
	}{
		{validate.Config{}, "utm_source=x", true},
		{validate.Config{}, ";;%", true},
		{validate.Config{StrictQuery: true}, "", true},
		{validate.Config{StrictQuery: true}, "utm_source=x", false},
		{validate.Config{StrictQuery: true}, "%", false},
		{validate.Config{StrictQuery: true, OtherQuery: []string{"utm_source"}}, "utm_source=x&utm_source=y", true},
		{validate.Config{StrictQuery: true, OtherQuery: []string{"utm_source"}}, "utm_source=x&sig=y", false},
	} {
		r := kit.Post(body)
		r.URL.RawQuery = tc.query
		if res, _ := kit.Send(kit.MustNew[period](t, tc.cfg), r); (res.StatusCode == 200) != tc.ok {
			t.Errorf("%q with %+v: %d", tc.query, tc.cfg.OtherQuery, res.StatusCode)
		}
	}
	names := []string{"sig"}
	s := kit.MustNew[Paging](t, validate.Config{OtherQuery: names})
	names[0] = "changed"
	if v, err := s.Decode(nil, httptest.NewRequest("GET", "/?sig=1&page=2&sig=2", nil)); err != nil || v.Page != 2 {
		t.Errorf("%v, %v", v, err)
	}
}

type queryOnly struct {
	Page int     `query:"page"`
	Sort string  `query:"sort" validate:"required_with=Page"`
	Done bool    `query:"done"`
	F    float64 `query:"f" default:"0.5"`
}

// Three scalars from a query cost one allocation: the value that holds them.
func TestQueryAllocs(t *testing.T) {
	s := kit.MustNew[queryOnly](t, validate.Config{})
	r := httptest.NewRequest("GET", "/?page=12&sort=title&done=true", nil).WithContext(context.Background())
	w := mwtest.NewDiscard()
	mwtest.MaxAllocs(t, "query", 1, func() {
		if v, err := s.Decode(w, r); err != nil || v.Page != 12 || v.Sort != "title" || !v.Done || v.F < 0.5 {
			t.Fatal(v, err)
		}
	})
}

// A refused query leaves nothing behind that changes the decision on the next request.
func TestRefusedQueryIsAnError(t *testing.T) {
	_, err := kit.MustNew[queryOnly](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?page=hunter2&hunter2=1", nil))
	if !errors.Is(err, validate.ErrInvalid) || strings.Contains(err.Error(), "hunter2") || err.Error() != "validation_failed: query unknown_parameter, query page type" {
		t.Errorf("%v", err)
	}
}

func BenchmarkQuery(b *testing.B) {
	s := kit.MustNew[queryOnly](b, validate.Config{})
	r := httptest.NewRequest("GET", "/?page=12&sort=title&done=true", nil)
	w := mwtest.NewDiscard()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Decode(w, r); err != nil {
			b.Fatal(err)
		}
	}
}

// With rules, the validator converts each field to an interface.
func BenchmarkQueryWithRules(b *testing.B) {
	s := kit.MustNew[Paging](b, validate.Config{})
	r := httptest.NewRequest("GET", "/?page=12&limit=50", nil)
	w := mwtest.NewDiscard()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Decode(w, r); err != nil {
			b.Fatal(err)
		}
	}
}

type emptied struct {
	Limit int     `query:"limit" empty:"absent" default:"20" validate:"min=1,max=100"`
	Room  *string `query:"room" empty:"absent" validate:"omitempty,max=9"`
	Sort  string  `query:"sort" empty:"absent" validate:"required"`
	Page  int     `query:"page" default:"1"`
}

// An empty text counts as absent where the tag says so, and still comes once.
func TestEmptyIsAbsent(t *testing.T) {
	s := kit.MustNew[emptied](t, validate.Config{})
	for _, tc := range []struct{ query, want string }{
		{"limit=&room=&sort=a", ""},
		{"limit&sort=a", ""},
		{"limit=5&room=b&sort=a", ""},
		{"sort=", "query sort required"},
		{"sort=a&page=", "query page type"},
		{"sort=a&limit=%20", "query limit type"},
		{"sort=a&limit=&limit=5", "query limit duplicate"},
		{"sort=a&limit=5&limit=", "query limit duplicate"},
		{"sort=a&limit=&limit=", "query limit duplicate"},
	} {
		r := kit.Post("")
		r.Method, r.Body, r.URL.RawQuery = "GET", http.NoBody, tc.query
		kit.AnswersTo(t, s, r, tc.want)
	}
	r := kit.Post("")
	r.Body, r.URL.RawQuery = http.NoBody, "limit=&room=&sort=a"
	if in, err := s.Decode(nil, r); err != nil || in.Limit != 20 || in.Room != nil {
		t.Errorf("%+v, %v", in, err)
	}
}

// So it does in both kinds of form.
func TestEmptyInForms(t *testing.T) {
	type form struct {
		Seats int `form:"seats" empty:"absent" default:"2" validate:"min=1"`
	}
	type upload struct {
		form
		Picture *validate.File `form:"picture"`
	}
	plain := kit.Post("seats=")
	plain.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if in, err := kit.MustNew[form](t, validate.Config{}).Decode(nil, plain); err != nil || in.Seats != 2 {
		t.Errorf("%+v, %v", in, err)
	}
	parts := kit.Post("--b\r\nContent-Disposition: form-data; name=\"seats\"\r\n\r\n\r\n--b--\r\n")
	parts.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if in, err := kit.MustNew[upload](t, validate.Config{}).Decode(nil, parts); err != nil || in.Seats != 2 {
		t.Errorf("%+v, %v", in, err)
	}
}
