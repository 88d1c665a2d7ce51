package validate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

func TestHeaders(t *testing.T) {
	s := mustNew[period](t, validate.Config{MediaTypes: []string{"application/json", "application/merge-patch+json"}})
	for _, tc := range []struct {
		name   string
		header http.Header
		cause  string // "": admitted
	}{
		{"plain", http.Header{"Content-Type": {"application/json"}}, ""},
		{"upper case", http.Header{"Content-Type": {"Application/JSON"}}, ""},
		{"utf-8", http.Header{"Content-Type": {`application/json; charset="UTF-8"`}}, ""},
		{"another parameter", http.Header{"Content-Type": {"application/json; v=1"}}, ""},
		{"second media type", http.Header{"Content-Type": {"application/merge-patch+json"}}, ""},
		{"identity", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"Identity"}}, ""},
		{"missing", http.Header{}, "Content-Type is missing"},
		{"empty", http.Header{"Content-Type": {""}}, "Content-Type is malformed"},
		{"twice", http.Header{"Content-Type": {"application/json", "application/json"}}, "Content-Type is repeated"},
		{"text", http.Header{"Content-Type": {"text/plain"}}, "Content-Type is not one of those accepted"},
		{"problem", http.Header{"Content-Type": {"application/problem+json"}}, "Content-Type is not one of those accepted"},
		{"list", http.Header{"Content-Type": {"application/json, text/plain"}}, "Content-Type is malformed"},
		{"no subtype", http.Header{"Content-Type": {"json"}}, "Content-Type is not one of those accepted"},
		{"utf-16", http.Header{"Content-Type": {"application/json; charset=utf-16"}}, "charset of Content-Type is not utf-8"},
		{"two charsets", http.Header{"Content-Type": {"application/json; charset=utf-8; charset=utf-16"}}, "Content-Type is malformed"},
		{"bad parameter", http.Header{"Content-Type": {"application/json; charset"}}, "Content-Type is malformed"},
		{"gzip", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, "Content-Encoding is not identity"},
		{"identity and gzip", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"identity", "x, gzip"}}, "Content-Encoding is not identity"},
	} {
		r := post(`{"from":1,"to":2}`)
		r.Header = tc.header
		res, spy := send(s, r)
		if tc.cause == "" {
			if spy.Calls() != 1 {
				t.Errorf("%s: refused with %d", tc.name, res.StatusCode)
			}
			continue
		}
		mwtest.Refused(t, res, 415, "unsupported_media_type")
		mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")
		if spy.Calls() != 0 {
			t.Errorf("%s: reached the handler", tc.name)
		}
		r = post("{}")
		r.Header = tc.header
		if _, err := s.Decode(nil, r); !errors.Is(err, validate.ErrMediaType) || err.Error() != "unsupported_media_type: validate: "+tc.cause {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.cause)
		}
	}
}

type unread struct{ io.Reader }

func (unread) Read([]byte) (int, error) { panic("the body was read") }
func (unread) Close() error             { return nil }

func TestNothingIsReadOfWhatIsRefused(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 10})
	r := post("")
	r.Body, r.ContentLength = unread{}, 11
	r.Header.Del("Content-Type") // the length is looked at first
	res, _ := send(s, r)
	mwtest.Refused(t, res, 413, "body_too_large")

	r = post("")
	r.Body, r.ContentLength = unread{}, 5
	r.Header.Set("Content-Type", "text/plain")
	res, _ = send(s, r)
	mwtest.Refused(t, res, 415, "unsupported_media_type")
}

func TestLimitIsExact(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 32})
	for _, length := range []int64{-1, 0} {
		for n := 2; n < 70; n++ {
			r := post("{" + strings.Repeat(" ", n-2) + "}")
			if length < 0 {
				r.ContentLength = -1
			}
			res, _ := send(s, r)
			if ok := res.StatusCode == 200; ok != (n <= 32) {
				t.Errorf("%d bytes, Content-Length %d: %d", n, r.ContentLength, res.StatusCode)
			}
		}
	}
}

func TestReadErrors(t *testing.T) {
	s := mustNew[period](t, validate.Config{})
	for name, tc := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"deadline":   {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, 408, "request_timeout"},
		"HTTP/2":     {os.ErrDeadlineExceeded, 408, "request_timeout"},
		"unexpected": {io.ErrUnexpectedEOF, 400, "body_incomplete"},
		"chunk":      {errors.New("malformed chunked encoding"), 400, "body_incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			r := post("")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"from":`), iotest.ErrReader(tc.err)))
			r.ContentLength = -1
			res, spy := send(s, r)
			mwtest.Refused(t, res, tc.status, tc.code)
			if spy.Calls() != 0 {
				t.Error("reached the handler")
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := post("").WithContext(ctx)
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("reset")))
	if _, err := s.Decode(nil, r); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that left: %v", err)
	}
}

// A client that left is not admitted: what refuses has to answer, for a
// response that nobody writes is 200.
func TestClientThatLeftIsRefused(t *testing.T) {
	var denied error
	s := mustNew[period](t, validate.Config{Deny: func(w http.ResponseWriter, r *http.Request, err error) { denied = err; httperr.Write(w, r, err) }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, h := range map[string]func(http.Handler) http.Handler{
		"Handler": s.Handler,
		"Handle": func(next http.Handler) http.Handler {
			return validate.Handle(s, func(context.Context, *period) (*period, error) { next.ServeHTTP(nil, nil); return nil, nil })
		},
	} {
		denied = nil
		r := post("").WithContext(ctx)
		r.Body = io.NopCloser(iotest.ErrReader(errors.New("reset")))
		spy := &mwtest.Spy{}
		res := serve(h(spy), r)
		if spy.Calls() != 0 || !errors.Is(denied, context.Canceled) || res.StatusCode != 499 {
			t.Errorf("%s: %d calls, denied with %v, status %d", name, spy.Calls(), denied, res.StatusCode)
		}
	}
}

// wrapped hides the server's writer as every middleware does.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Over the wire, a body that turns out to be too large closes the connection,
// through however many wrappers, and one that stops early is refused.
func TestOverTheWire(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 1 << 10})
	inner := s.Handler(&mwtest.Spy{})
	dial := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(wrapped{wrapped{w}}, r)
	}), func(srv *httptest.Server) { srv.Config.ReadTimeout = 200 * time.Millisecond })
	exchange := func(raw string, half bool) *http.Response {
		t.Helper()
		c := dial(raw)
		if half {
			_ = c.Conn.(*net.TCPConn).CloseWrite()
		}
		return c.hear()
	}
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

	big := strings.Repeat("a", 2<<10)
	res := exchange(head+"Transfer-Encoding: chunked\r\n\r\n"+fmt.Sprintf("%x\r\n%s\r\n", len(big), big), false)
	if !res.Close {
		t.Error("the connection stays open after a body that is too large")
	}
	mwtest.Refused(t, res, 413, "body_too_large")

	res = exchange(head+"Content-Length: 5000000\r\n\r\n", false)
	mwtest.Refused(t, res, 413, "body_too_large")

	res = exchange(head+"Content-Length: 100\r\n\r\n{\"from\":", true)
	mwtest.Refused(t, res, 400, "body_incomplete")

	res = exchange(head+"Content-Length: 100\r\n\r\n{\"from\":", false)
	mwtest.Refused(t, res, 408, "request_timeout")

	res = exchange(head+"Content-Length: 17\r\n\r\n{\"from\":1,\"to\":2}", false)
	if res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}
