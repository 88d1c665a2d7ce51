package tlsconf

import (
	"cmp"
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ServerConfig describes a server for [Serve]. The zero ServerConfig is refused: it has
// no address, and it does not say whether the server speaks TLS.
//
// A duration or limit of zero has the default that its comment names. Negative values
// are refused: nothing here can be switched off for the whole server. A handler that
// reads or writes for a longer time, such as a stream of events, moves its own deadline
// with the methods SetReadDeadline and SetWriteDeadline of http.ResponseController.
type ServerConfig struct {
	_ [0]func()

	// Addr is the TCP address to listen on, such as ":443" or "127.0.0.1:8080".
	// Listener is used instead, if the program has a listener already. Serve closes it,
	// whatever it returns. Exactly one of the two is required.
	Addr     string
	Listener net.Listener

	// TLS is the result of New, or of Reloader.TLS in package tlsreload. Refused is a
	// configuration that allows versions before TLS 1.2.
	TLS *tls.Config

	// PlainHTTP serves without TLS, behind a proxy that ends TLS or on a loopback
	// address. Exactly one of TLS and PlainHTTP is required.
	PlainHTTP bool

	// ReadHeaderTimeout bounds the time until the header of a request has arrived, and
	// the handshake of TLS. Default: 5 s. Refused is a value above ReadTimeout.
	ReadHeaderTimeout time.Duration

	// ReadTimeout bounds the time until a request has arrived with its body. Default: 30 s.
	ReadTimeout time.Duration

	// WriteTimeout bounds the time from the end of the request's header until the
	// response is written. Default: 60 s.
	WriteTimeout time.Duration

	// IdleTimeout bounds the time between two requests of a connection. Default: 120 s.
	IdleTimeout time.Duration

	// ShutdownTimeout is the time that running requests have to end after ctx has ended.
	// Default: 20 s, because Kubernetes kills a container after 30 s. A new connection
	// without a request holds the shutdown for 5 s, so a shorter time can run out in vain.
	ShutdownTimeout time.Duration

	// MaxHeaderBytes bounds the header of a request. net/http adds 4 KiB. A larger
	// header is answered with 431 (RFC 6585, section 5). Default: 64 KiB.
	MaxHeaderBytes int

	// MaxConnections bounds the open connections, without those that a handler has
	// hijacked, such as WebSockets. Further clients wait in the queue of the operating
	// system. Default: 10,000.
	MaxConnections int

	// ErrorLog receives the errors of connections, such as failed handshakes. Nil is
	// the default logger of package log.
	ErrorLog *log.Logger
}

// defaultMaxStreams bounds the concurrent requests of one HTTP/2 connection. RFC 9113,
// section 6.5.2, recommends at least 100.
const defaultMaxStreams = 100

// check adds a fault for each wrong field.
func (cfg *ServerConfig) check(handler http.Handler) error {
	f := httperr.ConfigFaults{Package: "tlsconf"}
	switch {
	case cfg.Addr == "" && cfg.Listener == nil:
		f.Add("Addr", nil, "there is nothing to listen on", "set Addr, as in \":443\", or Listener")
	case cfg.Addr != "" && cfg.Listener != nil:
		f.Add("Addr", cfg.Addr, "Listener is set too, and it has an address", "remove one of them")
	}
	switch {
	case cfg.TLS == nil && !cfg.PlainHTTP:
		f.Add("TLS", nil, "the server would send everything unencrypted", "set TLS, or PlainHTTP if a proxy ends TLS")
	case cfg.TLS != nil && cfg.PlainHTTP:
		f.Add("PlainHTTP", true, "TLS is set too", "remove one of them")
	case cfg.TLS != nil && cfg.TLS.MinVersion < tls.VersionTLS12:
		f.Add("TLS", nil, "its MinVersion allows versions before TLS 1.2 (RFC 8996)", "make it with tlsconf.New")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"ReadHeaderTimeout", cfg.ReadHeaderTimeout}, {"ReadTimeout", cfg.ReadTimeout}, {"WriteTimeout", cfg.WriteTimeout},
		{"IdleTimeout", cfg.IdleTimeout}, {"ShutdownTimeout", cfg.ShutdownTimeout},
	} {
		if d.value < 0 {
			f.Add(d.name, d.value, "negative", "write a duration, or 0 for the default")
		}
	}
	if cfg.ReadTimeout > 0 && cfg.ReadHeaderTimeout > cfg.ReadTimeout {
		f.Add("ReadHeaderTimeout", cfg.ReadHeaderTimeout, "above ReadTimeout, which ends the request before", "write a smaller one")
	}
	if cfg.MaxHeaderBytes < 0 {
		f.Add("MaxHeaderBytes", cfg.MaxHeaderBytes, "negative", "write a number of bytes, or 0 for the default")
	}
	if cfg.MaxConnections < 0 {
		f.Add("MaxConnections", cfg.MaxConnections, "negative", "write a number, or 0 for the default")
	}
	if nilcheck.Nil(handler) {
		f.Add("handler", nil, "nil: http.DefaultServeMux would answer, to which any package can add routes", "pass your handler")
	}
	return f.Err()
}

// server returns the http.Server of cfg. stopping ends when the server shuts down.
func (cfg *ServerConfig) server(stopping context.Context, handler http.Handler) *http.Server {
	readTimeout := cmp.Or(cfg.ReadTimeout, 30*time.Second)
	return &http.Server{
		Handler:           handler,
		TLSConfig:         cfg.TLS.Clone(), // net/http changes it, and two servers may share it
		ReadHeaderTimeout: min(cmp.Or(cfg.ReadHeaderTimeout, 5*time.Second), readTimeout),
		ReadTimeout:       readTimeout,
		WriteTimeout:      cmp.Or(cfg.WriteTimeout, 60*time.Second),
		IdleTimeout:       cmp.Or(cfg.IdleTimeout, 120*time.Second),
		MaxHeaderBytes:    cmp.Or(cfg.MaxHeaderBytes, 64<<10),
		ErrorLog:          cfg.ErrorLog,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: defaultMaxStreams},
		ConnState:         limitConnections(stopping, cmp.Or(cfg.MaxConnections, 10_000)),
	}
}

// limitConnections returns a hook that bounds the open connections. net/http calls it
// with StateNew between two calls of Accept, so that waiting here delays the next Accept.
func limitConnections(stopping context.Context, limit int) func(net.Conn, http.ConnState) {
	open := make(chan struct{}, limit)
	return func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			select {
			case open <- struct{}{}:
			case <-stopping.Done():
			}
		case http.StateClosed, http.StateHijacked:
			select {
			case <-open:
			default: // the connection came while the server was stopping
			}
		}
	}
}
