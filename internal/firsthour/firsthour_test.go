package main

import (
	"net"
	"net/http"
	"net/http/httptest"
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
		if b.status == "" || !strings.HasPrefix(b.request, "curl -i") || !strings.Contains(b.request, ":"+port+"/") {
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
	const (
		good = `package main

import "net/http"

func main() {
	s := http.Server{Addr: "127.0.0.1:PORT"}
	_ = s.ListenAndServe()
}
`
		failsLater = `package main

import (
	"net/http"
	"time"
)

func main() {
	s := http.Server{Addr: "127.0.0.1:PORT"}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "", 404)
		time.AfterFunc(200*time.Millisecond, func() { panic("later") })
	})
	_ = s.ListenAndServe()
}
`
		serves = "_ = s.ListenAndServe()"
		curl   = "curl -i http://127.0.0.1:PORT/"
	)
	for _, tt := range []struct{ name, source, request, status, wrong string }{
		{"good", good, curl, "404", ""},
		{"no request", good, "", "", "no curl command"},
		{"other status", good, curl, "200", "the README promises 200"},
		{"does not compile", strings.Replace(good, "_ =", "_ :=", 1), curl, "404", "no new variables"},
		{"ends", strings.Replace(good, serves, "_ = s", 1), curl, "404", "the program ended"},
		{"panics", strings.Replace(good, serves, "panic(s.Addr)", 1), curl, "404", "exit status 2"},
		{"fails behind its answer", failsLater, curl, "404", "exit status 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			port, r := freePort(t), &run{work: t.TempDir(), clone: "../.."}
			b := block{"examples/x/main.go", strings.ReplaceAll(tt.source, "PORT", port), strings.ReplaceAll(tt.request, "PORT", port), tt.status}
			answer, err := r.block(b)
			if tt.wrong == "" && !strings.HasSuffix(answer, "gets 404") {
				t.Errorf("%q", answer)
			}
			wantError(t, err, tt.wrong)
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
		if wrong == "" && answer == "" {
			t.Errorf("%s: no answer", line)
		}
		wantError(t, err, wrong)
	}
}

// wantError fails the test if err does not have the text, or if there is an error and no text.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if text == "" && err != nil || text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
		t.Errorf("%v instead of %q", err, text)
	}
}

// The server of another program answers, and the program under test never could.
func TestServeDetectsAnotherServer(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	_, _, err := serve(t.TempDir(), "sleep 1; exit 1", func([]byte) (string, error) { return askAny([]byte(other.URL)) })
	wantError(t, err, "another program has the port")
	r := &run{work: t.TempDir(), clone: t.TempDir()}
	answer, err := r.example("echo " + other.URL + "; sleep 1; exit 1") // it prints where, and cannot serve there
	if answer != "" {
		t.Error(answer)
	}
	wantError(t, err, "exit status 1")
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
