package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The line of the handler and the record of the request have the same trace ID,
// from the traceparent of the request. Without traceparent they have the same
// correlation ID.
func TestTraceID(t *testing.T) {
	const id, valid = "4bf92f3577b34da6a3ce929d0e0e4736", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	p := start(t)
	for name, tc := range map[string]struct {
		headers []string
		want    any
	}{
		"one":       {[]string{"Traceparent", valid}, id},
		"none":      {nil, nil},
		"two":       {[]string{"Traceparent", valid, "Traceparent", valid}, nil},
		"malformed": {[]string{"Traceparent", "00-" + id + "-0000000000000000-01"}, nil},
	} {
		if status, _ := p.do(t, "GET", "/v1/items/7", append(tc.headers, "X-API-Key", p.key)...); status != http.StatusOK {
			t.Fatalf("%s: status %d", name, status)
		}
		lines := p.logged(t)
		if len(lines) != 2 || lines[0]["msg"] != "item read" || lines[1]["msg"] != "request" {
			t.Fatalf("%s: %v", name, lines)
		}
		for _, line := range lines {
			if line["trace_id"] != tc.want {
				t.Errorf("%s: trace_id %v, want %v: %v", name, line["trace_id"], tc.want, line)
			}
		}
		if c := lines[0]["correlation_id"]; c == "" || c != lines[1]["correlation_id"] {
			t.Errorf("%s: %v", name, lines)
		}
		if lines[1]["route"] != "/v1/items/{id}" { // although withTrace copies the request
			t.Errorf("%s: route %v", name, lines[1]["route"])
		}
	}
}

// The record of a refusal has the trace ID too.
func TestTraceIDOfRefusals(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	p := start(t)
	for target, code := range map[string]string{"/v1/items/7": "unauthenticated", "/nowhere": "not_found"} {
		p.do(t, "GET", target, "Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
		if lines := p.logged(t); len(lines) != 1 || lines[0]["trace_id"] != id || lines[0]["code"] != code {
			t.Errorf("%s: %v", target, lines)
		}
	}
}

func TestTraceHandler(t *testing.T) {
	var buf bytes.Buffer
	logger := slog.New(traceHandler{slog.NewJSONHandler(&buf, nil)}).With("a", 1)
	carried := propagation.HeaderCarrier{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}
	ctx := propagation.TraceContext{}.Extract(t.Context(), carried)
	logger.InfoContext(ctx, "m")
	var line map[string]any
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["trace_id"] != trace.SpanContextFromContext(ctx).TraceID().String() || line["a"] != 1.0 {
		t.Errorf("%v", line)
	}
}
