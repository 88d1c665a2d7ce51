package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	registry "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/go-sallyport/sallyport/internal/dashboardtest"
)

// Prometheus has every metric and label that the dashboard uses, under the names that the
// specification of OpenTelemetry translates those of the semantic conventions into.
func TestDashboard(t *testing.T) {
	reg := registry.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(reg))
	if err != nil {
		t.Fatal(err)
	}
	service, key := newService(slog.DiscardHandler, sdk.NewMeterProvider(sdk.WithReader(exporter)).Meter("items"))
	for _, path := range []string{"/v1/items/1", "/v1/boom", "/nowhere"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header.Set("X-API-Key", key)
		service.ServeHTTP(httptest.NewRecorder(), r)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))

	d, err := dashboardtest.Read("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range d.Faults(w.Body.String(), "http_server_request_duration_seconds_bucket", "http_server_request_duration_seconds_count",
		"http_server_response_body_size_bytes_sum", "sallyport_refusals_total", "sallyport_audit_events_total") {
		t.Error(fault)
	}
}
