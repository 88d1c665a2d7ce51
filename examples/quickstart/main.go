// Quickstart is a notes API behind every layer of the library. It needs only Go:
// it makes its keys when it starts, and keeps notes in memory.
//
//	go run ./examples/quickstart
//
// It prints five curl commands: one for a request that is admitted, and four for
// requests that different layers refuse. The README has the commands of a login.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080",
		"address of this machine to listen on, such as 127.0.0.1:8080: it fetches its own keys there without TLS")
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
	// Handlers may log secrets by mistake; safelog masks the forms that it knows.
	safe, err := safelog.New(slog.NewTextHandler(os.Stderr, nil), safelog.Config{})
	if err != nil {
		return err
	}
	logger := slog.New(safe)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	keys := jwks.Remote(base + jwksPath)
	defer func() { _ = keys.Close() }() // after all requests; the error is always nil

	// Behind a proxy that ends TLS; otherwise set TLS instead of PlainHTTP.
	ctx, end := context.WithCancel(ctx)
	defer end()
	cfg := tlsconf.ServerConfig{Listener: listener, PlainHTTP: true, ShutdownTimeout: 5 * time.Second, MaxHeaderBytes: 32 << 10}
	handler := newService(settings{logger: logger, creds: creds, keys: keys, mail: printMail})
	served := make(chan error, 1)
	go func() {
		served <- tlsconf.Serve(ctx, cfg, handler)
		end()
	}()

	// Without keys no token can be verified, so wait for them before printing the
	// address.
	err = keys.Ready(ctx)
	if err == nil && env != "" {
		err = writeSecret(env, creds.shell(base))
	}
	if err == nil {
		fmt.Print(creds.usage(base))
		<-ctx.Done()
	}
	end()
	return errors.Join(err, <-served) // Serve waits for the requests that have begun
}

// printMail stands for a mail server, so it prints a secret.
func printMail(to, text string) { fmt.Printf("mail to %s: %s\n", to, text) }

// writeSecret writes a file that only its owner may read. It never leaves a
// partial file, and replaces an existing file with other permissions.
func writeSecret(name, text string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".env-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
