package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// A call is one request of orders to stock, and its outcome.
type call struct {
	way, credential string
	status          int
	text            string // the name of the caller, or the code of the refusal
}

// calls makes all calls, each way with a good credential first.
func (s *system) calls(ctx context.Context) []call {
	thief := s.ours.issue(ourDomain, "thief")           // another service of our mesh
	partner := s.partner.issue(partnerDomain, "orders") // a service of the partner
	liar := s.partner.issue(ourDomain, "orders")        // the partner's authority names our service
	forged := "Client-Cert " + clientCert(s.orders.Certificate[0])
	token := "Authorization Bearer " + s.boundToken("ann", s.orders)
	mine := s.mesh + "/stock/mine"
	return []call{
		s.call(ctx, "API key", "good", s.public, "X-API-Key "+s.key),
		s.call(ctx, "API key", "none", s.public, ""),
		s.call(ctx, "API key", "wrong", s.public, "X-API-Key "+s.key+"x"),

		s.call(ctx, "mTLS", "orders", s.mesh+"/stock", "", s.orders),
		s.call(ctx, "mTLS", "another service", s.mesh+"/stock", "", thief),
		s.call(ctx, "mTLS", "the partner's orders", s.mesh+"/stock", "", partner),
		s.call(ctx, "mTLS", "orders, by the partner's authority", s.mesh+"/stock", "", liar),
		s.call(ctx, "mTLS", "another service, with a header", s.mesh+"/stock", forged, thief),

		s.call(ctx, "mTLS behind a proxy", "orders", s.edge, "", s.orders),
		s.call(ctx, "mTLS behind a proxy", "another service", s.edge, "", thief),
		s.call(ctx, "mTLS behind a proxy", "another service, with a header", s.edge, forged, thief),
		s.call(ctx, "mTLS behind a proxy", "another service, past the proxy", s.internal, forged, thief),

		s.call(ctx, "bound token", "of orders", mine, token, s.orders),
		s.call(ctx, "bound token", "stolen by another service", mine, token, thief),
		s.call(ctx, "bound token", "none", mine, "", s.orders),
	}
}

// call sends one request. header is the name of a header, a space and its value.
func (s *system) call(ctx context.Context, way, credential, url, header string, certificates ...tls.Certificate) call {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	if name, value, found := strings.Cut(header, " "); found {
		r.Header.Set(name, value)
	}
	transport := &http.Transport{TLSClientConfig: s.client(certificates...)}
	defer transport.CloseIdleConnections()
	out := call{way: way, credential: credential}
	res, err := transport.RoundTrip(r)
	if err != nil {
		out.text = err.Error()
		return out
	}
	defer func() { _ = res.Body.Close() }()
	body := must(io.ReadAll(res.Body))
	out.status, out.text = res.StatusCode, string(body)
	if res.StatusCode != http.StatusOK {
		var refusal struct{ Code string }
		check(json.Unmarshal(body, &refusal))
		out.text = refusal.Code
	}
	return out
}

// boundToken returns an access token that is bound to a certificate (RFC 8705), as the
// authorization server issues it over mutual TLS.
func (s *system) boundToken(user string, to tls.Certificate) string {
	return must(s.issuer.Issue(jwtissuer.Grant{
		Subject: user, ClientID: "orders", Scopes: []string{"stock:read"},
		Confirmation: authn.Confirmation{Method: "x5t#S256", Value: thumbprint(to)},
	})).Token
}
