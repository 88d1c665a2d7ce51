package main

import (
	"net"
	"os"
	"strings"
	"testing"
)

func TestReadmeHasTheSteps(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	programs, parts := blocks(string(text))
	for _, b := range programs {
		port := listens.FindStringSubmatch(b.source)[1]
		if !strings.HasPrefix(b.request, "curl -i") || !strings.Contains(b.request, ":"+port+"/") {
			t.Errorf("%s on port %s: %q", b.name, port, b.request)
		}
	}
	if len(programs) < 5 || len(parts) < 1 || len(commands(string(text))) < 12 {
		t.Errorf("%d programs, %d parts, %q", len(programs), len(parts), commands(string(text)))
	}
}

// freePort returns a port that is free.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// Programs as a README has them: one that keeps its word, and some that do not.
func TestBlockDetectsMistakes(t *testing.T) {
	const good = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\ts := http.Server{Addr: \"127.0.0.1:PORT\"}\n\t_ = s.ListenAndServe()\n}\n"
	for _, tt := range []struct{ name, source, request, wrong string }{
		{"good", good, "curl -i http://127.0.0.1:PORT/", ""},
		{"no request", good, "", "no curl command"},
		{"does not compile", strings.Replace(good, "_ =", "_ :=", 1), "curl -i http://127.0.0.1:PORT/", "no new variables"},
		{"ends", strings.Replace(good, "_ = s.ListenAndServe()", "_ = s", 1), "curl -i http://127.0.0.1:PORT/", "the program ended"},
		{"panics", strings.Replace(good, "_ = s.ListenAndServe()", "panic(s.Addr)", 1), "curl -i http://127.0.0.1:PORT/", "exit status 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port, r := freePort(t), &run{work: t.TempDir(), clone: "../.."}
			b := block{"examples/x/main.go", strings.ReplaceAll(tt.source, "PORT", port), strings.ReplaceAll(tt.request, "PORT", port)}
			answer, err := r.block(b)
			if tt.wrong == "" && (err != nil || !strings.HasSuffix(answer, "gets 404")) || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
}

// Commands of examples that fail, and one that ends well.
func TestExampleDetectsMistakes(t *testing.T) {
	r := &run{work: t.TempDir(), clone: t.TempDir()}
	folder := r.clone + "/examples/x"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/main.go", []byte("package main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, wrong := range map[string]string{
		"ls examples/x": "", "ls examples/missing": "no such file", "false examples/x": "exit status 1",
	} {
		answer, err := r.example(line)
		if wrong == "" && (err != nil || answer == "") || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%s: %q, %v", line, answer, err)
		}
	}
}

// A server that fails is no answer, and neither is a missing one.
func TestAskAny(t *testing.T) {
	if answer, err := askAny([]byte("http://127.0.0.1:"+freePort(t)), nil); err == nil {
		t.Error(answer)
	}
	if answer, err := askAny(nil); err == nil {
		t.Error(answer)
	}
}
