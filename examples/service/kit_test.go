package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

// A program is the service with a database of its own, and wide limits.
type program struct {
	service
	db       *sql.DB
	registry *prometheus.Registry
	trail    *audit.AsyncSink
	client   *http.Client
	base     string
}

func start(t *testing.T) *program {
	t.Helper()
	db, err := openStore(t.Context(), filepath.Join(t.TempDir(), "a?b.db")) // a name with a character of URLs
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	p := &program{db: db, registry: prometheus.NewRegistry(), trail: newTrail(db, logger)}
	p.service = newService(settings{
		db: db, client: clientip.Direct(), logger: logger, sink: p.trail, metrics: p.registry, wider: 1000,
	})
	srv := httptest.NewServer(p)
	p.client, p.base = srv.Client(), srv.URL
	t.Cleanup(func() {
		srv.Close()
		p.endTrail(t)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// endTrail waits for the records of all requests.
func (p *program) endTrail(t *testing.T) {
	t.Helper()
	if err := p.trail.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if n := p.trail.Failed() + p.trail.Dropped(); n != 0 {
		t.Errorf("%d records are lost", n)
	}
}

// login makes a user and returns its cookie.
func (p *program) login(t *testing.T, email, tenant, role string) string {
	t.Helper()
	password, err := p.users.add(t.Context(), email, tenant, role)
	if err != nil {
		t.Fatal(err)
	}
	return p.loginAs(t, email, password)
}

func (p *program) loginAs(t *testing.T, email, password string) string {
	t.Helper()
	res, body := p.do(t, "", "POST", "/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 1 {
		t.Fatalf("login: %d %s", res.StatusCode, body)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return cookie
}

// do sends a request with a cookie.
func (p *program) do(t *testing.T, cookie, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	res, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// want sends a request, and fails the test unless the response has the status and the texts.
func (p *program) want(t *testing.T, cookie, method, path, body string, status int, texts ...string) string {
	t.Helper()
	res, got := p.do(t, cookie, method, path, body)
	if res.StatusCode != status {
		t.Errorf("%s %s: %d %s, want %d", method, path, res.StatusCode, got, status)
	}
	for _, text := range texts {
		if absent, ok := strings.CutPrefix(text, "!"); ok == strings.Contains(got, absent) {
			t.Errorf("%s %s: %s, want %s", method, path, got, text)
		}
	}
	return got
}

// create makes an invoice and returns its ID.
func (p *program) create(t *testing.T, cookie string) string {
	t.Helper()
	got := p.want(t, cookie, "POST", "/v2/invoices", `{"customer":"Bob","cents":1205,"memo":"late payer"}`, 201)
	return strings.Split(got+`"""""`, `"`)[3]
}
