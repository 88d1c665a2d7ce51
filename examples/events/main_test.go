package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestService(t *testing.T) {
	h := service()
	patch := func(path, match, body string) *http.Response {
		r := httptest.NewRequest("PATCH", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", match)
		return mwtest.Do(h, r)
	}
	const start, end = `"start":"2026-11-22T10:00:00Z"`, `"end":"2026-11-22T11:00:00Z"`
	for _, tc := range []struct{ path, match, body, want, etag string }{
		{"/events/" + firstEvent, `"1"`, `{"title":" Tea ",` + start + `,` + end + `}`, `{"title":"Tea","room":"B1",` + start + `,` + end + "}\n", `"2"`},
		{"/events/" + firstEvent + "?notify=none&skip=a@b.example", `"2"`, `{"title":"Tea","room":null,` + start + `,` + end + `}`, `{"title":"Tea",` + start + `,` + end + "}\n", `"3"`},
		{"/events/" + firstEvent, `"3"`, `{"title":"Tea","room":"C",` + start + `,` + end + `}`, `{"title":"Tea","room":"C",` + start + `,` + end + "}\n", `"4"`},
	} {
		res := patch(tc.path, tc.match, tc.body)
		if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != tc.want || res.Header.Get("ETag") != tc.etag {
			t.Errorf("%s: %d %s ETag %s", tc.body, res.StatusCode, body, res.Header.Get("ETag"))
		}
	}
	good := `{"title":"Tea",` + start + `,` + end + `}`
	mwtest.Refused(t, patch("/events/"+firstEvent, `"1"`, good), 412, "changed")
	mwtest.Refused(t, patch("/events/"+strings.Replace(firstEvent, "01", "02", 1), `"1"`, good), 404, "not_found")
	mwtest.Refused(t, patch("/events/7", `"1"`, good), 400, "validation_failed")
	e := mwtest.Refused(t, patch("/events/"+firstEvent, `"4"`, `{"title":"Tea","start":"2026-11-22T12:00:00Z",`+end+`}`), 400, "validation_failed")
	if len(e.Errors) != 1 || e.Errors[0].Code != "not_after_start" || *e.Errors[0].Pointer != "/end" {
		t.Errorf("%+v", e.Errors)
	}
}
