package tlsconf_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// exampleCertificate stands for the files of a real server.
func exampleCertificate() tls.Certificate {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	return srv.TLS.Certificates[0]
}

func Example() {
	cfg := tlsconf.Intermediate()
	cfg.Certificates = []tls.Certificate{exampleCertificate()} // or CertFile and KeyFile
	conf, err := tlsconf.New(cfg)
	if err != nil {
		panic(err)
	}
	reports, err := tlsconf.SelfTest(conf, "example.com")
	if err != nil {
		panic(err)
	}
	for _, r := range reports {
		fmt.Println(tls.VersionName(r.Version), r.Group, r.Protocol)
	}
	// Output:
	// TLS 1.3 X25519MLKEM768 h2
	// TLS 1.2 X25519 h2
}

func ExampleServe() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "hello")
		stop() // as the signal does
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0") // or Addr, if the port is known
	if err != nil {
		panic(err)
	}
	go func() {
		res, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	// Behind a proxy that ends TLS. Without one, set TLS to the result of New.
	err = tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: listener, PlainHTTP: true}, handler)
	fmt.Println("ended:", err)
	// Output:
	// ended: <nil>
}

func ExampleRedirect() {
	toHTTPS, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{
		Hosts:     []string{"example.com", "www.example.com"},
		HTTPSOnly: []string{"api.example.com"},
		Exempt:    []string{"/.well-known/acme-challenge/", "/healthz"},
	})
	if err != nil {
		panic(err)
	}
	handler := toHTTPS.Handler(http.NotFoundHandler())

	for _, url := range []string{"http://example.com/notes?q=a%20b", "http://api.example.com/v1", "http://evil.example/"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", url, nil))
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 308 "https://example.com/notes?q=a%20b"
	// 403 ""
	// 421 ""
}

// Each client needs a certificate of the authority. A client without one ends in the handshake.
func ExampleConfig_clientCertificates() {
	t := new(testing.T) // the helpers of the tests want one
	ca := newAuthority(t, "clients")
	cfg := tlsconf.Modern()
	cfg.Certificates = []tls.Certificate{ca.issue(t, newKey(), nil)}
	cfg.ClientCAs = ca.pool() // or one of files that package tlsreload reads again
	conf, err := tlsconf.New(cfg)
	if err != nil {
		panic(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("admitted:", r.TLS.PeerCertificates[0].Subject.CommonName) // package mtls makes it a Principal
	}))
	server.TLS, server.Config.ErrorLog = conf, log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()

	orders := ca.issue(t, newKey(), func(c *x509.Certificate) {
		c.Subject.CommonName, c.ExtKeyUsage = "orders", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	for _, own := range [][]tls.Certificate{{orders}, nil} {
		_, err := dial(server, &tls.Config{RootCAs: ca.pool(), ServerName: "example.com", Certificates: own, MinVersion: tls.VersionTLS13})
		fmt.Println("refused:", err != nil)
	}
	// Output:
	// admitted: orders
	// refused: false
	// refused: true
}

// A server without TLS must say so, and a version that browsers have given up is refused.
func Example_incorrect() {
	err := tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:0"}, http.NotFoundHandler())
	fmt.Println(err)
	own := &tls.Config{Certificates: []tls.Certificate{exampleCertificate()}, MinVersion: tls.VersionTLS10}
	err = tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:0", TLS: own}, http.NotFoundHandler())
	fmt.Println(err)
	// Output:
	// tlsconf: TLS: the server would send everything unencrypted; set TLS, or PlainHTTP if a proxy ends TLS
	// tlsconf: TLS: its MinVersion allows versions before TLS 1.2 (RFC 8996); make it with tlsconf.New
}
