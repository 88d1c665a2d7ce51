package httperr_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

func quiet(cfg httperr.Config) httperr.Config {
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

func build(t *testing.T, cfg httperr.Config) *httperr.Middleware {
	t.Helper()
	m, err := httperr.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refuse answers one request with err behind a Middleware of cfg.
func refuse(t *testing.T, cfg httperr.Config, err error) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	build(t, cfg).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, err) })).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Result()
}

func newMiddleware(t testing.TB, logger *slog.Logger) *httperr.Middleware {
	t.Helper()
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	m, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// recorded returns the record of one request.
func recorded(t *testing.T, cfg httperr.Config, next http.Handler, r *http.Request) (got audit.Record) {
	t.Helper()
	cfg.Observe = func(rec audit.Record) { got = rec }
	build(t, quiet(cfg)).Handler(next).ServeHTTP(httptest.NewRecorder(), r)
	return got
}

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
