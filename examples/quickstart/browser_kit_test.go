package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// browser is curl with a cookie jar.
type browser struct {
	base, jar string
	readOnly  bool   // the cookies of responses are dropped
	from      string // the address that a server of serve sees; empty is the real one
}

func newBrowser(t *testing.T, base string) browser {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("this test needs curl: run `make tools`, or install it with `apt-get install curl` or `brew install curl`")
	}
	return browser{base: base, jar: filepath.Join(t.TempDir(), "jar")}
}

// copyJar returns a browser with the cookies that b has now.
func (b browser) copyJar(t *testing.T) browser {
	t.Helper()
	cookies, err := os.ReadFile(b.jar)
	if err != nil {
		t.Fatal(err)
	}
	c := b
	c.jar = filepath.Join(t.TempDir(), "jar")
	if err := os.WriteFile(c.jar, cookies, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// refreshToken returns the value of the only cookie in the jar, or "" for an empty jar.
func (b browser) refreshToken(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(b.jar)
	if err != nil {
		t.Fatal(err)
	}
	_, value, _ := strings.Cut(string(text), "__Host-Http-refresh\t")
	return strings.TrimSpace(value)
}

// An answer is a response that curl has printed.
type answer struct {
	status                   int
	body                     string
	code, token, scope, kind string
	expiresIn                int
}

// curl sends a request and returns the answer. auth is an access token, or empty.
func (b browser) curl(t *testing.T, method, path, auth, body string) answer {
	t.Helper()
	return b.begin(t, method, path, auth, body)()
}

// begin sends a request, and returns a function that waits for its answer.
func (b browser) begin(t *testing.T, method, path, auth, body string) func() answer {
	t.Helper()
	args := []string{"-s", "-X", method, "-b", b.jar, "-w", "\n%{http_code}", b.base + path}
	if !b.readOnly {
		args = append(args, "-c", b.jar)
	}
	if b.from != "" {
		args = append(args, "-H", fromField+": "+b.from)
	}
	if auth != "" {
		args = append(args, "-H", "Authorization: Bearer "+auth)
	}
	if body != "" {
		args = append(args, "-H", "Content-Type: application/json", "-d", body)
	}
	var out strings.Builder
	cmd := exec.CommandContext(t.Context(), "curl", args...)
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() answer {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("curl %s %s: %v", method, path, err)
		}
		return readAnswer(t, out.String())
	}
}

// readAnswer reads the output of curl: the body, and the status on a line of its own.
func readAnswer(t *testing.T, out string) (a answer) {
	t.Helper()
	end := strings.LastIndexByte(out, '\n')
	a.body = strings.TrimSpace(out[:end])
	var fields struct {
		Code      string `json:"code"`
		Token     string `json:"access_token"`
		Kind      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
		Scope     string `json:"scope"`
	}
	if err := json.Unmarshal([]byte(out[end+1:]), &a.status); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if a.body != "" {
		if err := json.Unmarshal([]byte(a.body), &fields); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	a.code, a.token, a.kind, a.expiresIn, a.scope = fields.Code, fields.Token, fields.Kind, fields.ExpiresIn, fields.Scope
	return a
}

// want reports an answer with another status or code. The code "" is a success.
func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	if a.status != status || a.code != code {
		t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

// wantTokens reports an answer that is no complete answer of a token endpoint.
func (a answer) wantTokens(t *testing.T) answer {
	t.Helper()
	a.want(t, 200, "")
	if strings.Count(a.token, ".") != 2 || a.kind != "Bearer" || a.expiresIn < 890 || a.expiresIn > 900 || a.scope != "notes:read notes:write" ||
		strings.Contains(a.body, "refresh") {
		t.Errorf("answer %s", a.body)
	}
	return a
}

func (b browser) login(t *testing.T, email, password string) answer {
	t.Helper()
	return b.curl(t, "POST", "/v1/login", "", `{"email":"`+email+`","password":"`+password+`"}`)
}

func (b browser) refresh(t *testing.T) answer {
	t.Helper()
	return b.curl(t, "POST", "/v1/token/refresh", "", "")
}

// me asks for the owner of an access token.
func (b browser) me(t *testing.T, token string) answer {
	t.Helper()
	return b.curl(t, "GET", "/v1/me", token, "")
}

// A server is the service in the process of the test.
type server struct {
	*httptest.Server
	creds *credentials
	log   *mwtest.Buffer
	mails chan string
}

// fromField is the field in which browser.from travels: not every machine has several
// addresses.
const fromField = "Test-From"

const (
	walt = "walt@notes.example"
	anna = "anna@notes.example"
)

// serve starts the service with the grace and the lockout of cfg.
func serve(t *testing.T, cfg settings) *server {
	t.Helper()
	t.Setenv("REDIS_URL", "")
	creds, err := newCredentials(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := &server{creds: creds, log: new(mwtest.Buffer), mails: make(chan string, 10)}
	cfg.logger, cfg.creds, cfg.keys = slog.New(slog.NewTextHandler(s.log, nil)), creds, creds.issuer
	cfg.mail = func(to, text string) { s.mails <- to + ": " + text }
	service := newService(cfg)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get(fromField); from != "" {
			r.RemoteAddr = from + ":1234"
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}
