package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The printed commands do what they say.
func TestDemonstration(t *testing.T) {
	t.Setenv("DATABASE", "")
	t.Setenv("ADDR", "127.0.0.1:0")
	t.Setenv("METRICS_ADDR", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, nil, writer)
		_ = writer.CloseWithError(io.EOF)
		ended <- err
	}()
	text := make([]byte, 1<<16)
	n, err := reader.Read(text) // printDemo writes once
	if err != nil {
		t.Fatal(err, <-ended)
	}
	_, script, _ := strings.Cut(string(text[:n]), "Try:")
	script, _, _ = strings.Cut(script, "The API in a browser")
	shell := exec.CommandContext(ctx, "sh", "-c", script)
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
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
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
