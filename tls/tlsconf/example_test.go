package tlsconf_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"

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
