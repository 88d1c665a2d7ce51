package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// Metadata that do not fit are refused by Ready and by a login, with a text that says what to
// do.
func TestMetadataRefused(t *testing.T) {
	set := func(name string, value any) func(map[string]any) { return func(m map[string]any) { m[name] = value } }
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	answer := func(write func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/.well-known/") {
				write(w, r)
				return true
			}
			return false
		}
	}
	for name, c := range map[string]struct {
		metadata func(map[string]any)
		hostile  func(http.ResponseWriter, *http.Request) bool
		config   func(*oauth.Config)
		want     string
	}{
		"another issuer":   {set("issuer", "https://evil.example"), nil, nil, "configure exactly that"},
		"a slash more":     {func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" }, nil, nil, "a slash at the end counts"},
		"PAR":              {set("require_pushed_authorization_requests", true), nil, nil, "PAR, RFC 9126), which this package does not speak; let the provider"},
		"PKCE plain alone": {set("code_challenge_methods_supported", []string{"plain"}), nil, nil, "does not have S256"},
		"no authorization": {set("authorization_endpoint", nil), nil, nil, "authorization_endpoint: is missing"},
		"no token":         {set("token_endpoint", 7), nil, nil, "token_endpoint: is missing"},
		"token by http":    {set("token_endpoint", "http://id.example/t"), nil, nil, "token_endpoint: is not https"},
		"token elsewhere":  {set("token_endpoint", "ftp://127.0.0.1/t"), nil, nil, "token_endpoint: is not https"},
		"a password":       {set("token_endpoint", "https://a:hunter2@id.example/t"), nil, nil, "token_endpoint: has a user"},
		"no userinfo":      {set("userinfo_endpoint", nil), nil, func(c *oauth.Config) { c.AskUserInfo = true }, "userinfo_endpoint: is missing"},
		"several":          {func(m map[string]any) { m["require_pushed_authorization_requests"] = true; delete(m, "token_endpoint") }, nil, nil, "is missing"},
		"auth methods":     {set("token_endpoint_auth_methods_supported", []string{"tls_client_auth"}), nil, nil, "set ClientSecret, Signer or AuthMethod to match"},
		"2 MiB":            {nil, answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat(" ", 2<<20)) }), nil, "longer than 1 MiB"},
		"a redirect":       {nil, answer(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }), nil, "redirect to another"},
		"HTML":             {nil, answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }), nil, "HTML"},
		"404":              {nil, answer(http.NotFound), nil, "404"},
		"a name twice":     {nil, answer(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"issuer":"a","issuer":"b"}`) }), nil, "metadata of"},
	} {
		provider := oauthtest.New()
		provider.Change(func(s *oauthtest.Settings) { s.Metadata, s.Hostile = c.metadata, c.hostile })
		s := newSite(t, provider, c.config)
		if err := s.login.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		v := newBrowser(t).open(s.URL + "/login")
		if _, cause, _ := s.lastCode(); v.StatusCode != 503 || !strings.Contains(cause, c.want) || len(v.Cookies()) != 0 {
			t.Errorf("%s: %d %q", name, v.StatusCode, cause)
		}
		provider.Close()
	}
}

// Real metadata with little in them are accepted.
func TestMetadataAccepted(t *testing.T) {
	for name, metadata := range map[string]func(map[string]any){
		"all":                          nil,
		"no challenge methods (Entra)": func(m map[string]any) { delete(m, "code_challenge_methods_supported") },
		"plain and S256":               func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain", "S256"} },
		"no UserInfo endpoint":         func(m map[string]any) { delete(m, "userinfo_endpoint") },
		"PAR is possible":              func(m map[string]any) { m["pushed_authorization_request_endpoint"] = "https://id.example/par" },
		"an endpoint with a query":     func(m map[string]any) { m["authorization_endpoint"] = m["authorization_endpoint"].(string) + "?p=1" },
	} {
		provider := oauthtest.New()
		provider.Change(func(s *oauthtest.Settings) { s.Metadata = metadata })
		s := newSite(t, provider, nil)
		if err := s.login.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, v.StatusCode, v.text)
		}
		provider.Close()
	}
}

// A metadataServer answers each request for metadata after a second, or fails.
type metadataServer struct {
	asked atomic.Int32
	fails atomic.Bool
}

func (m *metadataServer) RoundTrip(r *http.Request) (*http.Response, error) {
	m.asked.Add(1)
	select {
	case <-time.After(time.Second):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if m.fails.Load() {
		return nil, errors.New("down")
	}
	text, _ := json.Marshal(map[string]string{
		"issuer": "https://id.example", "authorization_endpoint": fmt.Sprintf("https://id.example/a%d", m.asked.Load()), "token_endpoint": "https://id.example/t",
	})
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

// The metadata are read once for all requests, again after a day, and not in every request
// while the provider is down.
func TestMetadataAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := new(metadataServer)
		cfg := goodConfig()
		cfg.Transport = server
		c := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		start := func() string {
			return mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil)).Header.Get("Location")
		}
		expect := func(what string, location string, prefix string, asked int32) {
			t.Helper()
			if !strings.HasPrefix(location, prefix) || prefix == "" && location != "" || server.asked.Load() != asked {
				t.Errorf("%s: %q after %d requests, want %q after %d", what, location, server.asked.Load(), prefix, asked)
			}
		}
		server.fails.Store(true)
		expect("down", start(), "", 1)
		expect("down, a moment later", start(), "", 1)
		time.Sleep(time.Second)
		server.fails.Store(false)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { expect("up, many at once", start(), "https://id.example/a2?", 2) })
		}
		wg.Wait()
		time.Sleep(23 * time.Hour)
		expect("the same day", start(), "https://id.example/a2?", 2)
		time.Sleep(2 * time.Hour)
		server.fails.Store(true)
		expect("the next day, down", start(), "https://id.example/a2?", 3)
		expect("a moment later", start(), "https://id.example/a2?", 3)
		time.Sleep(2 * time.Minute)
		server.fails.Store(false)
		slow := make(chan string)
		go func() { slow <- start() }()
		time.Sleep(time.Millisecond)
		before := time.Now()
		expect("while another request reads", start(), "https://id.example/a2?", 4)
		if time.Since(before) != 0 {
			t.Error("a request waited although there are metadata")
		}
		expect("the one that reads", <-slow, "https://id.example/a4?", 4)

		ctx, cancel := context.WithCancel(t.Context())
		fresh := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		time.AfterFunc(time.Second/2, cancel)
		if err := fresh.Ready(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		res := mwtest.Do(http.HandlerFunc(fresh.ServeStart), httptest.NewRequest("GET", "/login", nil))
		if res.StatusCode != 303 {
			t.Errorf("a client that left counts as an outage: %d", res.StatusCode)
		}
	})
}
