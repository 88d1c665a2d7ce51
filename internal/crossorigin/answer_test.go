package crossorigin_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const page = "https://app.example"

var (
	listed = &crossorigin.Answer{Granted: true, Credentials: true, Expose: "X-A, X-B", Varies: true}
	denied = &crossorigin.Answer{Varies: true}
	public = &crossorigin.Answer{Granted: true, Origin: "*"}
)

// foreign are the fields that a service behind a proxy adds.
func foreign(h http.Header) {
	for name, value := range map[string]string{
		"Access-Control-Allow-Origin": "https://evil.example", "Access-Control-Allow-Credentials": "true",
		"Access-Control-Expose-Headers": "*", "Access-Control-Allow-Methods": "DELETE", "Access-Control-Allow-Headers": "*",
		"Access-Control-Max-Age": "86400", "Access-Control-Allow-Private-Network": "true",
	} {
		h.Add(name, value)
	}
}

func TestSettle(t *testing.T) {
	grant := http.Header{
		"Access-Control-Allow-Origin": {page}, "Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Expose-Headers": {"X-A, X-B"}, "Vary": {"Origin"},
	}
	for _, tc := range []struct {
		name    string
		answers []*crossorigin.Answer
		change  func(http.Header)
		want    http.Header
	}{
		{"nothing changed", []*crossorigin.Answer{listed}, func(http.Header) {}, grant},
		{"a proxy adds fields", []*crossorigin.Answer{listed}, foreign, grant},
		{"a proxy clears the header", []*crossorigin.Answer{listed}, func(h http.Header) { clear(h) }, grant},
		{"an unlisted origin", []*crossorigin.Answer{denied}, foreign, http.Header{"Vary": {"Origin"}}},
		{"a handler sets Vary", []*crossorigin.Answer{denied}, func(h http.Header) { h.Set("Vary", "Accept-Encoding") },
			http.Header{"Vary": {"Accept-Encoding", "Origin"}}},
		{"a handler sets Vary in another case", []*crossorigin.Answer{denied}, func(h http.Header) { h.Set("Vary", "Accept,origin") },
			http.Header{"Vary": {"Accept,origin"}}},
		{"the inner policy is wider", []*crossorigin.Answer{denied, public}, foreign,
			http.Header{"Access-Control-Allow-Origin": {"*"}, "Vary": {"Origin"}}},
		{"the inner policy is narrower", []*crossorigin.Answer{public, denied}, foreign, http.Header{"Vary": {"Origin"}}},
	} {
		rec, h := new(carrier.Record), make(http.Header)
		for _, a := range tc.answers {
			a.Set(h, rec, page)
		}
		tc.change(h)
		rec.Settle(h, 200, false)
		if !maps.EqualFunc(h, tc.want, slices.Equal) {
			t.Errorf("%s: %q, want %q", tc.name, h, tc.want)
		}
	}
}

// A preflight is answered by the handler that set the fields.
func TestSettleLeavesPreflights(t *testing.T) {
	rec, h := new(carrier.Record), make(http.Header)
	denied.Set(h, rec, page)
	(&crossorigin.Answer{Granted: true, Preflight: true}).Set(h, rec, page)
	h.Set("Access-Control-Allow-Methods", "PUT")
	rec.Settle(h, 204, false)
	if h.Get("Access-Control-Allow-Methods") != "PUT" || h.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("%q", h)
	}
}

func TestSettledAnswerDoesNotAllocate(t *testing.T) {
	h, rec := make(http.Header), new(carrier.Record)
	listed.Set(h, rec, page)
	mwtest.MaxAllocs(t, "Settle", 0, func() { rec.Settle(h, 200, false) })
}

// Without a record each response gets its own values.
func TestSetWithoutRecord(t *testing.T) {
	a, b := make(http.Header), make(http.Header)
	listed.Set(a, nil, page)
	listed.Set(b, nil, page)
	a["Vary"][0] = "changed"
	_ = append(a["Vary"], "appended")
	if b.Get("Vary") != "Origin" || a.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("%q, %q", a, b)
	}
}
