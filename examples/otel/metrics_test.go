package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/go-sallyport/sallyport/errors/audit"
)

func TestMeasurements(t *testing.T) {
	p := start(t)
	const item = "/v1/items/{id}"
	want := make(map[string]point)
	add := func(s string, n, sum int) {
		was := want[s]
		want[s] = point{was.count + int64(n), was.sum + int64(sum)}
	}
	type request struct {
		method, target, key string
		status              int

		route, label, code string
		events             []string
	}
	requests := []request{
		{"GET", "/v1/items/1", "", 401, item, "GET", "unauthenticated", []string{"auth.failed"}},
		{"GET", "/v1/items/1", p.key[:len(p.key)-1] + "~", 401, item, "GET", "invalid_credentials", []string{"auth.failed"}},
		{"GET", "/" + strconv.FormatUint(rand.Uint64(), 36), "", 404, "", "GET", "not_found", nil},
		{"PUT", "/v1/items/1", "", 405, "", "PUT", "method_not_allowed", nil},
		{"BREW", "/v1/items/1", "", 405, "", "_OTHER", "method_not_allowed", nil},
		{"GET", "/v1/boom", "", 500, "/v1/boom", "GET", "internal_error", []string{"panic"}},
	}
	for range 5 {
		requests = append(requests, request{"GET", "/v1/items/1?a=b", p.key, 200, item, "GET", "", []string{"auth.succeeded"}})
	}
	requests = append(requests, request{"GET", "/v1/items/1", p.key, 429, item, "GET", "rate_limited", []string{"auth.succeeded", "rate.limited"}})
	for _, tc := range requests {
		var headers []string
		if tc.key != "" {
			headers = []string{"X-API-Key", tc.key}
		}
		status, size := p.do(t, tc.method, tc.target, headers...)
		if status != tc.status {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.target, status, tc.status)
		}
		var route []attribute.KeyValue
		if tc.route != "" {
			route = append(route, attribute.String("http.route", tc.route))
		}
		attrs := slices.Concat(route, []attribute.KeyValue{
			attribute.String("http.request.method", tc.label), attribute.String("url.scheme", "http"),
			attribute.Int("http.response.status_code", tc.status),
		})
		if tc.status >= 500 {
			attrs = append(attrs, attribute.String("error.type", tc.code))
		}
		add(seriesName("http.server.request.duration", "s", attrs...), 1, 0)
		add(seriesName("http.server.response.body.size", "By", attrs...), 1, size)
		if tc.code != "" {
			add(seriesName("sallyport.refusals", "{request}", slices.Concat(route, []attribute.KeyValue{attribute.String("sallyport.code", tc.code)})...), 1, 0)
		}
		for _, e := range tc.events {
			add(seriesName("sallyport.audit.events", "{event}", slices.Concat(route, []attribute.KeyValue{attribute.String("sallyport.event", e)})...), 1, 0)
		}
	}
	_, got := p.collect(t)
	for s, n := range want {
		if got[s] != n {
			t.Errorf("%s is %v, want %v", s, got[s], n)
		}
		delete(got, s)
	}
	for s, n := range got {
		t.Errorf("%s is %v, without a request that caused it", s, n)
	}
}

// Requests of clients cannot add series, and no value from a request is exported.
func TestBounded(t *testing.T) {
	const planted = "planted7f3a91c2"
	p := start(t)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", planted}
	paths := []string{"/%s", "/v1/items/%s", "/v1/items/%s/", "/v1//items/%s", "/v1/boom?%s"}
	trace := fmt.Sprintf("%032x", rand.Uint64()|1)
	send := func(method, path string) {
		p.do(t, method, fmt.Sprintf(path, planted+strconv.FormatUint(rand.Uint64(), 36)),
			"X-API-Key", planted, "Authorization", "Bearer "+planted, "User-Agent", planted, "X-Correlation-ID", planted,
			"Traceparent", "00-"+trace+"-00f067aa0ba902b7-01", "Baggage", "a="+planted, "Tracestate", "a="+planted)
	}
	for _, m := range methods { // one request of each kind
		for _, path := range paths {
			send(m, path)
		}
	}
	_, points := p.collect(t)
	before := slices.Sorted(maps.Keys(points))
	for range 1000 {
		method := methods[rand.N(len(methods))]
		if method == planted {
			method += strconv.FormatUint(rand.Uint64(), 36)
		}
		send(method, paths[rand.N(len(paths))])
	}
	all, points := p.collect(t)
	if after := slices.Sorted(maps.Keys(points)); !slices.Equal(before, after) {
		t.Errorf("%d series became %d:\n%s", len(before), len(after), strings.Join(after, "\n"))
	}
	total := 0
	for s, n := range points {
		if strings.HasPrefix(s, "http.server.request.duration ") {
			total += int(n.count)
		}
	}
	if total != 1000+len(methods)*len(paths) {
		t.Errorf("%d requests measured", total)
	}
	var out bytes.Buffer
	exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(&out))
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "/v1/items/{id}") || strings.Contains(strings.ToLower(s), planted) || strings.Contains(s, trace) || strings.Contains(s, p.key) {
		t.Errorf("a value from a request is exported:\n%s", s)
	}
}

func TestErrorType(t *testing.T) {
	for want, r := range map[string]audit.Record{
		"":                      {Status: 404, Code: "not_found"},
		"internal_error":        {Status: 500, Code: "internal_error"},
		"_OTHER":                {Status: 502},
		"client_closed_request": {Status: 499, Code: "client_closed_request"},
		"aborted":               {Status: 200, Aborted: true},
	} {
		p := &program{reader: sdk.NewManualReader()}
		m, err := newMetrics(sdk.NewMeterProvider(sdk.WithReader(p.reader)).Meter("items"), "https")
		if err != nil {
			t.Fatal(err)
		}
		r.Route, r.Method = "/", "GET"
		m.observe(r)
		attrs := []attribute.KeyValue{attribute.String("http.route", "/"), attribute.String("http.request.method", "GET"), attribute.String("url.scheme", "https")}
		if r.Status != 499 {
			attrs = append(attrs, attribute.Int("http.response.status_code", r.Status))
		}
		if want != "" {
			attrs = append(attrs, attribute.String("error.type", want))
		}
		if _, points := p.collect(t); points[seriesName("http.server.request.duration", "s", attrs...)].count != 1 {
			t.Errorf("%q: %v", want, points)
		}
	}
}
