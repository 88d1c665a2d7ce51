package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// demonstrate runs the program, and returns what it prints and a function that ends it.
func demonstrate(t *testing.T) (text string, end func()) {
	t.Helper()
	t.Setenv("DATABASE", "")
	t.Setenv("ADDR", "127.0.0.1:0")
	t.Setenv("METRICS_ADDR", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, nil, writer)
		_ = writer.CloseWithError(io.EOF)
		ended <- err
	}()
	printed := make([]byte, 1<<16)
	n, err := reader.Read(printed) // printDemo writes once
	if err != nil {
		stop()
		t.Fatal(err, <-ended)
	}
	return string(printed[:n]), func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// The printed commands do what they say.
func TestDemonstration(t *testing.T) {
	text, end := demonstrate(t)
	defer end()
	_, script, _ := strings.Cut(text, "Try:")
	script, _, _ = strings.Cut(script, "The API in a browser")
	shell := exec.CommandContext(t.Context(), "sh", "-c", script)
	shell.Dir = t.TempDir()
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	rest := string(out)
	for _, want := range []string{
		"carl@acme.example 204", "anna@acme.example 204", "gina@globex.example 204", "login_failed",
		`"memo":"late payer"`, `"author"`, "not_found", `"paid":true`, "member_not_writable", `"invoices":[{`,
		"\nDeprecation:", "\nSunset:", `"amount":"12.50"`, "validation_failed", "http_requests_total",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q in the rest of\n%s", want, out)
		}
		rest = after
	}
}

func TestTLS(t *testing.T) {
	peer := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate, and a client that trusts it
	defer peer.Close()
	pair := peer.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"TLS_CERT": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "TLS_KEY": {Type: "PRIVATE KEY", Bytes: key},
	} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, file)
	}
	text, end := demonstrate(t)
	defer end()
	_, base, _ := strings.Cut(text, "BASE=")
	base, _, _ = strings.Cut(base, ";")
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := peer.Client().Do(r)
	if err != nil || res.StatusCode != http.StatusNoContent || res.TLS == nil {
		t.Fatal(base, res, err)
	}
	_ = res.Body.Close()
	peer.Client().CloseIdleConnections()
}

func TestUserCommand(t *testing.T) {
	t.Setenv("DATABASE", filepath.Join(t.TempDir(), "a.db"))
	t.Setenv("ADDR", "127.0.0.1:0")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"user", "anna@acme.example", "acme", "accountant"}, &out); err != nil || out.Len() < 20 {
		t.Error(err, out.String())
	}
	for _, words := range []string{"user", "user anna@acme.example acme accountant", "user b@acme.example acme king"} {
		if err := run(t.Context(), strings.Fields(words), &out); err == nil {
			t.Errorf("%s: no error", words)
		}
	}
	t.Setenv("ADDR", "here")
	if err := run(t.Context(), nil, &out); err == nil || !strings.Contains(err.Error(), "ADDR") {
		t.Error(err)
	}
}
