package mwtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

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
