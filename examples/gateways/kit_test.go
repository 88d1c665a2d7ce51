package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// findNginx returns the path of nginx. With NGINX set, as make gateways does, there must be one.
func findNginx(t *testing.T) string {
	t.Helper()
	name, required := os.LookupEnv("NGINX")
	if !required {
		name = "nginx"
	}
	for _, file := range []string{name, "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(file); err == nil {
			return path
		}
	}
	if required {
		t.Fatalf("NGINX=%s is no program", name)
	}
	t.Skip("there is no nginx: make gateways installs it")
	return ""
}

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(name string) *authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &authority{must(x509.ParseCertificate(der)), key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func (a *authority) issue(name string, usage x509.ExtKeyUsage) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A setup is nginx in front of the service.
type setup struct {
	nginx           string // its address
	service         *httptest.Server
	servers         *x509.CertPool
	client, another tls.Certificate // of a client that calls, and of another one
}

// start starts nginx with the file nginx.conf, changed by change, in front of the service.
func start(t *testing.T, change func(conf string) string) *setup {
	t.Helper()
	program, dir := findNginx(t), t.TempDir()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // of the records
	servers, clients := newAuthority("servers"), newAuthority("clients")
	s := &setup{
		service: httptest.NewServer(service(clients.pool())), servers: servers.pool(),
		client: clients.issue("client.example", x509.ExtKeyUsageClientAuth), another: clients.issue("another.example", x509.ExtKeyUsageClientAuth),
	}
	t.Cleanup(s.service.Close)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	s.nginx = listener.Addr().String()
	_ = listener.Close() // nginx takes the port

	server := servers.issue(host, x509.ExtKeyUsageServerAuth)
	key := must(x509.MarshalPKCS8PrivateKey(server.PrivateKey))
	conf := change(string(must(os.ReadFile("nginx.conf"))))
	conf = strings.ReplaceAll(conf, "listen 443 ", "listen "+s.nginx+" ")
	conf = strings.ReplaceAll(conf, "server 127.0.0.1:8094;", "server "+s.service.Listener.Addr().String()+";")
	conf = strings.Replace(conf, "http {\n", "http {\nclient_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path f;\nuwsgi_temp_path u;\nscgi_temp_path s;\n", 1)
	if os.Getuid() == 0 {
		conf = "user root;\n" + conf // another user cannot read the folder
	}
	for name, data := range map[string][]byte{
		"nginx.conf": []byte(conf), "tls/server.pem": certPEM(server.Certificate[0]), "tls/clients.pem": certPEM(clients.cert.Raw),
		"tls/server.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, exec.Command(program, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"))
	return s
}

// run starts nginx, waits until it listens, and ends it after the test.
func (s *setup) run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var output strings.Builder
	cmd.Stderr = &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // nginx ends its workers
		<-ended
	})
	for {
		if conn, err := net.Dial("tcp", s.nginx); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v\n%s", err, &output)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A call is a request to nginx.
type call struct {
	from, method, path, host string // empty: 127.0.0.2, GET, and the name of the service
	header                   map[string]string
	body                     string
	cert                     *tls.Certificate
}

// do sends a request from an address, without a change to its path.
func (s *setup) do(t *testing.T, c call) *http.Response {
	t.Helper()
	from, name := c.from, c.host
	if from == "" {
		from = "127.0.0.2"
	}
	if name == "" {
		name = host
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	cfg := &tls.Config{RootCAs: s.servers, ServerName: host, MinVersion: tls.VersionTLS12}
	if c.cert != nil {
		// Also a certificate of an authority that the server does not name.
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.cert, nil }
	}
	transport := &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", s.nginx)
	}}
	u := &url.URL{Scheme: "https", Host: name, Path: must(url.PathUnescape(c.path)), RawPath: c.path}
	r := must(http.NewRequestWithContext(t.Context(), c.method, u.String(), strings.NewReader(c.body)))
	r.URL = u
	for key, value := range c.header {
		r.Header.Set(key, value)
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %v", c.path, err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}
