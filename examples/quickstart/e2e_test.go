package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// commonHeaders are the headers of every response, with any status.
var commonHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cache-Control":                "no-store",
	"Vary":                         "Origin",
	"Content-Type":                 "application/json; charset=utf-8",
}

func wantCommonHeaders(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range commonHeaders {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(res.Header.Values("X-Correlation-ID")) != 1 {
		t.Errorf("X-Correlation-ID: %q", res.Header.Values("X-Correlation-ID"))
	}
	if res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over plain HTTP has no meaning (RFC 6797, section 7.2)")
	}
	if policy := res.Header.Get("RateLimit-Policy"); !strings.Contains(policy, `"general-15m";q=100;w=900`) {
		t.Errorf("RateLimit-Policy: %q", policy)
	}
}

func TestQuickstart(t *testing.T) {
	p := start(t)
	json200 := func(name, path string, headers []string, want string) {
		t.Run(name, func(t *testing.T) {
			res := p.do(t, "GET", path, "", headers...)
			wantCommonHeaders(t, res)
			if body := read(t, res); res.StatusCode != 200 || !strings.Contains(body, want) {
				t.Errorf("%d %s, want %s", res.StatusCode, body, want)
			}
		})
	}
	json200("public", "/healthz", nil, `{"status":"ok"}`)
	json200("no notes yet", "/v1/notes", p.as("READER"), `{"notes":[]}`)
	json200("the principal", "/v1/me", p.as("READER"), `"subject":"rita"`)
	json200("by API key", "/v1/me", []string{"X-API-Key", p.env["API_KEY"]}, `"kind":"apikey"`)
	json200("deprecated", "/v1/legacy", p.as("READER"), "/v1/notes")

	var id string
	t.Run("create", func(t *testing.T) {
		res := p.do(t, "POST", "/v1/notes", `{"title":"t","body":"b","tags":["x"]}`, append(p.as("WRITER"), "Content-Type", "application/json")...)
		var note struct {
			ID    string   `json:"id"`
			Title string   `json:"title"`
			Tags  []string `json:"tags"`
		}
		if err := json.Unmarshal([]byte(read(t, res)), &note); err != nil || res.StatusCode != 201 || note.ID == "" || note.Title != "t" || !slices.Equal(note.Tags, []string{"x"}) {
			t.Fatalf("%d %+v %v", res.StatusCode, note, err)
		}
		wantCommonHeaders(t, res)
		if policy := strings.Join(res.Header.Values("RateLimit-Policy"), ","); !strings.Contains(policy, `"writes-minute";q=30;w=60`) {
			t.Errorf("RateLimit-Policy %q does not name both limits", policy)
		}
		id = note.ID
	})
	json200("the owner", "/v1/notes/"+id, p.as("WRITER"), id)
	json200("an admin", "/v1/notes/"+id, p.as("ADMIN"), id)
	json200("the owner's list", "/v1/notes", p.as("WRITER"), id)

	t.Run("change", func(t *testing.T) {
		patch := append(p.as("WRITER"), "Content-Type", "application/json")
		for _, tc := range []struct{ body, want string }{
			{`{"title":"  u "}`, `"title":"u","body":"b"`},
			{`{"body":null}`, `"title":"u","body":""`},
			{`{}`, `"title":"u","body":""`},
		} {
			res := p.do(t, "PATCH", "/v1/notes/"+id, tc.body, patch...)
			if body := read(t, res); res.StatusCode != 200 || !strings.Contains(body, tc.want) {
				t.Errorf("%s: %d %s", tc.body, res.StatusCode, body)
			}
		}
	})
	t.Run("pages", func(t *testing.T) {
		for _, title := range []string{"z", "a"} {
			if res := p.do(t, "POST", "/v1/notes", `{"title":"`+title+`"}`, append(p.as("WRITER"), "Content-Type", "application/json")...); res.StatusCode != 201 {
				t.Fatal(res.StatusCode)
			}
		}
		for query, want := range map[string]string{
			"": "a z u", "?sort=created": "u z a", "?sort=title": "a u z", "?sort=-title": "z u a",
			"?limit=2": "a z", "?page=2&limit=2": "u", "?page=9": "",
		} {
			var page struct{ Notes []struct{ Title string } }
			err := json.Unmarshal([]byte(read(t, p.do(t, "GET", "/v1/notes"+query, "", p.as("WRITER")...))), &page)
			var titles []string
			for _, n := range page.Notes {
				titles = append(titles, n.Title)
			}
			if got := strings.Join(titles, " "); err != nil || got != want {
				t.Errorf("%q: %q, want %q (%v)", query, got, want, err)
			}
		}
	})

	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	asJSON := func(h []string) []string { return append(slices.Clone(h), "Content-Type", "application/json") }
	writer := asJSON(p.as("WRITER"))
	tampered := p.env["READER"][:len(p.env["READER"])-6] + "AAAAAA"
	for _, tc := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
	}{
		{"no credentials", "GET", "/v1/notes", "", nil, 401, "unauthenticated"},
		{"a write without credentials", "POST", "/v1/notes", "{}", nil, 401, "unauthenticated"},
		{"expired", "GET", "/v1/notes", "", p.as("EXPIRED"), 401, "credentials_expired"},
		{"tampered", "GET", "/v1/notes", "", bearer(tampered), 401, "invalid_credentials"},
		{"not a token", "GET", "/v1/notes", "", bearer("x"), 401, "invalid_credentials"},
		{"wrong API key", "GET", "/v1/me", "", []string{"X-API-Key", p.env["API_KEY"] + "x"}, 401, "invalid_credentials"},
		{"two credentials", "GET", "/v1/me", "", append(p.as("READER"), "X-API-Key", p.env["API_KEY"]), 400, "invalid_request"},
		{"two tokens", "GET", "/v1/me", "", append(p.as("READER"), p.as("WRITER")...), 400, "invalid_request"},
		{"a reader writes", "POST", "/v1/notes", `{"title":"t"}`, asJSON(p.as("READER")), 403, "insufficient_scope"},
		{"not an admin", "GET", "/v1/boom", "", p.as("WRITER"), 403, "forbidden"},
		{"a foreign note", "GET", "/v1/notes/" + id, "", p.as("OTHER"), 404, "not_found"},
		{"a missing note", "GET", "/v1/notes/none", "", p.as("OTHER"), 404, "not_found"},
		{"no such route", "GET", "/v2/secret-path/hunter2?token=hunter2", "", nil, 404, "not_found"},
		{"no such method", "DELETE", "/v1/notes", "", nil, 405, "method_not_allowed"},
		{"panic", "GET", "/v1/boom", "", p.as("ADMIN"), 500, "internal_error"},
		{"no media type", "POST", "/v1/notes", `{"title":"t"}`, p.as("WRITER"), 415, "unsupported_media_type"},
		{"no body", "POST", "/v1/notes", "", writer, 400, "body_required"},
		{"not JSON", "POST", "/v1/notes", `{"title":`, writer, 400, "malformed_json"},
		{"too large", "POST", "/v1/notes", `{"title":"` + strings.Repeat("x", 2<<20) + `"}`, writer, 413, "body_too_large"},
		{"unknown member", "POST", "/v1/notes", `{"title":"t","owner":"anna"}`, writer, 400, "validation_failed"},
		{"twice", "POST", "/v1/notes", `{"title":"t","title":"u"}`, writer, 400, "validation_failed"},
		{"other case", "POST", "/v1/notes", `{"Title":"t"}`, writer, 400, "validation_failed"},
		{"title too long", "POST", "/v1/notes", `{"title":"` + strings.Repeat("x", 201) + `"}`, writer, 400, "validation_failed"},
		{"a title of spaces", "POST", "/v1/notes", `{"title":"   "}`, writer, 400, "validation_failed"},
		{"a foreign change", "PATCH", "/v1/notes/" + id, `{"title":"t"}`, asJSON(p.as("OTHER")), 404, "not_found"},
		{"a reader changes", "PATCH", "/v1/notes/" + id, `{"title":"t"}`, asJSON(p.as("READER")), 403, "insufficient_scope"},
		{"remove the title", "PATCH", "/v1/notes/" + id, `{"title":null}`, writer, 422, "title_required"},
		{"the ID in the body", "PATCH", "/v1/notes/" + id, `{"id":"x"}`, writer, 400, "validation_failed"},
		{"no such page", "GET", "/v1/notes?page=0", "", p.as("WRITER"), 400, "validation_failed"},
		{"too many at once", "GET", "/v1/notes?limit=101", "", p.as("WRITER"), 400, "validation_failed"},
		{"unknown sort key", "GET", "/v1/notes?sort=owner", "", p.as("WRITER"), 400, "validation_failed"},
		{"two pages", "GET", "/v1/notes?page=1&page=2", "", p.as("WRITER"), 400, "validation_failed"},
		{"unknown parameter", "GET", "/v1/notes?pages=1", "", p.as("WRITER"), 400, "validation_failed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := p.do(t, tc.method, tc.path, tc.body, tc.headers...)
			wantCommonHeaders(t, res)
			e := mwtest.Refused(t, res, tc.status, tc.code)
			response := fmt.Sprint(res.Header, e)
			for _, secret := range []string{"hunter2", "secret-path", "evil.example", "goroutine", ".go:", "anna", "owner", p.env["READER"], p.env["API_KEY"]} {
				if strings.Contains(response, secret) {
					t.Errorf("%q leaked: %s", secret, response)
				}
			}
			if challenged := res.Header.Get("WWW-Authenticate") != ""; tc.status == 401 && !challenged {
				t.Error("401 without a challenge (RFC 9110, section 15.5.2)")
			}
		})
	}

	t.Run("all faults at once", func(t *testing.T) {
		res := p.do(t, "POST", "/v1/notes", `{"body":7,"tags":["","`+strings.Repeat("x", 31)+`",null],"colour":"hunter2"}`, writer...)
		e := mwtest.Refused(t, res, 400, "validation_failed")
		var got []string
		for _, f := range e.Errors {
			got = append(got, *f.Pointer+" "+f.Code)
		}
		for _, want := range []string{"/title required", "/body type", "/tags/2 null", " unknown_member"} {
			if !slices.Contains(got, want) {
				t.Errorf("%q is missing in %q", want, got)
			}
		}
	})

	t.Run("CORS", func(t *testing.T) {
		res := p.do(t, "OPTIONS", "/v1/notes", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		for name, want := range map[string]string{"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "3600"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if res.StatusCode != 204 {
			t.Errorf("status %d", res.StatusCode)
		}
		res = p.do(t, "GET", "/healthz", "", "Origin", "https://app.example")
		exposed := res.Header.Get("Access-Control-Expose-Headers")
		if res.Header.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.HasPrefix(exposed, "X-Correlation-Id, Retry-After, RateLimit,") {
			t.Errorf("headers %v", res.Header)
		}
		// The response to a denied preflight has no body, because no script can read it.
		res = p.do(t, "OPTIONS", "/v1/notes", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
		if body := read(t, res); res.StatusCode != 403 || body != "" || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a foreign preflight: %d %q %v", res.StatusCode, body, res.Header)
		}
	})

	t.Run("deprecation", func(t *testing.T) {
		for status, headers := range map[int][]string{200: p.as("READER"), 401: nil} {
			res := p.do(t, "GET", "/v1/legacy", "", headers...)
			if d, s := res.Header.Get("Deprecation"), res.Header.Get("Sunset"); res.StatusCode != status || d != "@1767225600" || s != "Thu, 01 Jul 2027 00:00:00 GMT" {
				t.Errorf("%d, Deprecation %q, Sunset %q", res.StatusCode, d, s)
			}
		}
	})

	t.Run("the log has the cause that the client does not get", func(t *testing.T) {
		res := p.do(t, "GET", "/v1/boom", "", p.as("ADMIN")...)
		e := mwtest.Refused(t, res, 500, "internal_error")
		// The record is written after the response.
		log := p.logged(t, "msg=request correlation_id="+e.CorrelationID)
		for _, want := range []string{"cannot connect to postgres://", e.CorrelationID, "principal=anna", "route=/v1/boom", "path=/v2/secret-path/* "} {
			if !strings.Contains(log, want) {
				t.Errorf("the log lacks %q", want)
			}
		}
		for _, never := range []string{"hunter2", p.env["READER"], p.env["API_KEY"]} {
			if strings.Contains(log, never) {
				t.Errorf("the log holds %q", never)
			}
		}
	})
}

// The service publishes the keys that verify its tokens. Every client may fetch
// them, without a limit.
func TestQuickstartPublishesItsKeys(t *testing.T) {
	p := start(t)
	for n := range 103 { // more than the limit of an address
		res := p.do(t, "GET", "/.well-known/jwks.json", "")
		body := read(t, res)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/jwk-set+json" || res.Header.Get("Cache-Control") != "public, max-age=300" {
			t.Fatalf("%d: %d %v", n, res.StatusCode, res.Header)
		}
		if !strings.HasPrefix(body, `{"keys":[{"alg":"ES256",`) || !strings.Contains(body, `"kid":"`) || strings.Contains(body, `"d"`) {
			t.Fatalf("published %s", body)
		}
	}
	mwtest.Refused(t, p.do(t, "POST", "/.well-known/jwks.json", ""), 405, "method_not_allowed")
	res := p.do(t, "GET", "/v1/me", "", p.as("READER")...)
	if body := read(t, res); res.StatusCode != 200 || !strings.Contains(body, `"subject":"rita"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// A service that is stopped still answers the requests that have begun.
func TestQuickstartShutsDownGracefully(t *testing.T) {
	p := start(t)
	addr := strings.TrimPrefix(p.env["BASE"], "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"title":"late"}`
	head := fmt.Sprintf("POST /v1/notes HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", addr, p.env["WRITER"], len(body))
	if _, err := io.WriteString(conn, head+body[:5]); err != nil {
		t.Fatal(err)
	}
	p.do(t, "GET", "/healthz", "") // once this is answered, the service has accepted conn too
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for { // until the service no longer listens
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		c.Close()
	}
	if _, err := io.WriteString(conn, body[5:]); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); res.StatusCode != 201 {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

// With REDIS_URL two processes count together.
func TestQuickstartSharesItsLimits(t *testing.T) {
	t.Setenv("REDIS_URL", "redis://"+redistest.Start(t).Addr+"/0")
	a, b := start(t), start(t)
	a.logged(t, "limits and sessions are in Redis")
	admitted := 0
	for range 60 {
		for _, p := range []*process{a, b} {
			if p.do(t, "GET", "/healthz", "").StatusCode == 200 {
				admitted++
			}
		}
	}
	// On a busy machine Redis can answer too late. The memory of the process decides then.
	late := 0
	for _, p := range []*process{a, b} {
		log := waitFor(t, p.log, func(s string) bool { // refused ones have the route of the outer mux
			return strings.Count(s, " route=/healthz ")+strings.Count(s, " route=/ ") == 60
		})
		late += strings.Count(log, "store.degraded")
	}
	if admitted < 100-late || admitted > 100+late || late > 30 {
		t.Errorf("%d requests admitted by both, want 100; Redis answered too late for %d", admitted, late)
	}
}
