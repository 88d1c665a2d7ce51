// Package script sends one script of requests to the two sides of a service that moves.
package script

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

// A Step is one request. $name in Target, Header and Body is the result of an earlier step with
// that Save.
type Step struct {
	Name   string
	Method string // default: GET, or POST with a Body
	Target string
	Header []string // pairs
	Body   string
	Want   string // status and the beginning of the body, on both sides
	Differ string // the same of the service after the move, if it is not Want
	Save   func(*http.Response, string) string
}

// Sides are the service before and after the move.
type Sides struct{ Before, After http.Handler }

// Run sends steps to both sides, each to a server of its own, and returns the table of the steps
// that differ.
func (s Sides) Run(t testing.TB, steps []Step) string {
	t.Helper()
	var rows [][]string
	for _, side := range []string{"before", "after"} {
		handler := s.Before
		if side == "after" {
			handler = s.After
		}
		server := httptest.NewServer(handler)
		saved := map[string]string{}
		for _, step := range steps {
			want := step.Want
			if side == "after" && step.Differ != "" {
				want = step.Differ
				rows = append(rows, []string{step.Name, cell(step.Want), cell(step.Differ)})
			}
			got := send(t, server, &step, saved)
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s, %s: got %s, want %s", step.Name, side, got, want)
			}
		}
		server.Close()
	}
	return page.Table([]string{"request", "before", "after"}, rows...)
}

func cell(s string) string {
	status, body, more := strings.Cut(s, " ")
	if !more {
		return status
	}
	return status + " `" + body + "`"
}

// send returns the status and the body of the response.
func send(t testing.TB, server *httptest.Server, s *Step, saved map[string]string) string {
	t.Helper()
	fill := func(text string) string {
		for name, value := range saved {
			text = strings.ReplaceAll(text, "$"+name, value)
		}
		return text
	}
	method := s.Method
	switch {
	case method == "" && s.Body != "":
		method = http.MethodPost
	case method == "":
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+fill(s.Target), strings.NewReader(fill(s.Body)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(s.Header); i += 2 {
		r.Header.Set(s.Header[i], fill(s.Header[i+1]))
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if s.Save != nil {
		saved[s.Name] = s.Save(res, string(body))
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, body))
}
