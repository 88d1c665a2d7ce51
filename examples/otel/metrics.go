package main

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// metrics turns the record of each request into measurements. Their names follow
// the semantic conventions of OpenTelemetry where these define one. Every
// attribute is a route pattern, a method, a status, or a word of the library. So
// a client can choose among known values and cannot add a new one.
type metrics struct {
	scheme   string // the scheme that clients use; "https" behind a TLS proxy
	duration httpconv.ServerRequestDuration
	size     httpconv.ServerResponseBodySize
	refusals metric.Int64Counter
	events   metric.Int64Counter
}

func newMetrics(meter metric.Meter, scheme string) (*metrics, error) {
	m := &metrics{scheme: scheme}
	var faults [4]error
	m.duration, faults[0] = httpconv.NewServerRequestDuration(meter)
	m.size, faults[1] = httpconv.NewServerResponseBodySize(meter)
	m.refusals, faults[2] = meter.Int64Counter("sallyport.refusals", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that were refused, by the code of the refusal."))
	m.events, faults[3] = meter.Int64Counter("sallyport.audit.events", metric.WithUnit("{event}"),
		metric.WithDescription("Events of the audit vocabulary, such as auth.failed."))
	return m, errors.Join(faults[:]...)
}

// observe is the httperr.Config.Observe of the service: httperr calls it once
// per request. It has no request context, so the metrics have no exemplars. An
// exemplar would contain a trace ID that the client has chosen.
func (m *metrics) observe(r audit.Record) {
	method := httpconv.RequestMethodAttr(r.Method)
	if r.Method == "other" {
		method = httpconv.RequestMethodOther
	}
	attrs := make([]attribute.KeyValue, 0, 5)
	var route []attribute.KeyValue // stays empty without a route, as the conventions require
	if r.Route != "unmatched" {
		route = append(route, attribute.String("http.route", r.Route))
	}
	attrs = append(attrs, route...)
	if r.Status != 499 { // 499 means that no status was sent
		attrs = append(attrs, m.duration.AttrResponseStatusCode(r.Status))
	}
	// In the conventions, an error of the client (4xx) is not an error of the
	// server.
	switch {
	case r.Aborted:
		attrs = append(attrs, m.duration.AttrErrorType("aborted"))
	case r.Status == 499 || r.Status >= 500:
		attrs = append(attrs, m.duration.AttrErrorType(errorType(r.Code)))
	}
	ctx := context.Background()
	m.duration.Record(ctx, r.Duration.Seconds(), method, m.scheme, attrs...)
	m.size.Record(ctx, r.Bytes, method, m.scheme, attrs...)
	if r.Code != "" {
		m.refusals.Add(ctx, 1, metric.WithAttributes(append(route, attribute.String("sallyport.code", r.Code))...))
	}
	for event := range r.Events.All() {
		m.events.Add(ctx, 1, metric.WithAttributes(append(route, attribute.String("sallyport.event", event))...))
	}
}

// errorType returns the code of the refusal as error.type. If a handler wrote
// the status itself, there is no code, and the conventions require the fallback.
func errorType(code string) httpconv.ErrorTypeAttr {
	if code == "" {
		return httpconv.ErrorTypeOther
	}
	return httpconv.ErrorTypeAttr(code)
}
