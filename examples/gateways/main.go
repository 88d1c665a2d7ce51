// Gateways is a service behind a proxy that ends TLS. README.md says how gateways, firewalls and
// secret managers stand in front of and beside the chain, and nginx.conf is the proxy:
//
//	make gateways
//
// tests both together. By hand, with the authorities of clients in a file:
//
//	go run ./examples/gateways -clients clients.pem
package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"net/http"
	"net/netip"
	"os"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/allowedhosts"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// gateway is the address of the proxy, as the service sees it.
var gateway = netip.MustParsePrefix("127.0.0.1/32")

// host is the name that clients use.
const host = "api.example"

// service returns the service. Clients that need a certificate have one of an authority in clients.
func service(clients *x509.CertPool) http.Handler {
	errs := must(httperr.New(httperr.Config{TrustInbound: httperr.TrustPeers(gateway)}))
	ip := must(clientip.New(clientip.Config{Header: clientip.XForwardedFor, Proxies: []netip.Prefix{gateway}}))
	hosts := must(allowedhosts.New(allowedhosts.Config{Hosts: []string{host}, Exempt: []string{"/healthz"}}))
	hdr := must(headers.New(headers.API()))
	perIP := must(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(20)}, Key: ratelimit.ByClientIP}))
	certificates := must(mtls.New(mtls.Config{
		Identity: mtls.DNSName, Issuer: "clients", Roots: func(string) *x509.CertPool { return clients },
		Header: mtls.XFCC, Proxies: []netip.Prefix{gateway},
	}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{certificates}}))

	mux := http.NewServeMux()
	mux.Handle("GET /seen/{rest...}", http.HandlerFunc(seen))
	mux.Handle("POST /seen/{rest...}", http.HandlerFunc(seen))
	mux.Handle("GET /orders", auth.Handler(http.HandlerFunc(seen)))
	limited := perIP.Handler(httperr.WrapMux(mux))
	outer := http.NewServeMux()
	outer.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	outer.Handle("/", limited)
	return errs.Handler(ip.Handler(hosts.Handler(hdr.Handler(outer))))
}

// A report has the facts that the service has read from a request.
type report struct {
	Client, Scheme, Host, Target, Caller, CorrelationID, Traceparent string

	Unread []string // headers of proxies that no layer reads, and that should not arrive
}

func seen(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	out := report{
		Scheme: clientip.Scheme(ctx), Host: r.Host, Target: r.RequestURI,
		CorrelationID: httperr.CorrelationID(ctx), Traceparent: r.Header.Get("Traceparent"),
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-Host", "X-Real-IP", "Client-Cert", "Client-Cert-Chain"} {
		if r.Header.Get(name) != "" {
			out.Unread = append(out.Unread, name)
		}
	}
	if addr, ok := clientip.FromContext(ctx); ok {
		out.Client = addr.String()
	}
	if p, ok := authn.FromContext(ctx); ok {
		out.Caller = p.Subject
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // an error is that of a client that has left
}

func main() {
	file := flag.String("clients", "clients.pem", "the authorities of clients, in PEM")
	flag.Parse()
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(must(os.ReadFile(*file))) {
		log.Fatal(errors.New(*file + " has no certificate"))
	}
	cfg := tlsconf.ServerConfig{Addr: "127.0.0.1:8094", PlainHTTP: true}
	log.Fatal(tlsconf.Serve(context.Background(), cfg, service(clients)))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
