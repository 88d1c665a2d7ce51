package httperr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// What must never reach a client.
var secrets = []string{"hunter2", "pg: relation", "/srv/app/main.go", "goroutine 1", "eyJhbGciOi"}

var errPrivate = errors.New(strings.Join(secrets, " "))

func noSecrets(t *testing.T, res *http.Response, body string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(body, s) || strings.Contains(fmt.Sprint(res.Header), s) {
			t.Errorf("%q leaked: %v %s", s, res.Header, body)
		}
	}
}

func slowPeer(addr string) error {
	return &net.OpError{Op: "read", Net: "tcp", Addr: named(addr), Err: os.ErrDeadlineExceeded}
}

type named string

func (named) Network() string  { return "tcp" }
func (n named) String() string { return string(n) }

func TestWriteClassifies(t *testing.T) {
	pointer := "/title"
	left, cancel := context.WithCancel(context.Background())
	cancel()
	for name, tc := range map[string]struct {
		err    error
		ctx    context.Context
		status int
		code   string
	}{
		"public":                    {err: errTaken.With(errPrivate), status: 409, code: "name_taken"},
		"public, wrapped":           {err: fmt.Errorf("x: %w", errTaken.With(errPrivate)), status: 409, code: "name_taken"},
		"public, joined":            {err: errors.Join(errPrivate, errTaken), status: 409, code: "name_taken"},
		"private":                   {err: errPrivate, status: 500, code: "internal_error"},
		"nil":                       {err: nil, status: 500, code: "internal_error"},
		"too large":                 {err: fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), status: 413, code: "body_too_large"},
		"own deadline":              {err: context.DeadlineExceeded, status: 504, code: "timeout"},
		"handler timeout":           {err: http.ErrHandlerTimeout, status: 408, code: "request_timeout"},
		"slow client":               {err: slowPeer("192.0.2.1:1234"), status: 408, code: "request_timeout"},
		"slow client over HTTP/2":   {err: os.ErrDeadlineExceeded, status: 408, code: "request_timeout"},
		"slow database":             {err: slowPeer("10.0.0.1:5432"), status: 504, code: "timeout"},
		"client left":               {err: context.Canceled, ctx: left, status: 499, code: "client_closed_request"},
		"cancelled by ourselves":    {err: context.Canceled, status: 500, code: "internal_error"},
		"client left, other reason": {err: errTaken, ctx: left, status: 409, code: "name_taken"},
		"client left the store":     {err: errUnavailable.With(context.Canceled), ctx: left, status: 499, code: "client_closed_request"},
		"store gave up by itself":   {err: errUnavailable.With(context.Canceled), status: 503, code: "unavailable"},
		"store failed, client left": {err: errUnavailable.With(errPrivate), ctx: left, status: 503, code: "unavailable"},
		"own 499":                   {err: &httperr.Error{Status: 499, Code: "gone_away", Message: "m"}, status: 499, code: "gone_away"},
		"status 200":                {err: &httperr.Error{Status: 200, Code: "ok", Message: "m"}, status: 500, code: "internal_error"},
		"status 600":                {err: &httperr.Error{Status: 600, Code: "ok", Message: "m"}, status: 500, code: "internal_error"},
		"no code":                   {err: &httperr.Error{Status: 400, Message: "m"}, status: 500, code: "internal_error"},
		"code of the wrong form":    {err: &httperr.Error{Status: 400, Code: "Bad Request", Message: "m"}, status: 500, code: "internal_error"},
		"code too long":             {err: &httperr.Error{Status: 400, Code: strings.Repeat("a", 65), Message: "m"}, status: 500, code: "internal_error"},
		"validation":                {err: &httperr.Error{Status: 400, Code: "validation_failed", Message: "m", Truncated: true, Faults: []httperr.Fault{{Pointer: &pointer, Code: "max_length", Message: "too long", Params: map[string]any{"max": 200}}}}, status: 400, code: "validation_failed"},
		"parameters without JSON":   {err: &httperr.Error{Status: 400, Code: "validation_failed", Message: "m", Faults: []httperr.Fault{{Code: "a", Message: "b", Params: map[string]any{"f": func() {}}}}}, status: 400, code: "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			if tc.ctx != nil {
				r = r.WithContext(tc.ctx)
			}
			w := httptest.NewRecorder()
			for _, h := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Expires", "Surrogate-Control", "CDN-Cache-Control", "Location", "Content-Disposition"} {
				w.Header().Set(h, "1")
			}
			httperr.Write(w, r, tc.err)
			noSecrets(t, w.Result(), w.Body.String())
			allowed := []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID"}
			if tc.status == http.StatusRequestEntityTooLarge {
				allowed = append(allowed, "Connection") // which is to be closed
			}
			mwtest.OnlyHeaders(t, w.Header(), allowed...)
			e := mwtest.Refused(t, w.Result(), tc.status, tc.code)
			if name == "validation" && (len(e.Errors) != 1 || *e.Errors[0].Pointer != "/title" || e.Errors[0].Params["max"] != 200.0 || !e.Truncated) {
				t.Errorf("faults %+v", e)
			}
		})
	}
}

func TestWriteSendsTheHeadersOfTheError(t *testing.T) {
	e := errTaken.WithHeader("retry-after", "7")
	w := httptest.NewRecorder()
	httperr.Write(w, httptest.NewRequest("GET", "/", nil), e)
	if got := w.Header().Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After %q", got)
	}
	w.Header()["Retry-After"][0] = "vandalised"
	if e.Header.Get("Retry-After") != "7" {
		t.Error("the response shares the header of the declared error")
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	httperr.Write(w, httptest.NewRequest("HEAD", "/", nil), errTaken)
	if w.Code != 409 || w.Body.Len() != 0 {
		t.Errorf("%d with %q", w.Code, w.Body)
	}
}

// Whatever the message, the body is JSON that says exactly it, and safe to be
// put into a page.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"", "plain", `quote " back \ slash`, "line\r\n\t\x00\x1b\x7f", "<script>&amp;", "\u2028\u2029", "bad \xff utf-8", "é世🙂"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		w := httptest.NewRecorder()
		httperr.Write(w, httptest.NewRequest("GET", "/", nil), &httperr.Error{Status: 400, Code: "a", Message: message})
		var got struct{ Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", w.Body, err)
		}
		if want := strings.ToValidUTF8(message, "\uFFFD"); utf8.ValidString(message) && got.Message != want {
			t.Fatalf("got %q, want %q", got.Message, want)
		}
		if strings.ContainsAny(strings.TrimSuffix(w.Body.String(), "\n"), "<>&\x00\x1b\x7f\r\n\u2028\u2029") {
			t.Fatalf("unsafe characters in %q", w.Body)
		}
	})
}

func TestWriteAllocs(t *testing.T) {
	m, r := newMiddleware(t, nil), httptest.NewRequest("GET", "/", nil)
	w := mwtest.NewDiscard()
	refuse := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, errTaken) }))
	mwtest.MaxAllocs(t, "a refusal in the chain", 3, func() { w.Reset(); refuse.ServeHTTP(w, r) })
	if w.Code != 409 || w.Bytes < 50 {
		t.Fatalf("measured no refusal: %d, %d bytes", w.Code, w.Bytes)
	}
}
