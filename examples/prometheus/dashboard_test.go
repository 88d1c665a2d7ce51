package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit"
)

type dashboard struct {
	UID, Title    string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Definition string }
	}
	Panels []struct {
		ID          int
		Type, Title string
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ RefID, Expr, LegendFormat string }
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	window   = regexp.MustCompile(`\[[^\]]*\]`)
	braces   = regexp.MustCompile(`\{([^}]*)\}`)
	grouping = regexp.MustCompile(`\b(?:by|without) *\(([^)]*)\)`)
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	call     = regexp.MustCompile(`[a-zA-Z_]+ *\(`)
	label    = regexp.MustCompile(`([a-z_]+)="`)
)

// names returns the names of the metrics and labels in an expression.
func names(expr string) (metrics, labels []string) {
	expr = window.ReplaceAllString(quoted.ReplaceAllString(expr, ""), "")
	for _, re := range []*regexp.Regexp{braces, grouping} {
		for _, m := range re.FindAllStringSubmatch(expr, -1) {
			labels = append(labels, word.FindAllString(m[1], -1)...)
		}
		expr = re.ReplaceAllString(expr, " ")
	}
	for _, w := range word.FindAllString(call.ReplaceAllString(expr, " "), -1) {
		if w != "or" {
			metrics = append(metrics, w)
		}
	}
	return metrics, labels
}

// A scrape contains every metric and label that the dashboard uses.
func TestDashboard(t *testing.T) {
	p := start(t)
	p.do(t, "GET", "/v1/items/1", "X-API-Key", p.key)
	text, samples := p.scrape(t)
	metrics, labels := make(map[string]bool), map[string]bool{"instance": true} // Prometheus adds the label instance
	for s := range samples {
		name, _, _ := strings.Cut(s, "{")
		metrics[name] = true
	}
	for _, m := range label.FindAllStringSubmatch(text, -1) {
		labels[m[1]] = true
	}

	d := readDashboard(t)
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 39 {
		t.Errorf("uid %q, title %q, schemaVersion %d", d.UID, d.Title, d.SchemaVersion)
	}
	used := make(map[string]bool)
	check := func(where, expr string) {
		ms, ls := names(expr)
		if len(ms) == 0 {
			t.Errorf("%s: no metric in %q", where, expr)
		}
		for _, m := range ms {
			if used[m] = true; !metrics[m] {
				t.Errorf("%s: there is no metric %s", where, m)
			}
		}
		for _, l := range ls {
			if !labels[l] {
				t.Errorf("%s: there is no label %s", where, l)
			}
		}
		for _, pair := range []string{"()", "{}", "[]"} {
			if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
				t.Errorf("%s: unbalanced: %s", where, expr)
			}
		}
	}
	var ids []int
	for _, panel := range d.Panels {
		if slices.Contains(ids, panel.ID) || panel.Type == "" || len(panel.Targets) == 0 || panel.GridPos.X+panel.GridPos.W > 24 {
			t.Errorf("panel %+v", panel)
		}
		ids = append(ids, panel.ID)
		for _, target := range panel.Targets {
			check(panel.Title, target.Expr)
			for _, m := range regexp.MustCompile(`\{\{(.*?)\}\}`).FindAllStringSubmatch(target.LegendFormat, -1) {
				if !labels[m[1]] {
					t.Errorf("%s: there is no label %s for the legend", panel.Title, m[1])
				}
			}
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			metric, l, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Definition, "label_values("), ")"), ", ")
			if !metrics[metric] || !labels[l] {
				t.Errorf("variable %s: %s", v.Name, v.Definition)
			}
		}
	}
	for _, m := range []string{"http_requests_total", "http_request_duration_seconds_bucket", "http_response_bytes_total", "http_audit_events_total", "http_aborted_total"} {
		if !used[m] {
			t.Errorf("no panel shows %s", m)
		}
	}
}

// The status is not a label, so the panel of the refusals lists codes.
func TestDashboardCodes(t *testing.T) {
	want := map[string][]string{"403": {"cors_.+"}} // of package cors, which this service does not use
	for _, e := range []*httperr.Error{
		authn.ErrNoCredentials, authn.ErrInvalid, authn.ErrExpired, authz.ErrForbidden, authz.ErrInsufficientScope, ratelimit.ErrLimited,
	} {
		status := map[int]string{401: "401", 403: "403", 429: "429"}[e.Status]
		want[status] = append(want[status], e.Code)
	}
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			m := regexp.MustCompile(`code=~"([^"]*)"`).FindStringSubmatch(target.Expr)
			if m == nil {
				continue
			}
			status, _, _ := strings.Cut(target.LegendFormat, " ")
			if got := strings.Split(m[1], "|"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want[status]))) {
				t.Errorf("%s: %q, want %q", status, got, want[status])
			}
			delete(want, status)
		}
	}
	if len(want) > 0 {
		t.Errorf("no target for %v", want)
	}
}
