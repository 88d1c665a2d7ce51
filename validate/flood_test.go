package validate_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type listed struct {
	Tags  []string `header:"X-Tags" style:"comma" validate:"max=4"`
	Lines []string `header:"X-Line" style:"repeat" validate:"max=4"`
	Wide  []string `header:"X-Wide" style:"comma"`
	One   string   `header:"X-One"`
	From  int      `json:"from"`
	To    int      `json:"to"`
}

// A server accepts a header of a mebibyte. Each such header is refused or skipped with little
// memory.
func TestHeaderFloods(t *testing.T) {
	s := kit.MustNew[listed](t, validate.Config{})
	const size = 1 << 20
	lines := func(v string) []string {
		all := make([]string, size/(len(v)+10))
		for i := range all {
			all[i] = v
		}
		return all
	}
	var params strings.Builder
	params.WriteString("application/json")
	for i := range 100_000 {
		fmt.Fprintf(&params, ";%x=1", i)
	}
	for _, tc := range []struct {
		name, field string
		values      []string
		status      int
		want        string // the fault, or the end of the cause
	}{
		{"lines of a list", "X-Line", lines("a"), 400, "header X-Line max_items"},
		{"empty lines of a list", "X-Line", lines(""), 400, "header X-Line max_items"},
		{"lines of a list with commas", "X-Tags", lines("a,b"), 400, "header X-Tags max_items"},
		{"empty lines of a list with commas", "X-Tags", lines(""), 200, ""},
		{"commas", "X-Tags", []string{strings.Repeat(",", size)}, 400, "header X-Tags max_items"},
		{"items", "X-Tags", []string{strings.Repeat("a,", size/2) + "a"}, 400, "header X-Tags max_items"},
		{"items without a rule", "X-Wide", []string{strings.Repeat("a,", size/2) + "a"}, 400, "header X-Wide max_items"},
		{"one long item", "X-Wide", []string{strings.Repeat("a", size)}, 400, "header X-Wide max_length"},
		{"spaces around an item", "X-Wide", []string{strings.Repeat(" \t", size/2) + "a"}, 200, ""},
		{"lines of a scalar", "X-One", lines("a"), 400, "header X-One duplicate"},
		{"long scalar", "X-One", []string{strings.Repeat("a", size)}, 400, "header X-One max_length"},
		{"cookies", "Cookie", lines("a=b; c=d"), 200, ""},
		{"other fields", "X-Other", lines("a"), 200, ""},
		{"identity lines", "Content-Encoding", lines("identity"), 200, ""},
		{"identities", "Content-Encoding", []string{strings.Repeat("identity,", size/9)}, 200, ""},
		{"identities and one that is not", "Content-Encoding", append(lines("identity"), "x"), 415, "Content-Encoding is not identity"},
		{"types", "Content-Type", lines("application/json"), 415, "Content-Type is missing, repeated, too long or malformed"},
		{"parameters of the type", "Content-Type", []string{params.String()}, 415, "Content-Type is missing, repeated, too long or malformed"},
		{"one parameter of the type", "Content-Type", []string{`application/json; a="` + strings.Repeat(`\a`, size/2) + `"`}, 415, "Content-Type is missing, repeated, too long or malformed"},
		{"semicolons after the type", "Content-Type", []string{"application/json" + strings.Repeat(";", size)}, 415, "Content-Type is missing, repeated, too long or malformed"},
	} {
		r := func() *http.Request {
			r := kit.Post(good17)
			r.Header[tc.field] = tc.values
			return r
		}
		first := r()
		var err error
		if n := kit.Allocated(func() { _, err = s.Decode(nil, first) }); n > 32<<10 {
			t.Errorf("%s: %d bytes allocated", tc.name, n)
		}
		res, spy := kit.Send(s, r())
		switch tc.status {
		case 200:
			if res.StatusCode != 200 || spy.Calls() != 1 || err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
		case 400:
			if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != tc.want {
				t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
			}
		default:
			mwtest.Refused(t, res, 415, "unsupported_media_type")
			if !errors.Is(err, validate.ErrMediaType) || !strings.HasSuffix(err.Error(), tc.want) {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
	}
}

// A Content-Type may have 512 bytes, with its parameters, and no more.
func TestLengthOfTheType(t *testing.T) {
	for n, status := range map[int]int{512: 200, 513: 415} {
		for _, tc := range []struct {
			send func(*http.Request) (*http.Response, *mwtest.Spy)
			head string
			body string
		}{
			{func(r *http.Request) (*http.Response, *mwtest.Spy) {
				return kit.Send(kit.MustNew[period](t, validate.Config{}), r)
			}, "application/json; a=", good17},
			{func(r *http.Request) (*http.Response, *mwtest.Spy) {
				return kit.Send(kit.MustNew[smallForm](t, validate.Config{}), r)
			}, "multipart/form-data; boundary=b; a=", "--b--\r\n"},
		} {
			r := httptest.NewRequest("POST", "/", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.head+strings.Repeat("a", n-len(tc.head)))
			if res, _ := tc.send(r); res.StatusCode != status {
				t.Errorf("%d bytes: %d", n, res.StatusCode)
			}
		}
	}
}

// Over the wire, a flood of a declared field is refused like a flood of any other field.
func TestHeaderFloodOverTheWire(t *testing.T) {
	dial := listen(t, kit.MustNew[listed](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	c := dial("")
	for _, tc := range []struct {
		head   string
		status int
		code   string
	}{
		{strings.Repeat("X-Line: a\r\n", 50_000), 400, "validation_failed"},
		{strings.Repeat("X-Tags: a,b,c\r\n", 50_000), 400, "validation_failed"},
		{"X-Tags: " + strings.Repeat(",", 900_000) + "\r\n", 400, "validation_failed"},
		{strings.Repeat("Content-Encoding: br\r\n", 30_000), 415, "unsupported_media_type"},
		{strings.Repeat("Content-Type: application/json\r\n", 20_000), 415, "unsupported_media_type"},
		{strings.Repeat("Cookie: a=b\r\n", 50_000), 0, ""},
	} {
		c.send(jsonPut + tc.head + "Content-Length: 17\r\n\r\n" + good17)
		res := c.readResponse()
		if tc.status == 0 {
			if res.StatusCode != 200 {
				t.Errorf("%.20q: %d", tc.head, res.StatusCode)
			}
			continue
		}
		mwtest.Refused(t, res, tc.status, tc.code)
	}
}
