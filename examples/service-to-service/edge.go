package main

import (
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// newEdge returns a proxy in front of the internal listener of stock. Its own listener verifies
// the certificates of its clients, and it passes them on in Client-Cert (RFC 9440).
func newEdge(target *url.URL, client *tls.Config) http.Handler {
	return &httputil.ReverseProxy{
		Transport: &http.Transport{TLSClientConfig: client},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// A client must not say by itself which certificate it has.
			for _, name := range []string{"Client-Cert", "Client-Cert-Chain", "X-Forwarded-Client-Cert"} {
				r.Out.Header.Del(name)
			}
			if state := r.In.TLS; state != nil && len(state.VerifiedChains) > 0 {
				r.Out.Header.Set("Client-Cert", clientCert(state.PeerCertificates[0].Raw))
			}
		},
	}
}

// clientCert returns a certificate as the byte sequence of a structured field (RFC 8941).
func clientCert(der []byte) string { return ":" + base64.StdEncoding.EncodeToString(der) + ":" }
