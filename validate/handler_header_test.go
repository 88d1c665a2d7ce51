package validate_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// page answers with headers of its own.
type page struct {
	Title  string `json:"title"`
	Fail   any    `json:"fail,omitempty"`
	status int
	set    map[string]string
}

func (p *page) StatusCode() int { return p.status }

func (p *page) SetHeader(h http.Header) {
	for name, value := range p.set {
		h.Set(name, value)
	}
	h.Add("Vary", "Accept-Language")
}

type getPage struct {
	Known string `header:"If-None-Match"`
}

func paged(p page) http.Handler {
	h := validate.Handler(func(_ context.Context, in *getPage) (*page, error) {
		answer := p
		if in.Known == `"7"` {
			answer.status = http.StatusNotModified
		}
		return &answer, nil
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin") // as a middleware in front would
		h.ServeHTTP(w, r)
	})
}

func TestResultSetsHeaders(t *testing.T) {
	wrong := map[string]string{"Content-Type": "text/html", "Content-Length": "3", "X-Content-Type-Options": "sniff", "Transfer-Encoding": "chunked"}
	srv := func(p page, known string) (*http.Response, string) {
		s := httptest.NewServer(paged(p))
		defer s.Close()
		r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
		if known != "" {
			r.Header.Set("If-None-Match", known)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	res, body := srv(page{Title: "a", status: 201, set: map[string]string{"Location": "/pages/1", "ETag": `"7"`}}, `"6"`)
	if res.StatusCode != 201 || body != "{\"title\":\"a\"}\n" || res.Header.Get("Location") != "/pages/1" || res.Header.Get("ETag") != `"7"` || !slices.Equal(res.Header["Vary"], []string{"Origin", "Accept-Language"}) {
		t.Errorf("created: %d %q %v", res.StatusCode, body, res.Header)
	}
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "X-Content-Type-Options", "Content-Length", "Location", "Etag", "Vary", "Date")

	res, body = srv(page{Title: "a", status: 200, set: wrong}, "")
	if h := res.Header; body != "{\"title\":\"a\"}\n" || h.Get("Content-Type") != "application/json; charset=utf-8" || res.ContentLength != 14 || h.Get("X-Content-Type-Options") != "nosniff" || len(res.TransferEncoding) > 0 {
		t.Errorf("its own headers: %q %v %d %q", body, h, res.ContentLength, res.TransferEncoding)
	}

	for status, known := range map[int]string{304: `"7"`, 204: "", 205: ""} {
		res, body = srv(page{Title: "a", status: status, set: map[string]string{"ETag": `"7"`, "Content-Type": "text/html", "Content-Length": "3", "Transfer-Encoding": "chunked"}}, known)
		if res.StatusCode != status || body != "" || res.Header.Get("ETag") != `"7"` || res.Header.Get("Content-Type") != "" || res.ContentLength > 0 {
			t.Errorf("%d: %d %q %v", status, res.StatusCode, body, res.Header)
		}
	}

	// An answer that is an error has none of them.
	for _, p := range []page{{status: 200, Fail: make(chan int)}, {status: 302}, {status: 199}, {status: 305}} {
		p.set = map[string]string{"ETag": `"7"`, "Location": "/"}
		res := mwtest.Do(paged(p), httptest.NewRequest("GET", "/", nil))
		mwtest.Refused(t, res, 500, "internal_error")
		if res.Header.Get("ETag") != "" || res.Header.Get("Location") != "" || len(res.Header["Vary"]) != 1 {
			t.Errorf("%d: %v", p.status, res.Header)
		}
	}
}

// The headers that the library sets share nothing with those of the result, nor
// with those of another response, also with a record of the request.
func TestHeadersOfResultsAreUnshared(t *testing.T) {
	logger, _ := mwtest.Log()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	for _, outer := range []func(http.Handler) http.Handler{func(h http.Handler) http.Handler { return h }, errs.Handler} {
		h := paged(page{Title: "a", status: 200, set: map[string]string{"ETag": `"7"`, "Content-Type": "text/html"}})
		mwtest.Unshared(t, func(next http.Handler) http.Handler {
			return outer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r); next.ServeHTTP(w, r) }))
		}, func() *http.Request { return httptest.NewRequest("GET", "/", nil) })
	}
}
