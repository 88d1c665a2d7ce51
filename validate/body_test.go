package validate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

func TestHeaders(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MediaTypes: []string{"application/json", "application/merge-patch+json"}})
	for _, tc := range []struct {
		name   string
		header http.Header
		cause  string // "": accepted
	}{
		{"plain", http.Header{"Content-Type": {"application/json"}}, ""},
		{"upper case", http.Header{"Content-Type": {"Application/JSON"}}, ""},
		{"utf-8", http.Header{"Content-Type": {`application/json; charset="UTF-8"`}}, ""},
		{"another parameter", http.Header{"Content-Type": {"application/json; v=1"}}, ""},
		{"second media type", http.Header{"Content-Type": {"application/merge-patch+json"}}, ""},
		{"identity", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"Identity"}}, ""},
		{"missing", http.Header{}, "Content-Type is missing, repeated, too long or malformed"},
		{"empty", http.Header{"Content-Type": {""}}, "Content-Type is missing, repeated, too long or malformed"},
		{"twice", http.Header{"Content-Type": {"application/json", "application/json"}}, "Content-Type is missing, repeated, too long or malformed"},
		{"text", http.Header{"Content-Type": {"text/plain"}}, "Content-Type is not one of those accepted"},
		{"problem", http.Header{"Content-Type": {"application/problem+json"}}, "Content-Type is not one of those accepted"},
		{"list", http.Header{"Content-Type": {"application/json, text/plain"}}, "Content-Type is missing, repeated, too long or malformed"},
		{"no subtype", http.Header{"Content-Type": {"json"}}, "Content-Type is not one of those accepted"},
		{"utf-16", http.Header{"Content-Type": {"application/json; charset=utf-16"}}, "charset of Content-Type is not utf-8"},
		{"two charsets", http.Header{"Content-Type": {"application/json; charset=utf-8; charset=utf-16"}}, "Content-Type is missing, repeated, too long or malformed"},
		{"bad parameter", http.Header{"Content-Type": {"application/json; charset"}}, "Content-Type is missing, repeated, too long or malformed"},
		{"gzip", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, "Content-Encoding is not identity"},
		{"identity and gzip", http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"identity", "x, gzip"}}, "Content-Encoding is not identity"},
	} {
		r := kit.Post(`{"from":1,"to":2}`)
		r.Header = tc.header
		res, spy := kit.Send(s, r)
		if tc.cause == "" {
			if spy.Calls() != 1 {
				t.Errorf("%s: refused with %d", tc.name, res.StatusCode)
			}
			continue
		}
		mwtest.Refused(t, res, 415, "unsupported_media_type")
		mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id", "Accept", "Accept-Encoding")
		accept, encoding := "application/json, application/merge-patch+json", ""
		if strings.Contains(tc.cause, "Encoding") {
			accept, encoding = "", "identity"
		}
		if res.Header.Get("Accept") != accept || res.Header.Get("Accept-Encoding") != encoding {
			t.Errorf("%s: %v", tc.name, res.Header)
		}
		if spy.Calls() != 0 {
			t.Errorf("%s: reached the handler", tc.name)
		}
		r = kit.Post("{}")
		r.Header = tc.header
		if _, err := s.Decode(nil, r); !errors.Is(err, validate.ErrMediaType) || err.Error() != "unsupported_media_type: validate: "+tc.cause {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.cause)
		}
	}
}

type unread struct{ io.Reader }

func (unread) Read([]byte) (int, error) { panic("the body was read") }
func (unread) Close() error             { return nil }

func TestRefusedBodyIsNotRead(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 10})
	r := kit.Post("")
	r.Body, r.ContentLength = unread{}, 11
	r.Header.Del("Content-Type") // the length is checked first
	res, _ := kit.Send(s, r)
	mwtest.Refused(t, res, 413, "body_too_large")

	r = kit.Post("")
	r.Body, r.ContentLength = unread{}, 5
	r.Header.Set("Content-Type", "text/plain")
	res, _ = kit.Send(s, r)
	mwtest.Refused(t, res, 415, "unsupported_media_type")
}

func TestLimitIsExact(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 32})
	for _, length := range []int64{-1, 0} {
		for n := 2; n < 70; n++ {
			r := kit.Post("{" + strings.Repeat(" ", n-2) + "}")
			if length < 0 {
				r.ContentLength = -1
			}
			res, _ := kit.Send(s, r)
			if ok := res.StatusCode == 200; ok != (n <= 32) {
				t.Errorf("%d bytes, Content-Length %d: %d", n, r.ContentLength, res.StatusCode)
			}
		}
	}
}

func TestReadErrors(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{})
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
			r := kit.Post("")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"from":`), iotest.ErrReader(tc.err)))
			r.ContentLength = -1
			res, spy := kit.Send(s, r)
			mwtest.Refused(t, res, tc.status, tc.code)
			if spy.Calls() != 0 {
				t.Error("reached the handler")
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := kit.Post("").WithContext(ctx)
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("reset")))
	if _, err := s.Decode(nil, r); !errors.Is(err, context.Canceled) {
		t.Errorf("the client has left: %v", err)
	}
}

// If the client has left, the request is refused and Deny is called: a response that is not
// written would be 200.
func TestClientThatLeftIsRefused(t *testing.T) {
	var denied error
	s := kit.MustNew[period](t, validate.Config{Deny: func(w http.ResponseWriter, r *http.Request, err error) { denied = err; httperr.Write(w, r, err) }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, h := range map[string]func(http.Handler) http.Handler{
		"Handler": s.Middleware,
		"Handle": func(next http.Handler) http.Handler {
			return validate.Handle(s, func(context.Context, *period) (*period, error) { next.ServeHTTP(nil, nil); return nil, nil })
		},
	} {
		denied = nil
		r := kit.Post("").WithContext(ctx)
		r.Body = io.NopCloser(iotest.ErrReader(errors.New("reset")))
		spy := &mwtest.Spy{}
		res := kit.Serve(h(spy), r)
		if spy.Calls() != 0 || !errors.Is(denied, context.Canceled) || res.StatusCode != 499 {
			t.Errorf("%s: %d calls, denied with %v, status %d", name, spy.Calls(), denied, res.StatusCode)
		}
	}
}

// wrapped hides the server's writer, as a middleware does.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Over the wire, a body that turns out to be too large closes the connection, also through
// several wrappers. A body that stops early is refused.
func TestOverTheWire(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 1 << 10})
	inner := s.Middleware(&mwtest.Spy{})
	dial := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(wrapped{wrapped{w}}, r)
	}), func(srv *httptest.Server) { srv.Config.ReadTimeout = 200 * time.Millisecond })
	exchange := func(raw string, half bool) *http.Response {
		t.Helper()
		c := dial(raw)
		if half {
			_ = c.Conn.(*net.TCPConn).CloseWrite()
		}
		return c.readResponse()
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

// counted is a body that counts the bytes that are read from it.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Over both versions of HTTP with TLS, the client of net/http sends no byte of a body whose
// header is refused, and the whole of a body whose header is accepted.
func TestClientIsAskedOnlyForAcceptedBodies(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 1 << 10})
	for _, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(s.Middleware(&mwtest.Spy{}))
		srv.EnableHTTP2 = two
		srv.StartTLS()
		t.Cleanup(srv.Close)
		srv.Client().Transport.(*http.Transport).ExpectContinueTimeout = 20 * time.Second
		for _, tc := range []struct {
			media  string
			length int64
			status int
			code   string
		}{
			{"application/json", 17, 200, ""},
			{"application/json", 1 << 20, 413, "body_too_large"},
			{"text/plain", 17, 415, "unsupported_media_type"},
			{"application/json", 1 << 10, 200, ""},
		} {
			body, asked := &counted{Reader: strings.NewReader(good17 + strings.Repeat(" ", int(tc.length)-17))}, false
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { asked = true }})
			r, err := http.NewRequestWithContext(ctx, "POST", srv.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = tc.length
			r.Header.Set("Content-Type", tc.media)
			r.Header.Set("Expect", "100-continue")
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if tc.code != "" {
				mwtest.Refused(t, res, tc.status, tc.code)
			}
			_ = res.Body.Close()
			if good := tc.status == 200; res.StatusCode != tc.status || asked != good || (body.n.Load() > 0) != good {
				t.Errorf("HTTP/%d, %s of %d bytes: status %d, asked: %v, %d bytes sent", res.ProtoMajor, tc.media, tc.length, res.StatusCode, asked, body.n.Load())
			}
		}
	}
}

// A body that arrives slowly over TLS is refused in time, and the client sends its next request.
func TestClientThatTrickles(t *testing.T) {
	const limit = 150 * time.Millisecond
	s := kit.MustNew[period](t, validate.Config{ReadTimeout: limit})
	for _, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.Middleware(&mwtest.Spy{}).ServeHTTP(wrapped{w}, r)
		}))
		srv.EnableHTTP2 = two
		srv.StartTLS()
		t.Cleanup(srv.Close)
		in, out := io.Pipe()
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(limit / 10):
					if _, err := out.Write([]byte(" ")); err != nil {
						return
					}
				}
			}
		}()
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		start := time.Now()
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < limit || took > 10*limit {
			t.Errorf("HTTP/%d: answered after %v", res.ProtoMajor, took)
		}
		mwtest.Refused(t, res, 408, "request_timeout")
		close(stop)
		_ = in.Close()
		res, err = srv.Client().Post(srv.URL, "application/json", strings.NewReader(good17))
		if err != nil || res.StatusCode != 200 {
			t.Errorf("the next request: %v, %v", res, err)
		} else {
			_ = res.Body.Close()
		}
	}
}

// serveSlowly starts a server with the ReadTimeout own, and a Schema with the ReadTimeout d.
func serveSlowly(t *testing.T, d, own time.Duration, next http.Handler) func(first string) *conn {
	t.Helper()
	inner := kit.MustNew[period](t, validate.Config{ReadTimeout: d}).Middleware(next)
	return listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(wrapped{wrapped{w}}, r)
	}), func(srv *httptest.Server) { srv.Config.ReadTimeout = own })
}

const slowHead = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "

// A client that sends a byte now and then is refused when the time is up, and its connection
// is closed, also if the server itself has no limit.
func TestSlowBody(t *testing.T) {
	for _, own := range []time.Duration{0, time.Hour, 100 * time.Millisecond} {
		dial := serveSlowly(t, 100*time.Millisecond, own, &mwtest.Spy{})
		c := dial(slowHead + "100\r\n\r\n{")
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 40 {
				time.Sleep(20 * time.Millisecond)
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		res := c.readResponse()
		if mwtest.Refused(t, res, 408, "request_timeout"); time.Since(start) > 600*time.Millisecond {
			t.Errorf("answered after %v", time.Since(start))
		}
		if !res.Close {
			t.Error("the connection stays open")
		}
		<-done
	}
}

// The server reads the rest of a refused body before it answers. The time limit holds for that
// too, so a client that waits for 100 Continue does not keep its connection.
func TestSlowBodyThatIsNotRead(t *testing.T) {
	dial := serveSlowly(t, 100*time.Millisecond, 0, &mwtest.Spy{})
	text := strings.Replace(slowHead, "application/json", "text/plain", 1)
	for _, head := range []string{text, strings.Replace(text, "Host", "Expect: 100-continue\r\nHost", 1)} {
		c := dial(head + "100\r\n\r\n")
		res := c.readResponse()
		if mwtest.Refused(t, res, 415, "unsupported_media_type"); !res.Close {
			t.Error("the connection stays open")
		}
		c.expectClosed()
	}
}

// The limit is for the body: it does not end a request whose body has arrived, and
// the connection serves the next request.
func TestDeadlineEndsWithTheBody(t *testing.T) {
	dial := serveSlowly(t, 50*time.Millisecond, 0, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(200 * time.Millisecond):
		}
	}))
	c := dial(slowHead + "17\r\n\r\n{\"from\":1,\"to\":2}")
	for range 2 {
		if res := c.readResponse(); res.StatusCode != 200 {
			t.Errorf("status %d", res.StatusCode)
		}
		c.send(slowHead + "17\r\n\r\n{\"from\":1,\"to\":2}")
	}
}

// The deadline does not stay on a connection whose request was refused.
func TestDeadlineEndsWithTheRefusal(t *testing.T) {
	dial := serveSlowly(t, 50*time.Millisecond, 0, &mwtest.Spy{})
	c := dial("")
	text := strings.Replace(slowHead, "application/json", "text/plain", 1)
	for _, tc := range []struct {
		raw    string
		status int
	}{{text + "5\r\n\r\nhello", 415}, {slowHead + "2\r\n\r\n[]", 400}, {slowHead + "17\r\n\r\n" + good17, 200}, {text + "5\r\n\r\nhello", 415}} {
		c.send(tc.raw)
		if res := c.readResponse(); res.StatusCode != tc.status {
			t.Errorf("status %d, want %d", res.StatusCode, tc.status)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// recorder is a writer that keeps its deadlines.
type recorder struct {
	http.ResponseWriter
	at []time.Time
}

func (w *recorder) SetReadDeadline(at time.Time) error { w.at = append(w.at, at); return nil }

func TestDeadlineIsSetThroughWrappers(t *testing.T) {
	w := &recorder{ResponseWriter: httptest.NewRecorder()}
	start := time.Now()
	if _, err := kit.MustNew[period](t, validate.Config{}).Decode(wrapped{wrapped{w}}, kit.Post(`{"from":1,"to":2}`)); err != nil {
		t.Fatal(err)
	}
	if len(w.at) != 2 || w.at[0].Before(start.Add(9*time.Second)) || w.at[0].After(time.Now().Add(10*time.Second)) || !w.at[1].IsZero() {
		t.Errorf("deadlines %v", w.at)
	}
	// No deadline is set for a body that is not read.
	w.at = nil
	r := kit.Post(`{}`)
	r.Header.Set("Content-Type", "text/plain")
	if _, err := kit.MustNew[period](t, validate.Config{}).Decode(w, r); err == nil || len(w.at) != 0 {
		t.Errorf("%v, deadlines %v", err, w.at)
	}
}

// A client that waits for 100 Continue is not asked for a body whose header is refused. The
// connection ends, because the client may send the body nevertheless: at once if
// the body is long, and when its time is up otherwise.
func TestExpectContinue(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 100, ReadTimeout: 100 * time.Millisecond})
	spy := &mwtest.Spy{}
	adaptor := validate.Handle(s, func(context.Context, *period) (*period, error) { spy.ServeHTTP(nil, nil); return nil, nil })
	middleware := s.Middleware(spy)
	h, next := withNext(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Adaptor") != "" {
			adaptor.ServeHTTP(w, r)
			return
		}
		middleware.ServeHTTP(w, r)
	}))
	dial := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{wrapped{w}}, r) }))
	const expect = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	for _, tc := range []struct {
		name, head string
		status     int
		code       string
	}{
		{"too long", "Content-Type: application/json\r\nContent-Length: 101\r\n", 413, "body_too_large"},
		{"too long, and of another type", "Content-Type: text/plain\r\nContent-Length: 1000000000\r\n", 413, "body_too_large"},
		{"another type", "Content-Type: text/plain\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
		{"another type, in chunks", "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", 415, "unsupported_media_type"},
		{"no type", "Content-Length: 17\r\n", 415, "unsupported_media_type"},
		{"another charset", "Content-Type: application/json; charset=utf-16\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
		{"compressed", "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
	} {
		for _, sends := range []bool{false, true} {
			head := tc.head
			if sends {
				head += "X-Adaptor: 1\r\n"
			}
			c := dial(expect + head + "\r\n")
			res := c.readResponse() // the first response, so it is not a 100
			if !res.Close {
				t.Errorf("%s: the connection stays open", tc.name)
			}
			mwtest.Refused(t, res, tc.status, tc.code)
			if sends {
				_, _ = c.Write([]byte(getNext)) // as its body
			}
			c.expectClosed()
		}
	}
	if next.Calls()+spy.Calls() > 0 {
		t.Error("a body was read as a request")
	}
}

// A client is asked once for a body whose header is accepted, and the connection stays.
func TestExpectContinueOfAGoodBody(t *testing.T) {
	dial := listen(t, kit.MustNew[period](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	c := dial("")
	for body, status := range map[string]int{good17: 200, strings.Replace(good17, "2", "x", 1): 400} {
		c.send(strings.Replace(jsonPut, "\r\n\r\n", "\r\n", 1) + "Expect: 100-continue\r\nContent-Length: 17\r\n\r\n")
		if res := c.readResponse(); res.StatusCode != 100 {
			t.Fatalf("status %d", res.StatusCode)
		}
		c.send(body)
		if res := c.readResponse(); res.StatusCode != status || res.Close {
			t.Errorf("%s: status %d, closes: %v", body, res.StatusCode, res.Close)
		}
	}
}

// A client is not asked for a body if the type has no members.
func TestExpectContinueWithoutABody(t *testing.T) {
	dial := listen(t, kit.MustNew[pageOnly](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	c := dial("POST /?page=2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
	if res := c.readResponse(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// The limit is exact over the wire, with Content-Length and in chunks, and through several
// wrappers of the writer. A body that is too long ends the connection: the rest of
// it is not read as a request.
func TestLimitOverTheWire(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{MaxBody: 64})
	logger, _ := mwtest.Log()
	chain, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"bare":         func(h http.Handler) http.Handler { return h },
		"in the chain": chain.Handler,
		"in two wrappers": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{wrapped{w}}, r) })
		},
		"behind one that hides the server's": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(struct{ http.ResponseWriter }{w}, r) })
		},
		"below another limit": func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1000) },
	} {
		h, next := withNext(s.Middleware(&mwtest.Spy{}))
		dial := listen(t, wrap(h))
		for _, over := range []int{0, 1, 2, 63, 500} {
			body := good17 + strings.Repeat(" ", 64-17+over)
			for _, size := range []int{0, 1, 7, 64, 1000} {
				framed := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
				if size > 0 {
					framed = "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size) + "0\r\n\r\n"
				}
				c := dial(jsonPut + framed + getNext)
				res := c.readResponse()
				if over == 0 {
					if res.StatusCode != 200 || c.readResponse().StatusCode != 200 {
						t.Errorf("%s: %d bytes in chunks of %d: %d", name, len(body), size, res.StatusCode)
					}
					continue
				}
				if !res.Close {
					t.Errorf("%s: the connection stays open after %d bytes in chunks of %d", name, len(body), size)
				}
				mwtest.Refused(t, res, 413, "body_too_large")
				c.expectClosed()
			}
		}
		if next.Calls() != 5 {
			t.Errorf("%s: /next was reached %d times", name, next.Calls())
		}
	}
}

// A smaller limit of an outer middleware gives the same refusal.
func TestLimitOfAnother(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{ReadTimeout: 100 * time.Millisecond})
	dial := listen(t, http.MaxBytesHandler(s.Middleware(&mwtest.Spy{}), 16))
	for _, framed := range []string{"Content-Length: 17\r\n\r\n" + good17, "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17, 17)} {
		c := dial(jsonPut + framed)
		res := c.readResponse()
		if !res.Close {
			t.Error("the connection stays open")
		}
		mwtest.Refused(t, res, 413, "body_too_large")
		c.expectClosed()
	}
}

// Each message has one length, and a refused body is skipped: the requests
// that follow on the connection are answered as if they were alone.
func TestPipelines(t *testing.T) {
	h, next := withNext(kit.MustNew[period](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	dial := listen(t, h)
	lines := func(head, body string) string {
		return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	}
	text := strings.Replace(jsonPut, "application/json", "text/plain", 1)
	for _, tc := range []struct {
		name, raw string
		want      []int
		ends      bool
		next      int // how often /next is called
	}{
		{"valid requests", lines(jsonPut, good17) + lines(jsonPut, good17), []int{200, 200}, false, 0},
		{"broken rule first", lines(jsonPut, `{"from":2,"to":1}`) + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"malformed JSON first", lines(jsonPut, getNext) + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"another type first", lines(text, getNext) + lines(jsonPut, good17) + getNext, []int{415, 200, 200}, false, 1},
		{"another type in chunks first", text + "Transfer-Encoding: chunked\r\n\r\n" + chunked(getNext+getNext, 9) + "0\r\n\r\n" + lines(jsonPut, good17), []int{415, 200}, false, 0},
		{"empty first", lines(jsonPut, "") + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"empty in chunks first", jsonPut + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"body of GET", lines(strings.Replace(jsonPut, "POST", "GET", 1), good17) + lines(jsonPut, good17), []int{200, 200}, false, 0},
		{"length smaller than the body", jsonPut + "Content-Length: 16\r\n\r\n" + good17 + getNext, []int{400, 400}, true, 0},
		{"two lengths", jsonPut + "Content-Length: 17\r\nContent-Length: 16\r\n\r\n" + good17, []int{400}, true, 0},
		{"length with a sign", jsonPut + "Content-Length: +17\r\n\r\n" + good17, []int{400}, true, 0},
		{"negative length", jsonPut + "Content-Length: -1\r\n\r\n" + good17, []int{400}, true, 0},
		{"other coding", jsonPut + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", []int{501}, true, 0},
		{"negative chunk", jsonPut + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", []int{400}, true, 0},
		{"size smaller than the chunk", jsonPut + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + good17 + "\r\n0\r\n\r\n" + getNext, []int{400}, true, 0},
		{"no length", jsonPut + "\r\n", []int{400}, false, 0},
		{"HTTP/1.0", lines(strings.Replace(jsonPut, "HTTP/1.1", "HTTP/1.0", 1), good17) + getNext, []int{200}, true, 0},
		{"HTTP/1.0 in chunks", strings.Replace(jsonPut, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n", []int{400}, true, 0},
		{"TE", lines(jsonPut+"TE: trailers, gzip\r\n", good17), []int{200}, false, 0},
		{"length and chunks", jsonPut + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n" + getNext, []int{200, 200}, false, 1},
		{"chunks twice", jsonPut + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n" + getNext, []int{501}, true, 0},
		{"chunk with an extension", jsonPut + "Transfer-Encoding: chunked\r\n\r\n11;a=b\r\n" + good17 + "\r\n0\r\n\r\n" + getNext, []int{200, 200}, false, 1},
		{"GET with a body without a type", "GET /?page=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 32\r\n\r\n" + getNext + getNext, []int{415, 200}, false, 1},
	} {
		before, c := next.Calls(), dial(tc.raw)
		for i, want := range tc.want {
			if res := c.readResponse(); res.StatusCode != want {
				t.Errorf("%s: answer %d is %d, want %d", tc.name, i, res.StatusCode, want)
			}
		}
		if tc.ends {
			c.expectClosed()
		}
		if got := next.Calls() - before; got != tc.next {
			t.Errorf("%s: /next was reached %d times, want %d", tc.name, got, tc.next)
		}
	}
}

type tried struct {
	Try  int    `header:"X-Try" default:"1"`
	From int    `json:"from"`
	To   int    `json:"to"`
	Mark string `header:"X-Mark"`
}

// A trailer is not a header, under any name, and its length is limited.
func TestTrailers(t *testing.T) {
	var got tried
	dial := listen(t, kit.MustNew[tried](t, validate.Config{}).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = validate.From[tried](r) })))
	body := jsonPut + "Trailer: X-Try, X-Mark\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 5) + "0\r\n"
	c := dial(body + "X-Try: 7\r\nX-Mark: x\r\nContent-Type: text/plain\r\n\r\n")
	if res := c.readResponse(); res.StatusCode != 200 || got != (tried{Try: 1, From: 1, To: 2}) {
		t.Errorf("status %d, %+v", res.StatusCode, got)
	}
	c = dial(body + "X-Try: " + strings.Repeat("7", 1<<16) + "\r\n\r\n")
	mwtest.Refused(t, c.readResponse(), 400, "body_incomplete")
	c.expectClosed()
}

// HEAD is refused like any other request, without a body in the answer.
func TestHead(t *testing.T) {
	dial := listen(t, kit.MustNew[pageOnly](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	c := dial("HEAD /?page=0 HTTP/1.1\r\nHost: x\r\n\r\nGET /?page=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(c.in, &http.Request{Method: "HEAD"})
	if err != nil || res.StatusCode != 400 || res.Header.Get("X-Correlation-ID") == "" {
		t.Errorf("%v, %v", res, err)
	}
	if res := c.readResponse(); res.StatusCode != 200 {
		t.Errorf("then %d", res.StatusCode)
	}
}

// A type without members needs no body. An empty body is accepted in every form.
func TestNoBodyOverTheWire(t *testing.T) {
	dial := listen(t, kit.MustNew[pageOnly](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	for _, tc := range []struct {
		framed string
		want   int
	}{
		{"Content-Length: 0\r\n\r\n", 200},
		{"\r\n", 200},
		{"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200},
		{"Content-Length: 2\r\n\r\n{}", 200},
		{"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200},
		{"Content-Length: 1\r\n\r\n ", 400},
		{"Content-Length: 7\r\n\r\n{\"a\":1}", 400},
	} {
		c := dial(jsonPut + tc.framed)
		if res := c.readResponse(); res.StatusCode != tc.want {
			t.Errorf("%q: %d, want %d", tc.framed, res.StatusCode, tc.want)
		}
	}
}

type smallForm struct {
	Name string        `form:"name"`
	File validate.File `form:"file"`
}

// In Go a parameter with a star (RFC 2231) replaces the one without. In a proxy it does not:
// the two would read two forms in one body.
func TestExtendedParametersOfMediaType(t *testing.T) {
	s := kit.MustNew[smallForm](t, validate.Config{})
	const body = "--inner\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nadmin\r\n--inner--\r\n"
	for media, ok := range map[string]bool{
		"multipart/form-data; boundary=inner":                                true,
		`multipart/form-data; boundary="inner"`:                              true,
		"multipart/form-data; boundary=outer; boundary*=utf-8''inner":        false,
		"multipart/form-data; boundary*=utf-8''inner; boundary=outer":        false,
		"multipart/form-data; boundary=outer; boundary*0=in; boundary*1=ner": false,
		"multipart/form-data; boundary*0=in; boundary*1=ner":                 false,
		"multipart/form-data; boundary=inner; charset*=utf-8''utf-16":        false,
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		res, spy := kit.Send(s, r)
		if ok {
			if res.StatusCode != 200 {
				t.Errorf("%s: %d", media, res.StatusCode)
			}
			continue
		}
		if mwtest.Refused(t, res, 415, "unsupported_media_type"); spy.Calls() != 0 {
			t.Errorf("%s: reached the handler", media)
		}
	}
	part := strings.Replace(body, "\r\n\r\n", "\r\nContent-Type: text/plain; charset=utf-8; charset*=utf-8''utf-16\r\n\r\n", 1)
	r := httptest.NewRequest("POST", "/", strings.NewReader(part))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=inner")
	res, _ := kit.Send(s, r)
	mwtest.Refused(t, res, 400, "validation_failed")

	j := kit.MustNew[pageAndBody](t, validate.Config{})
	r = kit.Post(`{"name":"abc"}`)
	r.Header.Set("Content-Type", "application/json; charset=utf-16; charset*=utf-8''utf-8")
	res, _ = kit.Send(j, r)
	mwtest.Refused(t, res, 415, "unsupported_media_type")
}
