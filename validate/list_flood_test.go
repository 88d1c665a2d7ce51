package validate_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type longLists struct {
	Mails []string `query:"mail" style:"comma" validate:"max=1000000,dive,email"`
	IDs   []int8   `header:"X-Ids" style:"comma" validate:"max=1000000,dive,max=0"`
}

type longForm struct {
	A []int8 `form:"a" style:"comma" validate:"max=1000000,dive,max=0"`
	B []int8 `form:"b" style:"comma" validate:"max=1000000,dive,max=0"`
}

// The lists outside JSON are bounded, all of a request together: the validator
// makes an error for each element, and cannot be told to stop.
func TestLongListsOfParameters(t *testing.T) {
	lists, form := mustNew[longLists](t, validate.Config{}), mustNew[longForm](t, validate.Config{})
	get := func(mails, ids int) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = "mail=" + strings.Repeat("a,", mails-1) + "a"
		r.Header.Set("X-Ids", strings.Repeat("0,", ids-1)+"0")
		return r
	}
	submit := func(a, b int) *http.Request {
		r := post("a=" + strings.Repeat("0,", a-1) + "0&b=" + strings.Repeat("0,", b-1) + "0")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	decode := func(name, want string, f func() error, answer func() *http.Response) {
		var err error
		if n := allocated(func() { err = f() }); n > 24<<20 {
			t.Errorf("%s: %d MiB allocated", name, n>>20)
		}
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		if got := strings.Join(sourced(mwtest.Refused(t, answer(), 400, "validation_failed")), ","); got != want {
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
			func() *http.Response { res, _ := send(lists, get(tc.mails, tc.ids)); return res })
	}
	for _, tc := range []struct {
		name, want string
		a, b       int
	}{
		{"a form with all that is allowed", "", 25_000, 25_000},
		{"a form with one more", "form b too_many_values", 25_000, 25_001},
		{"a long form", "form a too_many_values,form b too_many_values", 400_000, 1},
	} {
		decode(tc.name, tc.want, func() error { _, err := form.Decode(nil, submit(tc.a, tc.b)); return err },
			func() *http.Response { res, _ := send(form, submit(tc.a, tc.b)); return res })
	}
}

// block is large, and written as one letter.
type block [8 << 10]byte

func (b *block) UnmarshalText(text []byte) error { copy(b[:], text); return nil }

type blocks struct {
	A []block `form:"a" style:"comma" validate:"max=1500"`
	B []block `form:"b" style:"comma" validate:"max=1500"`
	C []block `form:"c" style:"comma" validate:"max=1500"`
}

// MaxMemory is for all lists of a request together, as it is for a body.
func TestMemoryOfLists(t *testing.T) {
	s := mustNew[blocks](t, validate.Config{})
	list := strings.Repeat("a,", 1499) + "a"
	for body, want := range map[string]string{
		"a=" + list:            "",
		"a=" + list + "&c=a,a": "",
		"a=" + list + "&b=" + list + "&c=" + list: "form b too_large,form c too_large",
	} {
		submit := func() *http.Request {
			r := post(body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		}
		var err error
		if n := allocated(func() { _, err = s.Decode(nil, submit()) }); n > 17<<20 {
			t.Errorf("%d bytes: %d MiB allocated", len(body), n>>20)
		}
		if want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		res, _ := send(s, submit())
		if got := strings.Join(sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
