package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// series returns the name of a sample as in a scrape. The labels are given as
// pairs, in order.
func series(name string, labels ...string) string {
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, fmt.Sprintf("%s=%q", labels[i], labels[i+1]))
	}
	return name + "{" + strings.Join(pairs, ",") + "}"
}

func TestSamples(t *testing.T) {
	p := start(t)
	if _, got := p.scrape(t); len(got) != 1 || got["http_aborted_total"] != "0" {
		t.Errorf("before the first request: %v", got)
	}

	const item = "/v1/items/{id}"
	want := make(map[string]int)
	for _, tc := range []struct {
		method, target, key string
		status              int // 0: aborted

		route, label, class, code string
		events                    []string
	}{
		{"GET", "/healthz", "", 200, "/healthz", "GET", "2xx", "", nil},
		{"GET", "/v1/items/1", p.key, 200, item, "GET", "2xx", "", []string{"auth.succeeded"}},
		{"GET", "/v1/items/2", p.key, 200, item, "GET", "2xx", "", []string{"auth.succeeded"}},
		{"GET", "/v1/items/3?a=b", p.key, 200, item, "GET", "2xx", "", []string{"auth.succeeded"}},
		{"GET", "/v1/items/3", "", 401, item, "GET", "4xx", "unauthenticated", []string{"auth.failed"}},
		{"GET", "/v1/items/3", p.key[:len(p.key)-1] + "~", 401, item, "GET", "4xx", "invalid_credentials", []string{"auth.failed"}},
		{"DELETE", "/v1/items/3", p.key, 403, item, "DELETE", "4xx", "insufficient_scope", []string{"auth.succeeded", "authz.denied"}},
		{"GET", "/v1/items/4", p.key, 200, item, "GET", "2xx", "", []string{"auth.succeeded"}},
		{"GET", "/v1/items/5", p.key, 429, item, "GET", "4xx", "rate_limited", []string{"auth.succeeded", "rate.limited"}},
		{"GET", "/" + strconv.FormatUint(rand.Uint64(), 36), "", 404, "unmatched", "GET", "4xx", "not_found", nil},
		{"POST", "/healthz", "", 405, "unmatched", "POST", "4xx", "method_not_allowed", nil},
		{"BREW", "/healthz", "", 405, "unmatched", "other", "4xx", "method_not_allowed", nil},
		{"GET", "/v1/boom", "", 500, "/v1/boom", "GET", "5xx", "internal_error", []string{"panic"}},
		{"GET", "/v1/half", "", 0, "/v1/half", "GET", "2xx", "", nil},
	} {
		var headers []string
		if tc.key != "" {
			headers = []string{"X-API-Key", tc.key}
		}
		status, size := p.do(t, tc.method, tc.target, headers...)
		if status != tc.status {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.target, status, tc.status)
		}
		want[series("http_requests_total", "code", tc.code, "method", tc.label, "route", tc.route, "status_class", tc.class)]++
		want[series("http_request_duration_seconds_count", "method", tc.label, "route", tc.route)]++
		want[series("http_request_duration_seconds_bucket", "method", tc.label, "route", tc.route, "le", "+Inf")]++
		want[series("http_response_bytes_total", "route", tc.route)] += size
		for _, e := range tc.events {
			want[series("http_audit_events_total", "event", e, "route", tc.route)]++
		}
	}
	want["http_aborted_total"] = 1

	_, samples := p.scrape(t)
	got := exact(samples)
	for s, n := range want {
		if got[s] != strconv.Itoa(n) {
			t.Errorf("%s %s, want %d", s, got[s], n)
		}
		delete(got, s)
	}
	for s, n := range got {
		t.Errorf("%s %s, without a request that caused it", s, n)
	}
}

// Requests of clients cannot add series, and no value from a request is in a
// scrape.
func TestBounded(t *testing.T) {
	const planted = "planted7f3a91c2"
	p := start(t)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", planted}
	paths := []string{"/%s", "/v1/items/%s", "/v1/items/%s/", "/v1//items/%s", "/healthz?%s", "/v1/boom?%s", "/%%2e%%2e/%s"}
	send := func(method, path string) {
		p.do(t, method, fmt.Sprintf(path, planted+strconv.FormatUint(rand.Uint64(), 36)),
			"X-API-Key", planted, "Authorization", "Bearer "+planted, "Cookie", "session="+planted, "User-Agent", planted,
			"X-Correlation-ID", planted, "X-Forwarded-For", planted, "X-"+planted, planted,
			"Traceparent", fmt.Sprintf("00-%032x-%016x-01", rand.Uint64()|1, rand.Uint64()|1))
	}
	for _, m := range methods { // one request of each kind
		for _, path := range paths {
			send(m, path)
		}
	}
	_, samples := p.scrape(t)
	before := slices.Sorted(maps.Keys(samples))
	for range 1000 {
		method := methods[rand.N(len(methods))]
		if method == planted {
			method += strconv.FormatUint(rand.Uint64(), 36)
		}
		send(method, paths[rand.N(len(paths))])
	}
	text, samples := p.scrape(t)
	if after := slices.Sorted(maps.Keys(samples)); !slices.Equal(before, after) {
		t.Errorf("%d series became %d:\n%s", len(before), len(after), text)
	}
	total := 0
	for s, v := range samples {
		if strings.HasPrefix(s, "http_requests_total{") {
			n, err := strconv.Atoi(v)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
	}
	if total != p.sent || total != 1000+len(methods)*len(paths) {
		t.Errorf("%d requests counted of %d", total, p.sent)
	}
	if strings.Contains(strings.ToLower(text), planted) || strings.Contains(text, p.key) {
		t.Errorf("a value from a request is in the scrape:\n%s", text)
	}
}

func TestObserve(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := newMetrics(reg)
	m.observe(audit.Record{Route: "/ws", Method: "GET", Status: http.StatusSwitchingProtocols, Duration: 1 << 50, TraceID: "t", CorrelationID: "c", Principal: "p"})
	m.observe(audit.Record{Route: "unmatched", Method: "GET", Status: 499, Aborted: true, Bytes: 3, Events: ^audit.Events(0)})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for _, f := range families {
		got[f.GetName()] = len(f.GetMetric())
		for _, metric := range f.GetMetric() {
			for _, l := range metric.GetLabel() {
				if slices.Contains([]string{"t", "c", "p"}, l.GetValue()) {
					t.Errorf("%v", metric)
				}
			}
		}
	}
	want := map[string]int{
		"http_requests_total": 2, "http_response_bytes_total": 2, "http_aborted_total": 1,
		"http_request_duration_seconds": 1, // the upgraded connection is not measured
		"http_audit_events_total":       12,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScrapeIsNoRoute(t *testing.T) {
	p := start(t)
	if status, _ := p.do(t, "GET", "/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics on the public listener: %d", status)
	}
	res, err := http.Get(strings.TrimSuffix(p.scrapeURL, "/metrics") + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a route of the service on the private listener: %d, %v", res.StatusCode, err)
	}
	if text, _ := p.scrape(t); strings.Contains(text, `route="/metrics"`) {
		t.Error("scrapes are counted")
	}
}
