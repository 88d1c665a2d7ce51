package validate_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type manyParams struct {
	Tags []string `query:"tag" style:"repeat"`
	Text string   `query:"text"`
	IDs  []int    `query:"ids" style:"comma"`
}

// The number of parameters is exact, whoever they are for, and the rest of what
// is too many is not looked at.
func TestNumberOfParameters(t *testing.T) {
	s := mustNew[manyParams](t, validate.Config{OtherQuery: []string{"other"}})
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
		res, spy := send(s, r)
		if tc.want == "" {
			if spy.Calls() != 1 {
				t.Errorf("%.30s: %d", tc.query, res.StatusCode)
			}
			continue
		}
		if got := strings.Join(sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != tc.want {
			t.Errorf("%.30s: %q, want %q", tc.query, got, tc.want)
		}
	}
}

// As long a query as a server takes is refused and the connection goes on.
func TestLongQueryOverTheWire(t *testing.T) {
	dial := listen(t, mustNew[manyParams](t, validate.Config{}).Handler(&mwtest.Spy{}))
	c := dial("")
	const size = 1<<20 - 100
	for query, want := range map[string]string{
		"text=" + strings.Repeat("a", size):       "query text max_length",
		"text=" + strings.Repeat("+", size):       "query text max_length",
		"text=" + strings.Repeat("%41", size/3):   "query text max_length",
		"tag=" + strings.Repeat("a", 64<<10+1):    "query tag max_length",
		"ids=" + strings.Repeat(",", size):        "query ids max_items",
		strings.Repeat("a=&", size/3):             "query  unknown_parameter,query  too_many_parameters",
		strings.Repeat("a", size):                 "query  unknown_parameter",
		"text=1" + strings.Repeat("&text=1", 60):  "query text duplicate",
		"tag[" + strings.Repeat("9", size) + "]=": "query  unknown_parameter",
	} {
		c.say(fmt.Sprintf("GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n", query))
		if got := strings.Join(sourced(mwtest.Refused(t, c.hear(), 400, "validation_failed")), ","); got != want {
			t.Errorf("%.30s: %q, want %q", query, got, want)
		}
	}
	c.say("GET /?text=a HTTP/1.1\r\nHost: x\r\n\r\n")
	if res := c.hear(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}
