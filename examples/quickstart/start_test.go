package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// process is the quickstart, built and running.
type process struct {
	cmd *exec.Cmd
	env map[string]string // what it wrote to -env
	out *mwtest.Buffer    // what it wrote to standard output
	log *mwtest.Buffer    // and to standard error
}

// start builds the quickstart and runs it until the end of the test.
func start(t *testing.T) *process {
	t.Helper()
	dir := t.TempDir()
	bin, env := filepath.Join(dir, "quickstart"), filepath.Join(dir, "env")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.WriteFile(env, []byte("OLD='1'\n"), 0o644); err != nil { // as a careless run left it
		t.Fatal(err)
	}
	p := &process{env: make(map[string]string), out: new(mwtest.Buffer), log: new(mwtest.Buffer)}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-env", env)
	p.cmd, cmd.Stderr = cmd, p.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	watchdog := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()

	// The lines are printed once it listens; the first comes with the last.
	r := bufio.NewReader(io.TeeReader(stdout, p.out))
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatalf("it printed nothing: %v\n%s", err, p.log)
	}
	go io.Copy(io.Discard, r) // to keep the pipe empty
	text, err := os.ReadFile(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)='([^']*)'$`).FindAllStringSubmatch(string(text), -1) {
		p.env[m[1]] = m[2]
	}
	for _, name := range []string{"BASE", "READER", "WRITER", "OTHER", "ADMIN", "API_KEY", "EXPIRED"} {
		if p.env[name] == "" {
			t.Fatalf("%s is missing in\n%s", name, text)
		}
	}
	if info, err := os.Stat(env); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the credentials has mode %v", info.Mode())
	}
	return p
}

// serveEvents builds examples/events and runs it until the end of the test. It
// returns where it listens.
func serveEvents(t *testing.T) (*process, string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "events")
	if out, err := exec.Command("go", "build", "-o", bin, "../events").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	p := &process{cmd: exec.Command(bin, "-addr", "127.0.0.1:0"), log: new(mwtest.Buffer)}
	p.cmd.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // killed
	})
	base, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("it does not say where it listens: %v\n%s", err, p.log)
	}
	return p, strings.TrimSpace(base)
}

// printed returns all that it prints when it starts.
func (p *process) printed(t *testing.T) string {
	t.Helper()
	return await(t, p.out, func(s string) bool { return strings.HasSuffix(s, "\n\n") && strings.Count(s, "curl ") >= 5 })
}

// logged returns the log once text is in it.
func (p *process) logged(t *testing.T, text string) string {
	t.Helper()
	return await(t, p.log, func(s string) bool { return strings.Contains(s, text) })
}

// await returns what is in b as soon as it is what the test waits for.
func await(t *testing.T, b *mwtest.Buffer, done func(string) bool) string {
	t.Helper()
	for range 500 {
		if s := b.String(); done(s) {
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it wrote only\n%s", b)
	return ""
}

// do sends a request with the headers given as pairs.
func (p *process) do(t *testing.T, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.env["BASE"]+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// as returns the header of a caller whose token is in the environment.
func (p *process) as(name string) []string {
	return []string{"Authorization", "Bearer " + p.env[name]}
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
