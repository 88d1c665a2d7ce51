package tlsconf_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A pipeListener accepts the ends of pipes in memory, whose deadlines follow the clock
// of a synctest bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{make(chan net.Conn), make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns the client's end of a new connection.
func (l *pipeListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- server
	return client
}

// serve runs Serve in the background with a listener in memory. stop ends its context,
// and result waits for what it returns.
func serve(t *testing.T, cfg tlsconf.ServerConfig, handler http.HandlerFunc) (l *pipeListener, stop func(), result func() error) {
	t.Helper()
	l = newPipeListener()
	cfg.Listener, cfg.PlainHTTP, cfg.ErrorLog = l, true, log.New(io.Discard, "", 0)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- tlsconf.Serve(ctx, cfg, handler) }()
	return l, stop, func() error { return <-served }
}

// untilClosed returns the time until the server closes the connection.
func untilClosed(conn net.Conn) time.Duration {
	start := time.Now()
	_, _ = io.Copy(io.Discard, conn)
	return time.Since(start)
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// Each timeout has its default, ends the connection of a slow client, and can be set.
func TestServeTimeouts(t *testing.T) {
	for name, row := range map[string]struct {
		cfg   tlsconf.ServerConfig
		send  string
		want  time.Duration
		slack time.Duration // net/http waits a little before it closes a connection
	}{
		"no header":           {tlsconf.ServerConfig{}, "", 5 * time.Second, 0},
		"half a header":       {tlsconf.ServerConfig{}, "GET / HTTP/1.1\r\nHost: a", 5 * time.Second, 0},
		"half a body":         {tlsconf.ServerConfig{}, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na", 30 * time.Second, time.Second},
		"idle":                {tlsconf.ServerConfig{}, get, 120 * time.Second, 0},
		"no header, set":      {tlsconf.ServerConfig{ReadHeaderTimeout: time.Second}, "", time.Second, 0},
		"half a body, set":    {tlsconf.ServerConfig{ReadTimeout: 2 * time.Second}, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na", 2 * time.Second, time.Second},
		"short read, set":     {tlsconf.ServerConfig{ReadTimeout: 2 * time.Second}, "", 2 * time.Second, 0},
		"idle, set":           {tlsconf.ServerConfig{IdleTimeout: time.Minute}, get, time.Minute, 0},
		"all as long as idle": {tlsconf.ServerConfig{IdleTimeout: time.Second}, get, time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, stop, result := serve(t, row.cfg, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
				conn := l.dial()
				_, _ = io.WriteString(conn, row.send)
				if got := untilClosed(conn); got < row.want || got > row.want+row.slack {
					t.Errorf("closed after %v, want %v", got, row.want)
				}
				stop()
				if err := result(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A client that does not read its response holds the handler until WriteTimeout.
func TestServeWriteTimeout(t *testing.T) {
	for want, cfg := range map[time.Duration]tlsconf.ServerConfig{60 * time.Second: {}, 3 * time.Second: {WriteTimeout: 3 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			var took time.Duration
			ended := make(chan struct{})
			l, stop, result := serve(t, cfg, func(w http.ResponseWriter, _ *http.Request) {
				start := time.Now()
				for err := error(nil); err == nil; {
					_, err = io.WriteString(w, strings.Repeat("a", 1<<16))
				}
				took = time.Since(start)
				close(ended)
			})
			conn := l.dial()
			_, _ = io.WriteString(conn, get)
			<-ended
			if took != want {
				t.Errorf("the handler wrote for %v, want %v", took, want)
			}
			_ = conn.Close()
			stop()
			if err := result(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServeMaxHeaderBytes(t *testing.T) {
	for size, want := range map[int]int{60 << 10: 200, 80 << 10: 431} {
		synctest.Test(t, func(t *testing.T) {
			l, stop, result := serve(t, tlsconf.ServerConfig{}, func(http.ResponseWriter, *http.Request) {})
			conn := l.dial()
			go func() {
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: "+strings.Repeat("a", size)+"\r\n\r\n")
			}()
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != want {
				t.Errorf("%d bytes: %v, %v", size, res, err)
			}
			_ = conn.Close()
			stop()
			_ = result()
		})
	}
}

// A connection above the limit waits until another one has ended.
func TestServeMaxConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop, result := serve(t, tlsconf.ServerConfig{MaxConnections: 2}, func(http.ResponseWriter, *http.Request) {})
		a, b, third := l.dial(), l.dial(), l.dial()
		answered := make(chan struct{})
		go func() {
			_, _ = io.WriteString(third, get)
			_, _ = bufio.NewReader(third).ReadByte()
			close(answered)
		}()
		synctest.Wait()
		select {
		case <-answered:
			t.Error("the third connection was served")
		default:
		}
		_ = a.Close()
		<-answered
		_ = b.Close()
		_ = third.Close()
		stop()
		if err := result(); err != nil {
			t.Error(err)
		}
	})
	// A shutdown does not wait for a slot.
	synctest.Test(t, func(t *testing.T) {
		l, stop, result := serve(t, tlsconf.ServerConfig{MaxConnections: 1, ShutdownTimeout: time.Second}, func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		})
		a, b := l.dial(), l.dial()
		_, _ = io.WriteString(a, get)
		synctest.Wait()
		stop()
		if err := result(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		_ = a.Close()
		_ = b.Close()
	})
}

func TestServeShutdown(t *testing.T) {
	for name, row := range map[string]struct {
		takes time.Duration
		cfg   tlsconf.ServerConfig
		ended bool
		after time.Duration
	}{
		"in time":      {15 * time.Second, tlsconf.ServerConfig{}, true, 15 * time.Second},
		"too late":     {time.Hour, tlsconf.ServerConfig{}, false, 20 * time.Second},
		"set":          {time.Hour, tlsconf.ServerConfig{ShutdownTimeout: 2 * time.Second}, false, 2 * time.Second},
		"nothing runs": {0, tlsconf.ServerConfig{}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cancelled time.Duration
				handlerEnded := make(chan struct{})
				l, stop, result := serve(t, row.cfg, func(w http.ResponseWriter, r *http.Request) {
					defer close(handlerEnded)
					start := time.Now()
					select {
					case <-time.After(row.takes):
						_, _ = io.WriteString(w, "done")
					case <-r.Context().Done():
						cancelled = time.Since(start)
					}
				})
				conn := l.dial()
				answer := make(chan string, 1)
				go func() { all, _ := io.ReadAll(conn); answer <- string(all) }()
				_, _ = io.WriteString(conn, get)
				synctest.Wait()
				start := time.Now()
				stop()
				err := result()
				if took := time.Since(start).Round(time.Second); took != row.after {
					t.Errorf("the shutdown took %v, want %v", took, row.after)
				}
				<-handlerEnded
				_ = conn.Close()
				if got := strings.HasSuffix(<-answer, "done"); got != row.ended || (err == nil) != row.ended {
					t.Errorf("answered %v, error %v", got, err)
				}
				if !row.ended && (!errors.Is(err, context.DeadlineExceeded) || cancelled != row.after) {
					t.Errorf("error %v, the request's context ended after %v", err, cancelled)
				}
			})
		})
	}
}

type ctxKey struct{}

// Over the wire: TLS with HTTP/2, one handler, and a port that is free after the end.
func TestServeOverTLS(t *testing.T) {
	ca := newAuthority(t, "ca")
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	ctx, stop := context.WithCancel(context.WithValue(context.Background(), ctxKey{}, "value"))
	served := make(chan error, 1)
	go func() {
		served <- tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: listener, TLS: mustNew(t, cfg)}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Proto+" "+r.Context().Value(ctxKey{}).(string))
		}))
	}()
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: ca.pool(), ServerName: "example.com"}}}
	res, err := client.Get("https://" + addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	client.CloseIdleConnections()
	if string(body) != "HTTP/2.0 value" {
		t.Errorf("%s", body)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	// Addr listens on the same port again, which is free now.
	ctx, stop = context.WithCancel(context.Background())
	stop()
	if err := tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: addr, PlainHTTP: true}, http.NotFoundHandler()); err != nil {
		t.Error(err)
	}
}

func TestServeErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	cfg := tlsconf.ServerConfig{Addr: taken.Addr().String(), PlainHTTP: true}
	if err := tlsconf.Serve(context.Background(), cfg, http.NotFoundHandler()); err == nil || !strings.HasPrefix(err.Error(), "tlsconf: listen tcp ") {
		t.Errorf("a taken port: %v", err)
	}
	broken := newPipeListener()
	_ = broken.Close()
	if err := tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Listener: broken, PlainHTTP: true}, http.NotFoundHandler()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a broken listener: %v", err)
	}

	listener := newPipeListener()
	old := &tls.Config{}
	all := tlsconf.ServerConfig{Addr: ":443", Listener: listener, TLS: old, PlainHTTP: true, ReadHeaderTimeout: -1, ReadTimeout: -1, WriteTimeout: -1,
		IdleTimeout: -1, ShutdownTimeout: -1, MaxHeaderBytes: -1, MaxConnections: -1}
	err = tlsconf.Serve(context.Background(), all, http.HandlerFunc(nil))
	mwtest.Faults(t, err, `tlsconf: Addr: ":443": Listener is set too`, `tlsconf: PlainHTTP: "true": TLS is set too; `, `tlsconf: ReadHeaderTimeout: "-1ns": negative; `,
		`tlsconf: ReadTimeout: `, `tlsconf: WriteTimeout: `, `tlsconf: IdleTimeout: `, `tlsconf: ShutdownTimeout: `, `tlsconf: MaxHeaderBytes: "-1": negative; `,
		`tlsconf: MaxConnections: "-1": negative; `, `tlsconf: handler: nil: `)
	select {
	case <-listener.closed:
	default:
		t.Error("the listener of a faulty config is open")
	}
	err = tlsconf.Serve(context.Background(), tlsconf.ServerConfig{ReadTimeout: time.Second, ReadHeaderTimeout: time.Minute}, http.NotFoundHandler())
	mwtest.Faults(t, err, "tlsconf: Addr: there is nothing to listen on; ", "tlsconf: TLS: the server would send everything unencrypted; set TLS, or PlainHTTP if",
		`tlsconf: ReadHeaderTimeout: "1m0s": above ReadTimeout`)
	err = tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: ":443", TLS: old}, http.NotFoundHandler())
	mwtest.Faults(t, err, "tlsconf: TLS: its MinVersion allows versions before TLS 1.2 (RFC 8996); make it with tlsconf.New")
}

// A listener is closed also if net/http refuses the configuration before it accepts.
func TestServeClosesItsListener(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg   tlsconf.ServerConfig
		ended bool
		fails bool
	}{
		"no certificate":         {tlsconf.ServerConfig{TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, false, true},
		"the context has ended":  {tlsconf.ServerConfig{PlainHTTP: true}, true, false},
		"a fault of the Config":  {tlsconf.ServerConfig{}, false, true},
		"no certificate, at end": {tlsconf.ServerConfig{TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, true, true},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		if tc.ended {
			stop()
		}
		tc.cfg.Listener = l
		if err := tlsconf.Serve(ctx, tc.cfg, http.NotFoundHandler()); (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
		stop()
		_ = l.(*net.TCPListener).SetDeadline(time.Now())
		if conn, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: the listener still accepts: %v, %v", name, conn, err)
		}
	}
}

// A program that is told to stop while it starts ends without an error.
func TestServeWithAnEndedContext(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: "localhost:0", PlainHTTP: true}, http.NotFoundHandler()); err != nil {
		t.Error(err)
	}
}
