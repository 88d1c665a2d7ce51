package httperr_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// quiet returns cfg with a Logger that discards everything.
func quiet(cfg httperr.Config) httperr.Config {
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

func build(t testing.TB, cfg httperr.Config) *httperr.Middleware {
	t.Helper()
	m, err := httperr.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// newMiddleware returns a Middleware with logger; nil discards everything.
func newMiddleware(t testing.TB, logger *slog.Logger) *httperr.Middleware {
	t.Helper()
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return build(t, httperr.Config{Logger: logger})
}

// refuse sends one request through a Middleware of cfg to a handler that calls
// Write with err.
func refuse(t *testing.T, cfg httperr.Config, err error) *http.Response {
	t.Helper()
	return mwtest.Do(build(t, cfg).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.Write(w, r, err)
	})), httptest.NewRequest("GET", "/", nil))
}

// quietServer starts a server of h that discards its error log.
func quietServer(t *testing.T, h http.Handler) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// serve runs f once with an HTTP/1.1 server of h and once with an HTTP/2 server.
func serve(t *testing.T, h http.Handler, f func(t *testing.T, srv *httptest.Server)) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(h)
			srv.EnableHTTP2 = protocol == "HTTP/2.0"
			srv.StartTLS()
			t.Cleanup(srv.Close)
			f(t, srv)
		})
	}
}

// get requests the root of srv. The body is closed when the test ends.
func get(t *testing.T, srv *httptest.Server) *http.Response {
	t.Helper()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// dial opens a TCP connection to srv, which is closed when the test ends.
func dial(t *testing.T, srv *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// recorded serves r with a Middleware of cfg around next and returns its record.
func recorded(t *testing.T, cfg httperr.Config, next http.Handler, r *http.Request) (got audit.Record) {
	t.Helper()
	cfg.Observe = func(rec audit.Record) { got = rec }
	build(t, quiet(cfg)).Handler(next).ServeHTTP(httptest.NewRecorder(), r)
	return got
}

// secrets are texts that must never reach a client.
var secrets = []string{"hunter2", "pg: relation", "/srv/app/main.go", "goroutine 1", "eyJhbGciOi"}

var errPrivate = errors.New(strings.Join(secrets, " "))

// noSecrets fails t if a secret is in the headers of res or in body.
func noSecrets(t *testing.T, res *http.Response, body string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(body, s) || strings.Contains(fmt.Sprint(res.Header), s) {
			t.Errorf("%q leaked: %v %s", s, res.Header, body)
		}
	}
}

var (
	errTaken       = &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
	errUnavailable = &httperr.Error{Status: 503, Code: "unavailable", Message: "The store does not answer."}
)

func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}
