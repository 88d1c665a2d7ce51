package routers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

var requests = []struct{ name, method, path, body, status, code string }{
	{"`GET /notes/7`", "GET", "/notes/7", "", "200", ""},
	{"`GET /notes/x`: no number", "GET", "/notes/x", "", "400", "validation_failed"},
	{"`POST /notes`", "POST", "/notes", `{"title":"milk"}`, "200", ""},
	{"`POST /notes` without a token", "POST", "/notes", "-", "401", "unauthenticated"},
	{"`DELETE /notes`", "DELETE", "/notes", "", "405", "method_not_allowed"},
	{"`GET /nowhere`", "GET", "/nowhere", "", "404", "not_found"},
	{"`GET /boom`: a panic", "GET", "/boom", "", "500", "internal_error"},
}

var code = regexp.MustCompile(`"code":"(\w+)"`)

func TestPage(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the stacks of the panics
	outputs := map[string]string{}
	for name, build := range map[string]func(*layers) http.Handler{
		"servemux": onServeMux, "chi": onChi, "gorilla": onGorilla, "httprouter": onHTTPRouter, "gin": onGin, "echo": onEcho,
	} {
		outputs[name] = measure(t, build)
	}
	outputs["bare"], outputs["health"], outputs["id"] = bare(t), health(t), inbound(t)
	page.Check(t, outputs)
}

// health counts the records of a probe and of another request.
func health(t *testing.T) string {
	t.Helper()
	records := 0
	l, err := newLayers(authntest.NewIssuer(t, issuer, audience), audit.Func(func(context.Context, audit.Record) error { records++; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	h := withHealth(onChi(l))
	var rows [][]string
	for _, path := range []string{"/healthz", "/notes/7"} {
		records = 0
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		rows = append(rows, []string{"`GET " + path + "`", fmt.Sprint(w.Code), fmt.Sprint(records)})
	}
	return page.Table([]string{"request", "answer", "records"}, rows...)
}

// inbound sends an identifier from the gateway and from another peer.
func inbound(t *testing.T) string {
	t.Helper()
	var recorded string
	errs, err := requestID(netip.MustParsePrefix("10.0.0.0/28"), audit.Func(func(_ context.Context, r audit.Record) error {
		recorded = r.CorrelationID
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, peer := range []string{"10.0.0.1", "192.0.2.1"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer + ":1234"
		r.Header.Set("X-Request-ID", "req-7")
		w := httptest.NewRecorder()
		errs.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Header().Get("X-Request-ID") != recorded {
			t.Errorf("%s: the answer has another ID than the record", peer)
		}
		if recorded != "req-7" {
			recorded = "a new one"
		}
		rows = append(rows, []string{peer, "req-7", recorded})
	}
	return page.Table([]string{"peer", "X-Request-ID of the request", "of the answer and of the record"}, rows...)
}

// measure sends the requests and returns the answers beside the records.
func measure(t *testing.T, build func(*layers) http.Handler) string {
	t.Helper()
	iss := authntest.NewIssuer(t, issuer, audience)
	records := make(chan audit.Record, 1)
	l, err := newLayers(iss, audit.Func(func(_ context.Context, r audit.Record) error { records <- r; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(build(l))
	defer server.Close()
	var rows [][]string
	for _, x := range requests {
		r, err := http.NewRequestWithContext(t.Context(), x.method, server.URL+x.path, strings.NewReader(strings.TrimPrefix(x.body, "-")))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(x.body, "{") {
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+iss.Token("ann"))
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		rec, got := <-records, ""
		if m := code.FindSubmatch(body); m != nil {
			got = string(m[1])
		}
		if res.Status[:3] != x.status || got != x.code || rec.Status != res.StatusCode || rec.Code != x.code || res.Header.Get("X-Frame-Options") == "" {
			t.Errorf("%s %s: %d %s, record %d %s, want %s %s", x.method, x.path, res.StatusCode, got, rec.Status, rec.Code, x.status, x.code)
		}
		answer := strings.TrimSpace(res.Status[:3] + " " + got)
		if allow := res.Header.Get("Allow"); x.status == "405" {
			if allow == "" {
				t.Errorf("%s %s: no Allow", x.method, x.path)
			}
			answer += ", Allow: " + allow
		}
		record := strings.TrimSpace(fmt.Sprintf("route=%s status=%d %s", rec.Route, rec.Status, rec.Path))
		rows = append(rows, []string{x.name, answer, "`" + record + "`"})
	}
	return page.Table([]string{"request", "answer", "record"}, rows...)
}
