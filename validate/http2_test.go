package validate_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

type pageOnly struct {
	Page int `query:"page" default:"1" validate:"min=1"`
}

type pageAndBody struct {
	Page int    `query:"page"`
	Name string `json:"name" validate:"required,max=3"`
}

// overBoth answers a request over HTTP/1.1 and over HTTP/2, whose server has a
// body object also for a request that has no body.
func overBoth(t *testing.T, h http.Handler, method, target, media, body string) [2]int {
	t.Helper()
	var status [2]int
	for i, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(h)
		srv.EnableHTTP2 = two
		srv.StartTLS()
		var reader io.Reader
		if body != "" {
			reader = strings.NewReader(body)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+target, reader)
		if err != nil {
			t.Fatal(err)
		}
		if media != "" {
			r.Header.Set("Content-Type", media)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := i + 1; res.ProtoMajor != want {
			t.Fatalf("HTTP/%d, want %d", res.ProtoMajor, want)
		}
		_ = res.Body.Close()
		srv.Close()
		status[i] = res.StatusCode
	}
	return status
}

func TestBothVersionsOfHTTP(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	page, both := mustNew[pageOnly](t, validate.Config{}).Handler(ok), mustNew[pageAndBody](t, validate.Config{}).Handler(ok)
	const media = "application/json"
	for _, tc := range []struct {
		h                           http.Handler
		method, target, media, body string
		want                        int
	}{
		{page, "GET", "/?page=2", "", "", 200},
		{page, "HEAD", "/?page=2", "", "", 200},
		{page, "DELETE", "/", "", "", 200},
		{page, "POST", "/", "", "", 200},
		{page, "GET", "/?page=0", "", "", 400},
		{page, "POST", "/", "", "{}", 415},
		{page, "POST", "/", media, "{}", 200},
		{page, "POST", "/", media, `{"Page":7}`, 400},
		{both, "POST", "/", media, `{"name":"abc"}`, 200},
		{both, "POST", "/", media, `{"name":"abcd"}`, 400},
		{both, "POST", "/", media, "", 400},
		{both, "GET", "/", "", "", 415},
	} {
		if got := overBoth(t, tc.h, tc.method, tc.target, tc.media, tc.body); got != [2]int{tc.want, tc.want} {
			t.Errorf("%s %s %q %q: %v, want %d twice", tc.method, tc.target, tc.media, tc.body, got, tc.want)
		}
	}
}
