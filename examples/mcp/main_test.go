package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A client of the protocol: it asks without a token, follows the challenge to the metadata,
// gets a token of the authorization server that it names, and comes back.
func TestClientFindsItsWay(t *testing.T) {
	tokens := authntest.NewIssuer(t, issuer, self)
	srv := httptest.NewServer(service(tokens))
	defer srv.Close()
	send := func(method, path, body string, kv ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(kv); i += 2 {
			r.Header.Set(kv[i], kv[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body = io.NopCloser(strings.NewReader(string(text)))
		return res, string(text)
	}

	res, _ := send("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"initialize"}`)
	mwtest.Refused(t, res, 401, "unauthenticated")
	found := regexp.MustCompile(`^Bearer resource_metadata="http://127\.0\.0\.1:8083(/[^"]*)"$`).FindStringSubmatch(res.Header.Get("WWW-Authenticate"))
	if found == nil {
		t.Fatalf("challenge %q", res.Header.Get("WWW-Authenticate"))
	}
	res, text := send("GET", found[1], "", "Origin", "https://inspector.example", "MCP-Protocol-Version", "2025-06-18")
	var doc struct {
		Resource string
		Servers  []string `json:"authorization_servers"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Resource != self || len(doc.Servers) != 1 || doc.Servers[0] != issuer || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("%d %v %s", res.StatusCode, res.Header, text)
	}

	bearer := []string{"Authorization", "Bearer " + tokens.Token("ann", "notes:read")}
	for _, tc := range []struct {
		message string
		status  int
		want    string
	}{
		{`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, 200, `"protocolVersion":"2025-06-18"`},
		{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, 202, ""},
		{`{"jsonrpc":"2.0","id":"a","method":"ping"}`, 200, `"id":"a","jsonrpc":"2.0","result":{}`},
		{`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, 200, `"name":"whoami"`},
		{`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"whoami"}}`, 200, `"text":"ann"`},
		{`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"rm"}}`, 200, `-32601`},
		{`{`, 200, `-32700`},
	} {
		if res, text := send("POST", "/mcp", tc.message, bearer...); res.StatusCode != tc.status || !strings.Contains(text, tc.want) {
			t.Errorf("%s: %d %s", tc.message, res.StatusCode, text)
		}
	}

	res, _ = send("POST", "/mcp", "{}", "Authorization", "Bearer "+tokens.Token("ann"))
	mwtest.Refused(t, res, 403, "insufficient_scope")
	if want := `Bearer error="insufficient_scope", scope="notes:read", resource_metadata="http://127.0.0.1:8083` + found[1] + `"`; res.Header.Get("WWW-Authenticate") != want {
		t.Errorf("challenge %q, want %q", res.Header.Get("WWW-Authenticate"), want)
	}
	res, _ = send("POST", "/mcp", "{}", "Authorization", "Bearer "+tokens.Sign(map[string]any{"aud": "http://127.0.0.1:8083/other"}))
	mwtest.Refused(t, res, 401, "invalid_credentials")
	res, _ = send("POST", "/mcp", "{}", append(bearer, "Origin", "https://evil.example")...)
	mwtest.Refused(t, res, 403, "forbidden")
	res, _ = send("GET", "/mcp", "", bearer...) // no streams
	mwtest.Refused(t, res, 405, "method_not_allowed")
}

// The README says that the example has 80 lines.
func TestLength(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), "\n"); n > 80 {
		t.Errorf("%d lines", n)
	}
}
