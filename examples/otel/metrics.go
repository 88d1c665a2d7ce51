package main

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// metrics turns the record of each request into measurements, under the names
// of the semantic conventions where they have one. Whatever is an attribute
// here is a pattern of the router, a method, a status, or a word of the suite:
// a client can choose among them and add none.
type metrics struct {
	scheme   string // as clients write it; behind a TLS proxy "https"
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

// observe is for httperr.Config.Observe, which calls it once per request. There
// is no context in it, hence no exemplar: its trace ID would be the client's.
func (m *metrics) observe(r audit.Record) {
	method := httpconv.RequestMethodAttr(r.Method)
	if r.Method == "other" {
		method = httpconv.RequestMethodOther
	}
	attrs := make([]attribute.KeyValue, 0, 5)
	var route []attribute.KeyValue // the conventions have no word for none
	if r.Route != "unmatched" {
		route = append(route, attribute.String("http.route", r.Route))
	}
	attrs = append(attrs, route...)
	if r.Status != 499 { // which stands for no status at all
		attrs = append(attrs, m.duration.AttrResponseStatusCode(r.Status))
	}
	// To the conventions, a client's error is no error of the server's.
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

// errorType is the code of the refusal. A handler that writes a status of its
// own leaves none, and the conventions want the fallback.
func errorType(code string) httpconv.ErrorTypeAttr {
	if code == "" {
		return httpconv.ErrorTypeOther
	}
	return httpconv.ErrorTypeAttr(code)
}
