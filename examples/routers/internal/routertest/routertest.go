// Package routertest checks the programs gorilla, gin and echo, which are one service on three
// routers.
package routertest

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Check sends a request for a greeting, and requests that the router refuses. It looks at the
// responses, and at the pattern of the route in the record.
func Check(t *testing.T, service func() http.Handler, pattern string) {
	t.Helper()
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	h := service()

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/hello/ann", nil))
	if w.Code != 200 || w.Body.String() != "hello, \"ann\"\n" || w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	if !strings.Contains(log.String(), " route="+pattern+" ") {
		t.Errorf("the record has another route than %s:\n%s", pattern, &log)
	}
	log.Reset()
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/nowhere", nil))
	mwtest.Refused(t, w.Result(), 404, "not_found")
	if !strings.Contains(log.String(), " route=unmatched ") {
		t.Errorf("the record of an unknown path has a route:\n%s", &log)
	}
}
