package mwtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The kit proves itself: each check must see the fault it exists for.

func TestSharingIsFound(t *testing.T) {
	request := func() *http.Request { return httptest.NewRequest("GET", "/", nil) }
	shared := []string{"v"}
	pair := func() []string { return []string{"a", "b"} }
	for name, tc := range map[string]struct {
		set   func(h http.Header)
		fault bool
	}{
		"a slice of its own":          {func(h http.Header) { h["X-A"] = []string{"v"} }, false},
		"capped slices of one array":  {func(h http.Header) { p := pair(); h["X-A"], h["X-B"] = p[0:1:1], p[1:2:2] }, false},
		"a slice shared by requests":  {func(h http.Header) { h["X-A"] = shared }, true},
		"uncapped slices of an array": {func(h http.Header) { p := pair(); h["X-A"], h["X-B"] = p[0:1], p[1:2] }, true},
	} {
		shared[0] = "v"
		mw := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tc.set(w.Header())
				next.ServeHTTP(w, r)
			})
		}
		if got := sharing(mw, request); (got != "") != tc.fault {
			t.Errorf("%s: fault %q, want fault: %v", name, got, tc.fault)
		}
	}
}

func TestReadEnvelopeIsStrict(t *testing.T) {
	const good = `{"code":"not_found","message":"No.","correlation_id":"1"}`
	for name, tc := range map[string]struct {
		body   string
		change func(w *httptest.ResponseRecorder)
		want   string // part of the error, "" for none
	}{
		"good":             {body: good},
		"unknown member":   {body: `{"code":"a","message":"b","correlation_id":"1","stack":"x"}`, want: "unknown field"},
		"trailing data":    {body: good + good, want: "after the envelope"},
		"plain text":       {body: "404 page not found", want: "not an envelope"},
		"bad code":         {body: `{"code":"Not Found","message":"b","correlation_id":"1"}`, want: "snake_case"},
		"other identifier": {body: `{"code":"a","message":"b","correlation_id":"2"}`, want: "correlation ID"},
		"cacheable":        {body: good, change: func(w *httptest.ResponseRecorder) { w.Header().Del("Cache-Control") }, want: "Cache-Control"},
		"two identifiers":  {body: good, change: func(w *httptest.ResponseRecorder) { w.Header().Add("X-Correlation-ID", "1") }, want: "correlation ID"},
		"success":          {body: good, change: func(w *httptest.ResponseRecorder) { w.Code = 200 }, want: "status 200"},
	} {
		w := httptest.NewRecorder()
		w.Code = 404
		for k, v := range map[string]string{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Correlation-ID": "1"} {
			w.Header().Set(k, v)
		}
		if tc.change != nil {
			tc.change(w)
		}
		w.Body.WriteString(tc.body)
		res := &http.Response{StatusCode: w.Code, Header: w.Header(), Body: w.Result().Body}
		_, err := ReadEnvelope(res)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}

func TestLeaves(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	err := errors.Join(a, fmt.Errorf("two: %w, %w", b, c))
	if got := Leaves(err); len(got) != 3 {
		t.Errorf("leaves = %v", got)
	}
	if Leaves(nil) != nil {
		t.Error("nil has no leaves")
	}
}
