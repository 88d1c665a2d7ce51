package contract

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// startExample builds the example in a folder, which takes the flags of the quickstart, and
// runs it until the end of the test. It returns the contents of its file -env.
func startExample(t *testing.T, folder string) map[string]string {
	t.Helper()
	bin, file := filepath.Join(t.TempDir(), "example"), filepath.Join(t.TempDir(), "env")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin, "-addr", "127.0.0.1:0", "-env", file)
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
	watchdog := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	// The example writes the file before it prints anything.
	r := bufio.NewReader(stdout)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatalf("it printed nothing: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // keeps the pipe empty
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)='([^']*)'$`).FindAllStringSubmatch(string(text), -1) {
		env[m[1]] = m[2]
	}
	return env
}

// fetch returns the body of a GET.
func fetch(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %d, %v", url, res.StatusCode, err)
	}
	return text
}

// find returns the text in the group of a pattern.
func find(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %s", pattern, text)
	}
	return m[1]
}

// Each response of the running quickstart is as its own document says.
func TestQuickstartKeepsItsContract(t *testing.T) {
	env := startExample(t, "../../../examples/quickstart")
	c := load(t, fetch(t, env["BASE"]+"/openapi.json"))
	client := &http.Client{Transport: c.Transport(http.DefaultTransport, t.Error)}
	t.Cleanup(client.CloseIdleConnections)
	send := func(method, path, token, body string, want int) (string, http.Header) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, env["BASE"]+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		switch {
		case token == "API_KEY":
			r.Header.Set("X-API-Key", env[token])
		case strings.HasPrefix(token, "Cookie "):
			r.Header.Set("Cookie", token[len("Cookie "):])
		case env[token] == "" && token != "":
			r.Header.Set("Authorization", "Bearer "+token)
		case token != "":
			r.Header.Set("Authorization", "Bearer "+env[token])
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s %s: %d, want %d: %s", method, path, res.StatusCode, want, text)
		}
		return string(text), res.Header
	}
	send("GET", "/healthz", "", "", 200)
	send("GET", "/v1/notes", "READER", "", 200)
	text, _ := send("POST", "/v1/notes", "WRITER", `{"title":"Milk","tags":["a"]}`, 201)
	id := find(t, `"id":"([^"]+)"`, text)
	send("GET", "/v1/notes/"+id, "WRITER", "", 200)
	send("PATCH", "/v1/notes/"+id, "WRITER", `{"title":"Tea","body":null}`, 200)
	send("GET", "/v1/notes?sort=title&limit=5", "WRITER", "", 200)
	send("GET", "/v1/notes", "API_KEY", "", 200)
	send("GET", "/v1/me", "READER", "", 200)
	send("GET", "/v1/notes", "", "", 401)
	send("GET", "/v1/notes", "EXPIRED", "", 401)
	send("POST", "/v1/notes", "READER", `{"title":"Milk"}`, 403)
	send("GET", "/v1/notes/"+id, "OTHER", "", 404)
	send("GET", "/v1/none", "READER", "", 404)
	send("PUT", "/v1/notes", "WRITER", "", 405)
	send("POST", "/v1/notes", "WRITER", `{"colour":"red"}`, 400)
	send("GET", "/v1/notes?page=0", "READER", "", 400)
	send("GET", "/v1/boom", "ADMIN", "", 500)
	send("GET", "/openapi.json", "", "", 200)
	send("GET", "/v1/legacy", "READER", "", 200)
	send("GET", "/v1/users/walt", "READER", "", 200)
	send("GET", "/v1/users/walt", "WRITER", "", 200)
	send("GET", "/v1/users/none", "READER", "", 404)
	send("PATCH", "/v1/users/walt", "WRITER", `{"name":"Wally"}`, 200)
	send("PATCH", "/v1/users/walt", "WRITER", `{"roles":["admin"]}`, 403)

	text, _ = send("GET", "/v1/keys", "ADMIN", "", 200)
	key := find(t, `"id":"([^"]+)"`, text)
	send("GET", "/v1/keys", "WRITER", "", 403)
	send("POST", "/v1/keys/"+key+"/rotation", "ADMIN", `{"overlap_seconds":0}`, 201)
	send("DELETE", "/v1/keys/"+key, "ADMIN", "", 204)
	send("DELETE", "/v1/keys/"+key, "ADMIN", "", 404)

	login := fmt.Sprintf(`{"email":"walt@notes.example","password":%q}`, env["WALT_PASSWORD"])
	text, header := send("POST", "/v1/login", "", login, 200)
	cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	send("POST", "/v1/token/refresh", "Cookie "+cookie, "", 200)
	token := find(t, `"access_token":"([^"]+)"`, text)
	text, _ = send("GET", "/v1/sessions", token, "", 200)
	send("DELETE", "/v1/sessions", token, "", 200)
	send("DELETE", "/v1/sessions/"+find(t, `"id":"([^"]+)"`, text), token, "", 204)
	send("GET", "/v1/sessions", token, "", 401)
	send("GET", "/v1/sessions", "API_KEY", "", 401)
	send("POST", "/v1/login", "", `{"email":"walt@notes.example","password":"wrong"}`, 401)
	send("POST", "/v1/token/refresh", "", "", 401)
	send("POST", "/v1/logout", "", "", 204)
	send("POST", "/v1/password-reset", "", `{"email":"none@notes.example"}`, 202)
	send("POST", "/v1/password-reset/confirm", "", `{"email":"none@notes.example","token":"x","password":"long enough for it"}`, 400)
	for i := range 40 {
		if i > 0 && t.Failed() {
			break
		}
		send("POST", "/v1/notes", "OTHER", `{"title":"a"}`, map[bool]int{true: 201, false: 429}[i < 30])
	}
	// No request of these two succeeds: a panic, and a token that was mailed.
	always := []string{"GET /v1/boom", "POST /v1/password-reset/confirm"}
	for _, op := range slices.DeleteFunc(c.Untested(), func(op string) bool { return slices.Contains(always, op) }) {
		t.Errorf("%s is untested", op)
	}
}
