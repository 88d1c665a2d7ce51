package oauthtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

const verifier = "verifier-verifier-verifier-verifier-verifier"

func goodRequest() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {oauthtest.ClientID}, "redirect_uri": {"http://127.0.0.1/cb"}, "scope": {"openid"}, "state": {"s"},
		"nonce": {"n"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

// authorize sends an authorization request, and returns the status and the answer.
func authorize(t *testing.T, s *oauthtest.Server, request url.Values) (int, url.Values) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/authorize?"+request.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	at, err := res.Location()
	if err != nil {
		return res.StatusCode, nil
	}
	return res.StatusCode, at.Query()
}

// redeem sends a token request, and returns the status and the error of the answer.
func redeem(t *testing.T, s *oauthtest.Server, basic bool, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		req.SetBasicAuth(url.QueryEscape(oauthtest.ClientID), url.QueryEscape(oauthtest.ClientSecret))
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	var answer struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer.Error
}

// The Server refuses what a strict provider refuses, so a client that does it fails a test.
func TestAuthorizeRefuses(t *testing.T) {
	s := oauthtest.New()
	defer s.Close()
	s.Change(func(set *oauthtest.Settings) { set.RedirectURIs = []string{"http://127.0.0.1/cb"} })
	for name, c := range map[string]struct {
		field, value string
		status       int
		want         string
	}{
		"good":             {"state", "s", 303, ""},
		"another redirect": {"redirect_uri", "http://127.0.0.1/cb/", 400, ""},
		"another client":   {"client_id", "x", 400, ""},
		"a token":          {"response_type", "token", 303, "unsupported_response_type"},
		"no PKCE":          {"code_challenge", "", 303, "invalid_request"},
		"plain PKCE":       {"code_challenge_method", "plain", 303, "invalid_request"},
		"no openid":        {"scope", "email", 303, "invalid_scope"},
		"no nonce":         {"nonce", "", 303, "invalid_scope"},
	} {
		request := goodRequest()
		request.Set(c.field, c.value)
		status, answer := authorize(t, s, request)
		if status != c.status || answer.Get("error") != c.want || (answer.Get("code") != "") != (name == "good") {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestTokenRefuses(t *testing.T) {
	s := oauthtest.New()
	defer s.Close()
	post := url.Values{"client_id": {oauthtest.ClientID}, "client_secret": {oauthtest.ClientSecret}}
	for name, c := range map[string]struct {
		basic  bool
		change url.Values
		status int
		want   string
	}{
		"basic":            {true, nil, 200, ""},
		"post":             {false, post, 200, ""},
		"two ways":         {true, post, 401, "invalid_client"},
		"no way":           {false, nil, 401, "invalid_client"},
		"another secret":   {false, url.Values{"client_id": {oauthtest.ClientID}, "client_secret": {"x"}}, 401, "invalid_client"},
		"another verifier": {true, url.Values{"code_verifier": {"x"}}, 400, "invalid_grant"},
		"no verifier":      {true, url.Values{"code_verifier": nil}, 400, "invalid_grant"},
		"another redirect": {true, url.Values{"redirect_uri": {"http://127.0.0.1/x"}}, 400, "invalid_grant"},
		"another code":     {true, url.Values{"code": {"x"}}, 400, "invalid_grant"},
		"another grant":    {true, url.Values{"grant_type": {"password"}}, 400, "unsupported_grant_type"},
	} {
		_, answer := authorize(t, s, goodRequest())
		form := url.Values{"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {"http://127.0.0.1/cb"}, "code_verifier": {verifier}}
		maps.Copy(form, c.change)
		if status, got := redeem(t, s, c.basic, form); status != c.status || got != c.want {
			t.Errorf("%s: %d %s", name, status, got)
		}
		if status, got := redeem(t, s, true, form); c.status == 200 && (status == 200 || got == "") {
			t.Errorf("%s: a code twice: %d %s", name, status, got)
		}
	}
}

// The Server refuses a logout and a revocation that a strict provider refuses.
func TestLogoutRefuses(t *testing.T) {
	s := oauthtest.New()
	defer s.Close()
	s.Change(func(set *oauthtest.Settings) { set.PostLogoutURIs = []string{"http://127.0.0.1/bye"} })
	for target, want := range map[string]int{
		"client_id=notes": 200, "client_id=notes&post_logout_redirect_uri=http://127.0.0.1/bye": 303,
		"": 400, "client_id=x": 400, "client_id=notes&post_logout_redirect_uri=http://127.0.0.1/": 400,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/logout?"+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q: %d", target, res.StatusCode)
		}
	}
	for form, want := range map[string]int{
		"token=x&client_id=notes&client_secret=" + url.QueryEscape(oauthtest.ClientSecret): 200,
		"client_id=notes&client_secret=" + url.QueryEscape(oauthtest.ClientSecret):         400,
		"token=x": 401,
		"token=x&client_id=notes&client_secret=x": 401,
	} {
		res, err := http.Post(s.URL+"/revoke", "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q: %d", form, res.StatusCode)
		}
	}
}
