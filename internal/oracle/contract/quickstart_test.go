package contract

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
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

// The types of the quickstart, which a program of another module cannot import.
type (
	quickCreate struct {
		Title string   `json:"title" mod:"trim" validate:"required,min=1,max=200"`
		Body  string   `json:"body" validate:"max=10000"`
		Tags  []string `json:"tags" mod:"trim,lower" validate:"max=10,dive,min=1,max=30"`
	}
	quickUpdate struct {
		ID    string                    `path:"id" validate:"uuid"`
		Title validate.Optional[string] `json:"title" mod:"trim" validate:"min=1,max=200"`
		Body  validate.Optional[string] `json:"body" validate:"max=10000"`
	}
	quickList struct {
		Page  int    `query:"page" default:"1" validate:"min=1,max=1000000"`
		Limit int    `query:"limit" default:"20" validate:"min=1,max=100"`
		Sort  string `query:"sort" default:"-created" validate:"oneof=created -created title -title"`
	}
	quickNote struct {
		ID      string    `json:"id"`
		Title   string    `json:"title"`
		Body    string    `json:"body"`
		Tags    []string  `json:"tags"`
		Created time.Time `json:"created"`
	}
	quickCreated struct{ quickNote }
	quickNotes   struct {
		Notes []quickNote `json:"notes"`
	}
)

func (*quickCreated) StatusCode() int { return http.StatusCreated }

func answer[In, Out any](context.Context, *In) (*Out, error) { return nil, nil }

// Each response of the running quickstart is as a document of its routes and types says.
func TestQuickstartKeepsItsContract(t *testing.T) {
	refusals := []int{401, 403, 404, 429, 503}
	document, err := openapi.Document(openapi.Info{
		Title: "Quickstart", Version: "1", Schemes: []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key")},
	}, []row{
		{pattern: "GET /healthz", scope: "public", refusals: []int{429}},
		{pattern: "GET /v1/notes", scope: "notes:read", refusals: refusals, handler: validate.Handler(answer[quickList, quickNotes])},
		{pattern: "GET /v1/notes/{id}", scope: "notes:read", refusals: refusals, handler: validate.Handler(answer[struct{}, quickNote])},
		{pattern: "POST /v1/notes", scope: "notes:write", refusals: refusals, handler: validate.Handler(answer[quickCreate, quickCreated])},
		{pattern: "PATCH /v1/notes/{id}", scope: "notes:write", refusals: refusals, handler: validate.Handler(answer[quickUpdate, quickNote])},
		{pattern: "GET /v1/me", refusals: refusals},
		{pattern: "GET /v1/boom", refusals: refusals},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, document)
	env := startExample(t, "../../../examples/quickstart")
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
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(text)
	if id == nil {
		t.Fatalf("no id: %s", text)
	}
	send("GET", "/v1/notes/"+id[1], "WRITER", "", 200)
	send("PATCH", "/v1/notes/"+id[1], "WRITER", `{"title":"Tea","body":null}`, 200)
	send("GET", "/v1/notes?sort=title&limit=5", "WRITER", "", 200)
	send("GET", "/v1/notes", "API_KEY", "", 200)
	send("GET", "/v1/me", "READER", "", 200)
	send("GET", "/v1/notes", "", "", 401)
	send("GET", "/v1/notes", "EXPIRED", "", 401)
	send("POST", "/v1/notes", "READER", `{"title":"Milk"}`, 403)
	send("GET", "/v1/notes/"+id[1], "OTHER", "", 404)
	send("GET", "/v1/none", "READER", "", 404)
	send("PUT", "/v1/notes", "WRITER", "", 405)
	send("POST", "/v1/notes", "WRITER", `{"colour":"red"}`, 400)
	send("GET", "/v1/notes?page=0", "READER", "", 400)
	send("GET", "/v1/boom", "ADMIN", "", 500)
	for i := range 40 {
		if i > 0 && t.Failed() {
			break
		}
		send("POST", "/v1/notes", "OTHER", `{"title":"a"}`, map[bool]int{true: 201, false: 429}[i < 30])
	}
	for _, op := range c.Untested() {
		if op != "GET /v1/boom" {
			t.Errorf("%s is untested", op)
		}
	}
}
