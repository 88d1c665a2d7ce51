package tlsconf_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"

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

	srv := &http.Server{Addr: ":443", TLSConfig: conf}
	_ = srv // srv.ListenAndServeTLS("", "")
	// Output:
	// TLS 1.3 X25519MLKEM768 h2
	// TLS 1.2 X25519 h2
}

func ExampleRedirect() {
	toHTTPS, err := tlsconf.NewRedirect(tlsconf.RedirectConfig{
		Hosts:  []string{"example.com", "www.example.com"},
		Exempt: []string{"/.well-known/acme-challenge/", "/healthz"},
	})
	if err != nil {
		panic(err)
	}
	handler := toHTTPS.Handler(http.NotFoundHandler())

	for _, url := range []string{"http://example.com/notes?q=a%20b", "http://evil.example/"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", url, nil))
		fmt.Println(w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 308 https://example.com/notes?q=a%20b
	// 421
}
