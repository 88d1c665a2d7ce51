package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// program is the example on a loopback listener, with its metrics in a reader.
type program struct {
	base, key string
	reader    *sdk.ManualReader
	log       bytes.Buffer  // complete once the record of the last request is written
	over      chan struct{} // receives one value after the record of each request
}

func start(t *testing.T) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{base: "http://" + l.Addr().String(), reader: sdk.NewManualReader(), over: make(chan struct{}, 1)}
	provider := sdk.NewMeterProvider(sdk.WithReader(p.reader))
	service, key := newService(slog.NewJSONHandler(&p.log, nil), provider.Meter("items"))
	p.key = key
	// The record is written after the response.
	announced := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { p.over <- struct{}{} }()
		service.ServeHTTP(w, r)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, announced) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("stopped with %v", err)
		}
		if err := provider.Shutdown(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return p
}

// do sends a request with the headers given as pairs, waits for its record, and
// returns the status and the size of the body.
func (p *program) do(t *testing.T, method, target string, headers ...string) (status, size int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	<-p.over
	return res.StatusCode, len(body)
}

// logged returns the log lines since the last call.
func (p *program) logged(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for dec := json.NewDecoder(&p.log); ; {
		var line map[string]any
		err := dec.Decode(&line)
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
}

// point holds the values of one series: the number of measurements, and their
// sum if it does not depend on the speed of the machine.
type point struct{ count, sum int64 }

// collect returns all metrics, and their points by the name of the series.
func (p *program) collect(t *testing.T) (metricdata.ResourceMetrics, map[string]point) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := p.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	points := make(map[string]point)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, d := range data.DataPoints {
					points[series(m, d.Attributes)] = point{count: int64(d.Count)}
				}
			case metricdata.Histogram[int64]:
				for _, d := range data.DataPoints {
					points[series(m, d.Attributes)] = point{count: int64(d.Count), sum: d.Sum}
				}
			case metricdata.Sum[int64]:
				for _, d := range data.DataPoints {
					points[series(m, d.Attributes)] = point{count: d.Value}
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return all, points
}

func series(m metricdata.Metrics, attrs attribute.Set) string {
	return seriesName(m.Name, m.Unit, attrs.ToSlice()...)
}

// seriesName joins the name, the unit and the sorted attributes of a series.
func seriesName(name, unit string, attrs ...attribute.KeyValue) string {
	var pairs []string
	for _, a := range attrs {
		pairs = append(pairs, fmt.Sprintf("%s=%v:%q", a.Key, a.Value.Type(), a.Value.String()))
	}
	slices.Sort(pairs)
	return name + " (" + unit + ") " + strings.Join(pairs, " ")
}
