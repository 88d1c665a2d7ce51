package main

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// metrics turns the record of each request into samples. Whatever is a label
// here is a pattern of the router, a method, or a word of the suite: a client
// can choose among them and add none. The path, the principal, the address and
// the trace stay in the log, where a value does not cost a series forever, and
// so do exemplars, whose trace ID a client would have chosen.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	events   *prometheus.CounterVec
	aborted  prometheus.Counter
}

// newMetrics registers the metrics at reg, and panics if it has them already.
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

// observe is for httperr.Config.Observe, which calls it once per request.
func (m *metrics) observe(r audit.Record) {
	class := strconv.Itoa(r.Status/100) + "xx" // net/http sends 100 to 999
	m.requests.WithLabelValues(r.Route, r.Method, class, r.Code).Inc()
	m.bytes.WithLabelValues(r.Route).Add(float64(r.Bytes))
	if r.Status != http.StatusSwitchingProtocols {
		// A WebSocket lasts for hours, which says nothing about latency.
		m.duration.WithLabelValues(r.Route, r.Method).Observe(r.Duration.Seconds())
	}
	for event := range r.Events.All() {
		m.events.WithLabelValues(event, r.Route).Inc()
	}
	if r.Aborted {
		m.aborted.Inc()
	}
}
