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

// process is a running example.
type process struct {
	cmd *exec.Cmd
	dir string            // for the files of its clients
	env map[string]string // the variables in the file -env
	rc  string            // the name of that file
	out *mwtest.Buffer    // the standard output
	log *mwtest.Buffer    // the standard error
}

// start builds the quickstart and runs it until the end of the test.
func start(t *testing.T) *process {
	t.Helper()
	env := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(env, []byte("OLD='1'\n"), 0o644); err != nil { // an old file with wrong permissions
		t.Fatal(err)
	}
	p, stdout := runExample(t, ".", "-env", env)
	p.rc = env
	watchdog := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer watchdog.Stop()

	// The quickstart prints all lines at once, after it has begun to listen.
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
	for _, name := range []string{"BASE", "READER", "WRITER", "OTHER", "ADMIN", "API_KEY", "EXPIRED", "WALT_PASSWORD", "ANNA_PASSWORD", "JSON"} {
		if p.env[name] == "" {
			t.Fatalf("%s is missing in\n%s", name, text)
		}
	}
	if info, err := os.Stat(env); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the credentials has mode %v", info.Mode())
	}
	return p
}

// runExample builds the example in folder and starts it on a free port with args. It
// ends with the test.
func runExample(t *testing.T, folder string, args ...string) (*process, io.Reader) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "example")
	if out, err := exec.Command("go", "build", "-o", bin, folder).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	p := &process{cmd: cmd, dir: t.TempDir(), env: make(map[string]string), out: new(mwtest.Buffer), log: new(mwtest.Buffer)}
	cmd.Stderr = p.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // returns an error, because the process was killed
	})
	return p, stdout
}

// printed returns the whole text that the quickstart prints when it starts.
func (p *process) printed(t *testing.T) string {
	t.Helper()
	return waitFor(t, p.out, func(s string) bool { return strings.HasSuffix(s, "\n\n") && strings.Count(s, "curl ") >= 5 })
}

// logged waits until the log contains text, and returns the log.
func (p *process) logged(t *testing.T, text string) string {
	t.Helper()
	return waitFor(t, p.log, func(s string) bool { return strings.Contains(s, text) })
}

// waitFor waits until done accepts the contents of b, and returns them.
func waitFor(t *testing.T, b *mwtest.Buffer, done func(string) bool) string {
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
	res, err := http.DefaultTransport.RoundTrip(req) // does not follow redirects
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// as returns the Authorization header with the named token of the environment.
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
