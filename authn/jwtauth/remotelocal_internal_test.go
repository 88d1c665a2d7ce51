package jwtauth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// http is for this machine, whoever says otherwise: no proxy, which net/http
// would ask about a LOCALHOST, and no address that a name server has made up.
func TestRemoteLocal(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(keysNamed("a"))) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, url := range []string{"http://LOCALHOST:" + port, "http://localhost:" + port, "HTTP://127.0.0.1:" + port, "http://[::ffff:127.0.0.1]:" + port} {
		r := JWKS(url)
		if r.cfg.Transport.(*http.Transport).Proxy != nil {
			t.Errorf("%s may go to a proxy", url)
		}
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		_ = r.Close()
	}
	if JWKS("https://localhost").cfg.Transport.(*http.Transport).Proxy == nil {
		t.Error("https does not go to the proxy of the environment")
	}
	dial := newLocalTransport().DialContext
	for _, address := range []string{"192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80", "0.0.0.0:" + port} {
		c, err := dial(t.Context(), "tcp", address)
		if !errors.Is(err, errNotLocal) {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
}

// A name server that has another address for localhost gets nobody's keys in.
func TestRemoteRebinding(t *testing.T) {
	r := JWKS("http://localhost/keys")
	transport := r.cfg.Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, strings.Replace(address, "localhost", "192.0.2.1", 1)) // as resolved
	}
	_, err := r.Key(t.Context(), "", "a")
	if !errors.Is(err, errNotLocal) || strings.Contains(err.Error(), "192.0.2.1/keys") {
		t.Error(err)
	}
	_ = r.Close()
}
