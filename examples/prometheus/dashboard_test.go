package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/dashboardtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func readDashboard(t *testing.T) dashboardtest.Dashboard {
	t.Helper()
	d, err := dashboardtest.Read("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A scrape contains every metric and label that the dashboard uses.
func TestDashboard(t *testing.T) {
	p := start(t)
	p.do(t, "GET", "/v1/items/1", "X-API-Key", p.key)
	text, _ := p.scrape(t)
	for _, fault := range readDashboard(t).Faults(text, "http_requests_total", "http_request_duration_seconds_bucket",
		"http_response_bytes_total", "http_audit_events_total", "http_aborted_total") {
		t.Error(fault)
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
