package httperr_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentID    = "00f067aa0ba902b7"
	traceparent = "00-" + traceID + "-" + parentID + "-01"
)

var traceparents = map[string]bool{ // well-formed or not
	traceparent:                                               true,
	"00-" + traceID + "-" + parentID + "-00":                  true,
	"cc-" + traceID + "-" + parentID + "-01":                  true,
	"cc-" + traceID + "-" + parentID + "-01-what-comes-later": true,
	"":                                       false,
	"ff-" + traceID + "-" + parentID + "-01": false,
	traceparent + "-x":                       false,
	traceparent + " ":                        false,
	" " + traceparent:                        false,
	"cc-" + traceID + "-" + parentID + "-01.x":                           false,
	"cc-" + traceID + "-" + parentID + "-01-\x1b[31m":                    false,
	"cc-" + traceID + "-" + parentID + "-01-" + strings.Repeat("a", 600): false,
	"00-" + strings.Repeat("0", 32) + "-" + parentID + "-01":             false,
	"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01":              false,
	"00-" + strings.ToUpper(traceID) + "-" + parentID + "-01":            false,
	"0X-" + traceID + "-" + parentID + "-01":                             false,
	"00_" + traceID + "-" + parentID + "-01":                             false,
	"00-" + traceID[:31] + "g-" + parentID + "-01":                       false,
	"00-" + traceID + "-" + parentID + "-0x":                             false,
	"00-" + traceID + "-" + parentID + "-1":                              false,
	"00-" + traceID:                                                      false,
}

func TestTraceIDInTheRecord(t *testing.T) {
	for s, ok := range traceparents {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Traceparent"] = []string{s}
		want := ""
		if ok {
			want = traceID
		}
		if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != want {
			t.Errorf("%q: trace %q, want %q", s, got, want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Traceparent"] = []string{traceparent, traceparent}
	if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != "" {
		t.Errorf("two headers: trace %q", got)
	}
}

// grammar is the slow reference: the grammar as a regular expression. The fuzz
// target checks the rules that the expression cannot express.
var grammar = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-~]*)?$`)

func FuzzTraceparent(f *testing.F) {
	for s := range traceparents {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := ""
		if m := grammar.FindStringSubmatch(s); m != nil && m[1] != "ff" && (m[1] != "00" || m[4] == "") &&
			strings.Trim(m[2], "0") != "" && strings.Trim(m[3], "0") != "" && len(s) <= 512 {
			want = m[2]
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Traceparent"] = []string{s}
		if got := recorded(t, httperr.Config{}, &mwtest.Spy{}, r).TraceID; got != want {
			t.Errorf("%q: trace %q, want %q", s, got, want)
		}
	})
}
