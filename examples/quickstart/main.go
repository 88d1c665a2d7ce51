// Quickstart is a notes API with every layer of the suite in front of it. It
// needs nothing but Go: keys are made when it starts, notes live in memory.
//
//	go run ./examples/quickstart
//
// It prints five curl lines that show a request admitted and four refused, each
// by another layer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	env := flag.String("env", "", "file to write the address and the credentials to, as lines for a shell")
	flag.Parse()
	if err := run(*addr, *env); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(addr, env string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	creds, err := newCredentials(time.Now())
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	handler := newService(logger, creds)

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	if env != "" {
		if err := os.WriteFile(env, []byte(creds.shell(base)), 0o600); err != nil {
			return err
		}
	}
	fmt.Print(creds.usage(base))

	// A server without these limits can be held open by a single slow client.
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
	}
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(grace); err != nil {
			logger.Error("shutdown", "error", err)
		}
	}()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
