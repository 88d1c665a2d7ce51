// Otel measures the decisions of the layers with OpenTelemetry, and adds trace
// IDs to logs. It is a module of its own, so that OpenTelemetry is no dependency
// of the library. Copy metrics.go and trace.go into your service.
//
//	go -C examples/otel run .
//
// The program prints curl commands for requests that are admitted and requests
// that are refused. Run them, and look at
//
//   - standard error: the first request has two lines, the line of the handler
//     and the record of the request. Both have the trace_id of its traceparent.
//     The lines of a request without traceparent have the same correlation_id.
//   - standard output: every 10 seconds, and once more when the program stops,
//     all metrics as JSON. http.server.request.duration has the route, the
//     method and the status; sallyport.refusals has the code of each refusal.
//
// A real service sends the metrics to a collector: replace the exporter
// stdoutmetric with otlpmetrichttp. If they end in Prometheus, import
// dashboard.json into Grafana and select this Prometheus at the top.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exporter, err := stdoutmetric.New(stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(sdk.NewPeriodicReader(exporter, sdk.WithInterval(10*time.Second))))
	defer func() { // exports the measurements since the last export
		err = errors.Join(err, provider.Shutdown(context.WithoutCancel(ctx)))
	}()
	service, key := newService(slog.NewTextHandler(os.Stderr, nil), provider.Meter("items"))
	listener, err := net.Listen("tcp", "127.0.0.1:8092")
	if err != nil {
		return err
	}
	fmt.Printf(`curl -i http://%[1]s/v1/items/7 -H 'X-API-Key: %[2]s' -H 'traceparent: `+traceparent+`'
curl -i http://%[1]s/v1/items/7     # 401
curl -i http://%[1]s/nowhere        # 404
curl -i http://%[1]s/v1/boom        # 500, a panic
`, listener.Addr(), key)
	return serve(ctx, listener, service)
}

// serve runs the service until ctx ends, and then lets requests finish.
func serve(ctx context.Context, listener net.Listener, service http.Handler) error {
	return tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: listener, PlainHTTP: true, ShutdownTimeout: 5 * time.Second}, service)
}
