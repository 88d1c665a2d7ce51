package bind_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type longLists struct {
	Mails []string `query:"mail" style:"comma" validate:"max=1000000,dive,email"`
	IDs   []int8   `header:"X-Ids" style:"comma" validate:"max=1000000,dive,max=0"`
}

type longForm struct {
	A []int8 `form:"a" style:"comma" validate:"max=1000000,dive,max=0"`
	B []int8 `form:"b" style:"comma" validate:"max=1000000,dive,max=0"`
}

// All lists outside JSON together are bounded: the validator makes an error for each element,
// and cannot be stopped.
func TestLongListsOfParameters(t *testing.T) {
	lists, form := kit.MustNew[longLists](t, validate.Config{}), kit.MustNew[longForm](t, validate.Config{})
	get := func(mails, ids int) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = "mail=" + strings.Repeat("a,", mails-1) + "a"
		r.Header.Set("X-Ids", strings.Repeat("0,", ids-1)+"0")
		return r
	}
	submit := func(a, b int) *http.Request {
		r := kit.Post("a=" + strings.Repeat("0,", a-1) + "0&b=" + strings.Repeat("0,", b-1) + "0")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	decode := func(name, want string, f func() error, answer func() *http.Response) {
		var err error
		if n := kit.Allocated(func() { err = f() }); n > 24<<20 {
			t.Errorf("%s: %d MiB allocated", name, n>>20)
		}
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, answer(), 400, "validation_failed")), ","); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, tc := range []struct {
		name       string
		mails, ids int
		want       string
	}{
		{"a query that breaks a rule", 49_999, 1, "query mail format_email"},
		{"a long query", 500_000, 1, "query mail too_many_values,header X-Ids too_many_values"},
		{"a long header", 1, 500_000, "query mail format_email,header X-Ids too_many_values"},
		{"both", 49_990, 11, "query mail format_email,header X-Ids too_many_values"},
	} {
		decode(tc.name, tc.want, func() error { _, err := lists.Decode(nil, get(tc.mails, tc.ids)); return err },
			func() *http.Response { res, _ := kit.Send(lists, get(tc.mails, tc.ids)); return res })
	}
	for _, tc := range []struct {
		name, want string
		a, b       int
	}{
		{"a form at the limit", "", 25_000, 25_000},
		{"a form over the limit", "form b too_many_values", 25_000, 25_001},
		{"a long form", "form a too_many_values,form b too_many_values", 400_000, 1},
	} {
		decode(tc.name, tc.want, func() error { _, err := form.Decode(nil, submit(tc.a, tc.b)); return err },
			func() *http.Response { res, _ := kit.Send(form, submit(tc.a, tc.b)); return res })
	}
}

// block is a large type whose text is one letter.
type block [8 << 10]byte

func (b *block) UnmarshalText(text []byte) error { copy(b[:], text); return nil }

type blocks struct {
	A []block `form:"a" style:"comma" validate:"max=1500"`
	B []block `form:"b" style:"comma" validate:"max=1500"`
	C []block `form:"c" style:"comma" validate:"max=1500"`
}

// MaxMemory holds for all lists of a request together, as it does for a body.
func TestMemoryOfLists(t *testing.T) {
	s := kit.MustNew[blocks](t, validate.Config{})
	list := strings.Repeat("a,", 1499) + "a"
	for body, want := range map[string]string{
		"a=" + list:            "",
		"a=" + list + "&c=a,a": "",
		"a=" + list + "&b=" + list + "&c=" + list: "form b too_large,form c too_large",
	} {
		submit := func() *http.Request {
			r := kit.Post(body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		}
		var err error
		if n := kit.Allocated(func() { _, err = s.Decode(nil, submit()) }); n > 17<<20 {
			t.Errorf("%d bytes: %d MiB allocated", len(body), n>>20)
		}
		if want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		res, _ := kit.Send(s, submit())
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

type manyParams struct {
	Tags []string `query:"tag" style:"repeat"`
	Text string   `query:"text"`
	IDs  []int    `query:"ids" style:"comma"`
}

// The limit on the number of parameters is exact. Parameters in OtherQuery count as well. The
// parameters over the limit are not read.
func TestNumberOfParameters(t *testing.T) {
	s := kit.MustNew[manyParams](t, validate.Config{OtherQuery: []string{"other"}})
	for _, tc := range []struct {
		query, want string
	}{
		{strings.Repeat("&tag=a", 64), ""},
		{strings.Repeat("&tag=a", 65), "query  too_many_parameters"},
		{strings.Repeat("&other=a", 64), ""},
		{strings.Repeat("&other=a", 65), "query  too_many_parameters"},
		{strings.Repeat("&tag=a", 63) + "&text=", ""},
		{strings.Repeat("&tag=a", 64) + "&text=", "query  too_many_parameters"},
		{strings.Repeat("&tag=a", 64) + "&;%", "query  syntax"},
		{strings.Repeat("&tag=a", 65) + "&;%", "query  too_many_parameters"},
		{"&ids=1" + strings.Repeat(",1", 999), ""},
		{"&ids=1" + strings.Repeat(",1", 1000), "query ids max_items"},
		{"&ids=1" + strings.Repeat("%2C1", 999), ""},
		{"&ids=1" + strings.Repeat("%2C1", 1000), "query ids max_items"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = tc.query[1:]
		res, spy := kit.Send(s, r)
		if tc.want == "" {
			if spy.Calls() != 1 {
				t.Errorf("%.30s: %d", tc.query, res.StatusCode)
			}
			continue
		}
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != tc.want {
			t.Errorf("%.30s: %q, want %q", tc.query, got, tc.want)
		}
	}
}
