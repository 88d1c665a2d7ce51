package main

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// metrics turns the record of each request into samples. Every label is a route
// pattern, a method, or a word of the library. So a client can choose among
// known values and cannot add a new one. The path, the principal, the address
// and the trace are only in the log: as a label, each new value would add a
// series that stays forever. There are no exemplars, because a client chooses
// their trace ID.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	events   *prometheus.CounterVec
	aborted  prometheus.Counter
}

// newMetrics registers the metrics at reg, and panics if reg already has them.
func newMetrics(reg prometheus.Registerer) *metrics {
	to := promauto.With(reg)
	return &metrics{
		requests: to.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests that are over. The code is that of the refusal, empty if there was none.",
		}, []string{"route", "method", "status_class", "code"}),
		duration: to.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time until the last layer was done with a request.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		bytes: to.NewCounterVec(prometheus.CounterOpts{
			Name: "http_response_bytes_total",
			Help: "Bytes of response bodies that were sent.",
		}, []string{"route"}),
		events: to.NewCounterVec(prometheus.CounterOpts{
			Name: "http_audit_events_total",
			Help: "Events of the audit vocabulary, such as auth.failed.",
		}, []string{"event", "route"}),
		aborted: to.NewCounter(prometheus.CounterOpts{
			Name: "http_aborted_total",
			Help: "Responses broken off after they had begun.",
		}),
	}
}

// observe is the httperr.Config.Observe of the service: httperr calls it once
// per request.
func (m *metrics) observe(r audit.Record) {
	class := strconv.Itoa(r.Status/100) + "xx" // net/http sends 100 to 999
	m.requests.WithLabelValues(r.Route, r.Method, class, r.Code).Inc()
	m.bytes.WithLabelValues(r.Route).Add(float64(r.Bytes))
	if r.Status != http.StatusSwitchingProtocols {
		// The hours that a WebSocket lasts say nothing about latency.
		m.duration.WithLabelValues(r.Route, r.Method).Observe(r.Duration.Seconds())
	}
	for event := range r.Events.All() {
		m.events.WithLabelValues(event, r.Route).Inc()
	}
	if r.Aborted {
		m.aborted.Inc()
	}
}
