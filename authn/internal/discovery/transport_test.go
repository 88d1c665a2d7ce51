package discovery_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// textTransport answers every request with one text.
type textTransport string

func (t textTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(t))), Request: r}, nil
}

// http is only for this machine and for the hosts that the caller names. It uses no proxy,
// which net/http would use for LOCALHOST.
func TestTransportHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	transport := discovery.NewTransport([]string{"keycloak"})
	if transport.HTTPS.Proxy == nil || transport.Loopback.Proxy != nil || transport.NamedHost.Proxy != nil {
		t.Error("https uses no proxy, or http uses one")
	}
	var dialled []string // the addresses of requests to named hosts
	transport.NamedHost.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	client := discovery.NewHTTPClient(transport, nil)
	for url, want := range map[string]error{
		"http://LOCALHOST:" + port: nil, "http://localhost:" + port: nil, "HTTP://127.0.0.1:" + port: nil, "http://[::ffff:127.0.0.1]:" + port: nil,
		"http://keycloak:8080": nil, "http://KEYCLOAK": nil,
		"http://192.0.2.1": discovery.ErrNotLocal, "http://[2001:db8::1]": discovery.ErrNotLocal, "http://0.0.0.0:" + port: discovery.ErrNotLocal,
		"http://[::ffff:192.0.2.1]": discovery.ErrNotLocal,
	} {
		if _, _, err := discovery.Get(t.Context(), client, url, "*/*"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", url, err, want)
		}
	}
	if len(dialled) != 2 {
		t.Errorf("dialled %v", dialled)
	}
}

func TestCheckHosts(t *testing.T) {
	for host, ok := range map[string]bool{
		"keycloak": true, "keycloak.auth.svc": true, "Keycloak_1": true, "10.0.0.7": true, "fd00::7": true,
		"": false, "*": false, "*.svc": false, "keycloak:8080": false, "http://keycloak": false, "[fd00::7]": false, "a/b": false, "a b": false, ".svc": false, "a..b": false,
	} {
		f := httperr.ConfigFaults{Package: "jwks"}
		discovery.CheckHosts(&f, "Hosts", []string{"good", host})
		if ok {
			mwtest.Faults(t, f.Err())
		} else {
			mwtest.Faults(t, f.Err(), "jwks: Hosts[1]: ")
		}
	}
}
