package tlsconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve serves handler until ctx ends, and then lets running requests finish. It
// blocks, and returns nil after a shutdown in which every request has ended.
//
// When ctx ends, the listener is closed at once. Requests have ShutdownTimeout to end;
// their contexts do not end with ctx. After that time Serve ends their contexts, closes
// their connections and returns an error that is context.DeadlineExceeded. Serve does
// not wait for hijacked connections.
//
// Other errors are the faults of cfg, all at once, joined, each a *httperr.ConfigError,
// and the errors of listening and accepting.
func Serve(ctx context.Context, cfg ServerConfig, handler http.Handler) error {
	if err := cfg.check(handler); err != nil {
		return errors.Join(err, closeListener(cfg.Listener))
	}
	listener := cfg.Listener
	if listener == nil {
		var err error
		if listener, err = new(net.ListenConfig).Listen(context.WithoutCancel(ctx), "tcp", cfg.Addr); err != nil {
			return fmt.Errorf("tlsconf: %w", err)
		}
	}
	defer func() { _ = listener.Close() }() // net/http leaves it open if it refuses the TLS configuration
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	srv := cfg.server(ctx, handler)
	srv.BaseContext = func(net.Listener) context.Context { return requests }
	served := make(chan error, 1)
	go func() {
		if cfg.TLS != nil {
			served <- srv.ServeTLS(listener, "", "")
		} else {
			served <- srv.Serve(listener)
		}
	}()

	select {
	case err := <-served:
		return fmt.Errorf("tlsconf: %w", errors.Join(err, srv.Close()))
	case <-ctx.Done():
	}
	timeout := cmp.Or(cfg.ShutdownTimeout, 20*time.Second)
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer stop()
	err := srv.Shutdown(grace)
	if err != nil {
		endRequests()
		err = fmt.Errorf("tlsconf: requests did not end within %s: %w", timeout, errors.Join(err, srv.Close()))
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}
