// Prometheus counts the decisions of the layers. It is a module of its own, so
// that no metrics library is a dependency of the library. Copy the adapter,
// metrics.go, into your service.
//
//	go -C examples/prometheus run .
//
// The program prints curl commands for requests that are admitted and requests
// that are refused by different layers. Run them, and look at
//
//	curl -s http://127.0.0.1:9464/metrics
//
// Each request is counted by its route pattern, its method and the code of its
// refusal. No path, key or name of a caller appears there.
//
// For Prometheus:
//
//	scrape_configs:
//	  - job_name: items
//	    static_configs: [{targets: ["127.0.0.1:9464"]}]
//
// For Grafana, import dashboard.json and select this Prometheus at the top.
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

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "prometheus:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The global registry would also show the metrics of other packages.
	reg := prometheus.NewRegistry()
	service, key := newService(slog.New(slog.NewTextHandler(os.Stderr, nil)), reg)
	public, err := net.Listen("tcp", "127.0.0.1:8089")
	if err != nil {
		return err
	}
	private, err := net.Listen("tcp", "127.0.0.1:9464")
	if err != nil {
		return errors.Join(err, public.Close())
	}
	fmt.Printf(`curl -i http://%[1]s/v1/items/7 -H 'X-API-Key: %[2]s'             # 200, and 429 from the sixth in a minute on
curl -i http://%[1]s/v1/items/7                                   # 401
curl -i http://%[1]s/v1/items/7 -X DELETE -H 'X-API-Key: %[2]s'   # 403
curl -i http://%[1]s/nowhere                                      # 404
curl -i http://%[1]s/v1/boom                                      # 500, a panic
curl -i http://%[1]s/v1/half                                      # broken off
curl -s http://%[3]s/metrics
`, public.Addr(), key, private.Addr())
	return serve(ctx, server{public, service}, server{private, newScrape(reg)})
}

type server struct {
	net.Listener
	http.Handler
}

// serve runs the servers until ctx ends or a server fails. It stops them in
// order, so that the last scrape sees the last request.
func serve(ctx context.Context, servers ...server) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, len(servers))
	before := ctx // ends when the server before has ended
	for _, s := range servers {
		stopped := before
		after, done := context.WithCancel(context.WithoutCancel(ctx))
		before = after
		go func() {
			defer done()
			cfg := tlsconf.ServerConfig{Listener: s.Listener, PlainHTTP: true, ShutdownTimeout: 5 * time.Second}
			ended <- tlsconf.Serve(stopped, cfg, s.Handler)
			stop() // the end of one server ends all
		}()
	}
	var err error
	for range servers {
		err = errors.Join(err, <-ended)
	}
	return err
}
