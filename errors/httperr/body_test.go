package httperr_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// errDriver is what a driver returns for a cancelled query: it does not wrap
// context.Canceled.
var errDriver = errors.New("pq: canceling statement due to user request")

// A client that breaks off its own request is no failure of the server: no record
// has a status of 500 or above, and each keeps its cause.
func TestRequestBrokenOffByItsClient(t *testing.T) {
	const promised = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nuser="
	const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	reads := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	})
	stores := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return errUnavailable.With(fmt.Errorf("put: %w", err))
	})
	for name, tc := range map[string]struct {
		h      http.Handler
		sent   string
		status int
		code   string
		cause  string
	}{
		"Content-Length too high":    {reads, promised, 400, "body_incomplete", "unexpected EOF"},
		"last chunk missing":         {reads, chunked + "5\r\nuser=\r\n", 400, "body_incomplete", "unexpected EOF"},
		"chunk cut":                  {reads, chunked + "9\r\nuser=", 400, "body_incomplete", "unexpected EOF"},
		"chunk size that is none":    {reads, chunked + "zz\r\n", 400, "body_incomplete", "invalid byte in chunk length"},
		"store got the broken body":  {stores, promised, 400, "body_incomplete", "unavailable: put: unexpected EOF"},
		"sealed, the error is known": {httperr.Seal(stores), promised, 400, "body_incomplete", "unavailable: put: unexpected EOF"},
		"sealed, the status alone": {httperr.Seal(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.ReadAll(r.Body)
			w.WriteHeader(502)
		})), promised, 400, "body_incomplete", "bad_gateway: unexpected EOF"},
		"limited outside": {http.MaxBytesHandler(reads, 3), promised, 413, "body_too_large", "http: request body too large"},
		"failure without the body's error": {httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			io.ReadAll(r.Body)
			return errPrivate
		}), chunked + "zz\r\n", 500, "internal_error", errPrivate.Error()},
		"the same when the connection ends": {httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			io.ReadAll(r.Body)
			return errDriver
		}), promised, 499, "client_closed_request", errDriver.Error()},
		"panic": {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			panic(err)
		}), promised, 500, "internal_error", "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			records := make(chan audit.Record, 1)
			m := build(t, quiet(httperr.Config{Observe: func(r audit.Record) { records <- r }}))
			conn := dial(t, quietServer(t, m.Handler(tc.h)))
			io.WriteString(conn, tc.sent)
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			mwtest.Refused(t, res, tc.status, tc.code)
			if r := <-records; r.Status != tc.status || r.Code != tc.code || r.Cause == nil || r.Cause.Error() != tc.cause {
				t.Errorf("record %d %s, cause %v", r.Status, r.Code, r.Cause)
			}
		})
	}
}

// The client leaves while a handler waits for a driver or for another service.
func TestClientLeavesWhileTheHandlerWaits(t *testing.T) {
	hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	// The handler of TimeoutHandler does not end before it: TimeoutHandler would take either
	// of the two ends for the first one.
	end := make(chan struct{})
	defer close(end)
	outlasts := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end })
	far := httptest.NewServer(hangs)
	defer far.Close()
	u, err := url.Parse(far.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	for name, tc := range map[string]struct {
		h      http.Handler
		status int
		cause  string // "" for any
	}{
		"driver": {httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return errDriver
		}), 499, errDriver.Error()},
		"store": {httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return errUnavailable.With(errDriver)
		}), 499, "unavailable: " + errDriver.Error()},
		"sealed proxy":   {httperr.Seal(proxy), 499, ""},
		"sealed timeout": {httperr.Seal(http.TimeoutHandler(outlasts, time.Hour, "late")), 499, ""},
		"panic": {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(errDriver)
		}), 500, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			records := make(chan audit.Record, 1)
			entered := make(chan struct{}, 1)
			m := build(t, quiet(httperr.Config{Observe: func(r audit.Record) { records <- r }}))
			serve(t, m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				entered <- struct{}{}
				tc.h.ServeHTTP(w, r)
			})), func(t *testing.T, srv *httptest.Server) {
				ctx, leave := context.WithCancel(t.Context())
				req, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				go func() { <-entered; leave() }()
				if res, err := srv.Client().Do(req); err == nil { // the answer can overtake the cancellation
					_ = res.Body.Close()
				}
				r := <-records
				if r.Status != tc.status || tc.cause != "" && (r.Cause == nil || r.Cause.Error() != tc.cause) {
					t.Errorf("record %d %s, cause %v", r.Status, r.Code, r.Cause)
				}
			})
		})
	}
}

// The deadline of the body is the client's, and the same error from elsewhere is
// not.
func TestDeadlineOfTheBody(t *testing.T) {
	h := newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == "/backend" {
			return fmt.Errorf("quic: %w", os.ErrDeadlineExceeded)
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
		_, err := io.ReadAll(r.Body)
		return fmt.Errorf("upload: %w", err)
	}))
	serve(t, h, func(t *testing.T, srv *httptest.Server) {
		res, err := srv.Client().Get(srv.URL + "/backend")
		if err != nil {
			t.Fatal(err)
		}
		mwtest.Refused(t, res, 504, "timeout")
		body, feed := io.Pipe()
		defer feed.Close()
		res, err = srv.Client().Post(srv.URL+"/upload", "text/plain", body)
		if err != nil {
			t.Fatal(err)
		}
		mwtest.Refused(t, res, 408, "request_timeout")
	})
}

// A handler that reads a body after it was closed has a fault of its own.
func TestClosedBodyIsTheFaultOfTheProgram(t *testing.T) {
	srv := httptest.NewServer(newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		r.Body.Close()
		_, err := io.ReadAll(r.Body)
		return err
	})))
	defer srv.Close()
	res, err := http.Post(srv.URL, "text/plain", strings.NewReader("user=ann"))
	if err != nil {
		t.Fatal(err)
	}
	mwtest.Refused(t, res, 500, "internal_error")
}

// http.Request.ParseForm limits a body to 10 MB, unless it finds that of
// http.MaxBytesReader. The outermost layer must not hide that body.
func TestBodyKeepsALimitFromOutside(t *testing.T) {
	var got int
	h := newMiddleware(t, nil).Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		err := r.ParseForm()
		got = len(r.PostForm.Get("a"))
		return err
	}))
	for size, status := range map[int]int{11 << 20: 200, 13 << 20: 413} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("a="+strings.Repeat("x", size)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		http.MaxBytesHandler(h, 12<<20).ServeHTTP(w, r)
		if w.Code != status || status == 200 && got != size {
			t.Errorf("%d bytes: %d, parsed %d", size, w.Code, got)
		}
	}
}
