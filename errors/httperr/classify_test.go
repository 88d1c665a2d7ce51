package httperr_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var errNoRows = errors.New("sql: no rows")

func TestClassifiers(t *testing.T) {
	store := &httperr.Error{Status: 503, Code: "store_unavailable", Message: "m"}
	cfg := quiet(httperr.Config{Classify: []func(error) *httperr.Error{
		func(err error) *httperr.Error {
			if errors.Is(err, errNoRows) {
				return httperr.ErrNotFound.With(err)
			}
			return nil
		},
		func(err error) *httperr.Error {
			if strings.Contains(err.Error(), "LOADING") {
				return store.WithHeader("Retry-After", "2").With(err)
			}
			return nil
		},
		func(err error) *httperr.Error {
			if err.Error() == "faulty" {
				return &httperr.Error{Status: 1, Code: "X"}
			}
			return nil
		},
	}})
	mwtest.Refused(t, refuse(t, cfg, errNoRows), 404, "not_found")
	res := refuse(t, cfg, errors.New("LOADING Redis is loading the dataset in memory"))
	if res.Header.Get("Retry-After") != "2" {
		t.Errorf("headers %v", res.Header)
	}
	mwtest.Refused(t, res, 503, "store_unavailable")
	mwtest.Refused(t, refuse(t, cfg, errors.New("faulty")), 500, "internal_error")
	mwtest.Refused(t, refuse(t, cfg, errTaken.With(errNoRows)), 409, "name_taken")
	mwtest.Refused(t, refuse(t, cfg, errPrivate), 500, "internal_error")
}

// slowPeer returns the error of a read from addr that missed its deadline.
func slowPeer(addr string) error {
	return &net.OpError{Op: "read", Net: "tcp", Addr: address(addr), Err: os.ErrDeadlineExceeded}
}

// address is a net.Addr of TCP.
type address string

func (address) Network() string { return "tcp" }

func (a address) String() string { return string(a) }

func TestWriteClassifies(t *testing.T) {
	pointer := "/title"
	left, cancel := context.WithCancel(context.Background())
	cancel()
	for name, tc := range map[string]struct {
		err    error
		ctx    context.Context
		status int
		code   string
		proto  int // 0 is 1
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
		"slow client over HTTP/2":   {err: os.ErrDeadlineExceeded, status: 408, code: "request_timeout", proto: 2},
		"slow pipe":                 {err: os.ErrDeadlineExceeded, status: 504, code: "timeout"},
		"slow file over HTTP/2":     {err: &fs.PathError{Err: os.ErrDeadlineExceeded}, status: 504, code: "timeout", proto: 2},
		"slow database":             {err: slowPeer("10.0.0.1:5432"), status: 504, code: "timeout"},
		"client left":               {err: context.Canceled, ctx: left, status: 499, code: "client_closed_request"},
		"cancelled by ourselves":    {err: context.Canceled, status: 500, code: "internal_error"},
		"client left, other reason": {err: errTaken, ctx: left, status: 409, code: "name_taken"},
		"client left the store":     {err: errUnavailable.With(context.Canceled), ctx: left, status: 499, code: "client_closed_request"},
		"store cancelled by itself": {err: errUnavailable.With(context.Canceled), status: 503, code: "unavailable"},
		"store failed, client left": {err: errUnavailable.With(errPrivate), ctx: left, status: 499, code: "client_closed_request"},
		"driver error, client left": {err: errPrivate, ctx: left, status: 499, code: "client_closed_request"},
		"deadline, client left":     {err: context.DeadlineExceeded, ctx: left, status: 499, code: "client_closed_request"},
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
			r.ProtoMajor = max(tc.proto, 1)
			w := httptest.NewRecorder()
			for _, h := range []string{"Content-Length", "Content-Language", "ETag", "Last-Modified", "Expires", "Surrogate-Control", "CDN-Cache-Control", "Location", "Content-Disposition"} {
				w.Header().Set(h, "1")
			}
			httperr.Write(w, r, tc.err)
			noSecrets(t, w.Result(), w.Body.String())
			allowed := []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID"}
			if tc.status == http.StatusRequestEntityTooLarge {
				allowed = append(allowed, "Connection") // Write closes the connection
			}
			mwtest.OnlyHeaders(t, w.Header(), allowed...)
			e := mwtest.Refused(t, w.Result(), tc.status, tc.code)
			if name == "validation" && (len(e.Errors) != 1 || *e.Errors[0].Pointer != "/title" || e.Errors[0].Params["max"] != 200.0 || !e.Truncated) {
				t.Errorf("faults %+v", e)
			}
		})
	}
}

// A client that closed only its sending side still reads the answer.
func TestHalfClosedConnectionIsAnswered(t *testing.T) {
	srv := httptest.NewServer(newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	})))
	defer srv.Close()
	conn := dial(t, srv)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	mwtest.Refused(t, res, 499, "client_closed_request")
}

// A context that an inner layer cancelled does not mean that the client left.
func TestCancelledInside(t *testing.T) {
	w := httptest.NewRecorder()
	newMiddleware(t, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		httperr.Write(w, r.WithContext(ctx), ctx.Err())
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
}
