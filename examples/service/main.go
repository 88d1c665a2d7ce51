// Service is a whole API for copying: invoices of two tenants, on chi and SQLite.
//
//	go -C examples/service run .
//
// It prints curl commands to try. README.md says which file has which concern.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/tls/tlsreload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints to out what its user needs: the demonstration, or the password of a new user.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	cfg, err := readConfig(os.Getenv)
	if err != nil {
		return err
	}
	demo := cfg.database == ""
	if demo {
		folder, err := os.MkdirTemp("", "invoices-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		cfg.database = filepath.Join(folder, "invoices.db")
	}
	db, err := openStore(ctx, cfg.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if len(args) > 0 {
		return addUser(ctx, db, args, out)
	}
	if !demo {
		out = nil
	}
	return serve(ctx, cfg, db, out)
}

// serve runs both servers until ctx ends or one of them fails. With demo it prints the demonstration.
func serve(ctx context.Context, cfg config, db *sql.DB, demo io.Writer) (err error) {
	// Handlers may log secrets by mistake; safelog masks the forms that it knows.
	safe, err := safelog.New(slog.NewTextHandler(os.Stderr, nil), safelog.Config{})
	if err != nil {
		return err
	}
	logger := slog.New(safe)
	trail := newTrail(db, logger)
	defer func() { // after the servers
		ctx, end := context.WithTimeout(context.Background(), 5*time.Second)
		err = errors.Join(err, trail.Close(ctx))
		end()
	}()
	registry := prometheus.NewRegistry()
	s := newService(settings{db: db, client: cfg.client, logger: logger, sink: trail, metrics: registry})

	public, scheme := tlsconf.ServerConfig{PlainHTTP: cfg.cert == ""}, "http://"
	if cfg.cert != "" {
		certs, err := tlsreload.New(tlsreload.Config{
			TLS: tlsconf.Intermediate(), Pairs: []tlsreload.Pair{{CertFile: cfg.cert, KeyFile: cfg.key}},
		})
		if err != nil {
			return err
		}
		defer func() { _ = certs.Close() }()
		public.TLS, scheme = certs.TLS(), "https://"
	}
	private := tlsconf.ServerConfig{PlainHTTP: true}
	if public.Listener, err = net.Listen("tcp", cfg.addr); err != nil {
		return err
	}
	if private.Listener, err = net.Listen("tcp", cfg.metricsAddr); err != nil {
		return errors.Join(err, public.Listener.Close())
	}
	if demo != nil {
		if err := printDemo(ctx, demo, s.users, scheme+public.Listener.Addr().String(), private.Listener.Addr()); err != nil {
			return errors.Join(err, public.Listener.Close(), private.Listener.Close())
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	start := func(cfg tlsconf.ServerConfig, h http.Handler) {
		ended <- tlsconf.Serve(ctx, cfg, h)
		stop() // the end of one server ends both
	}
	go start(public, s)
	go start(private, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return errors.Join(<-ended, <-ended)
}

// addUser is the command of the operators: service user EMAIL TENANT ROLE.
func addUser(ctx context.Context, db *sql.DB, args []string, out io.Writer) error {
	if len(args) != 4 || args[0] != "user" || os.Getenv("DATABASE") == "" {
		return errors.New("usage: DATABASE=file service [user EMAIL TENANT viewer|clerk|accountant]")
	}
	password, err := newUsers(db).add(ctx, args[1], args[2], args[3])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, password)
	return err
}
