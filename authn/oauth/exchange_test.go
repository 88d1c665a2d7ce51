package oauth_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// answerToken makes the token endpoint answer with a status, a type and a body.
func answerToken(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/token" {
			return false
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// Each fault of the token endpoint is 503 after one request, and the record has no secret.
func TestTokenEndpointFaults(t *testing.T) {
	const json = "application/json"
	for name, c := range map[string]struct {
		hostile func(http.ResponseWriter, *http.Request) bool
		token   func(map[string]any)
		cause   string
	}{
		"400 with HTML":           {answerToken(400, "text/html", "<html>hunter2"), nil, `status 400 and error ""`},
		"200 with HTML":           {answerToken(200, "text/html", "<html>hunter2"), nil, "something else than a token response"},
		"empty":                   {answerToken(200, json, ""), nil, "something else than a token response"},
		"an array":                {answerToken(200, json, `["hunter2"]`), nil, "something else than a token response"},
		"a number as token":       {answerToken(200, json, `{"access_token":7}`), nil, "something else than a token response"},
		"no access token":         {answerToken(200, json, `{"token_type":"Bearer"}`), nil, "something else than a token response"},
		"an error with 200":       {answerToken(200, json, `{"error":"invalid_client","error_description":"hunter2"}`), nil, `status 200 and error "invalid_client"`},
		"an error that is a text": {answerToken(400, json, `{"error":"hunter2 <b>"}`), nil, `status 400 and error "another text"`},
		"the secret is refused":   {answerToken(401, json, `{"error":"invalid_client"}`), nil, `status 401 and error "invalid_client"`},
		"500":                     {answerToken(500, json, `{"hunter2":1}`), nil, "status 500"},
		"a form that is cut off":  {answerToken(200, "text/plain", "access_token=hunter2&x="+strings.Repeat("a", 1<<20)), nil, "longer than 1 MiB"},
		"2 MiB":                   {answerToken(200, json, strings.Repeat(" ", 2<<20)), nil, "longer than 1 MiB"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			}
			return r.URL.Path == "/token"
		}, nil, "a redirect"},
		"a connection that breaks": {func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				panic(http.ErrAbortHandler)
			}
			return false
		}, nil, "EOF"},
		"no ID token":               {nil, func(m map[string]any) { delete(m, "id_token") }, "no id_token"},
		"an ID token that is null":  {nil, func(m map[string]any) { m["id_token"] = nil }, "no id_token"},
		"an ID token that is a map": {nil, func(m map[string]any) { m["id_token"] = map[string]any{} }, "no id_token"},
		"token_type mac":            {nil, func(m map[string]any) { m["token_type"] = "mac" }, "token_type"},
		"token_type DPoP":           {nil, func(m map[string]any) { m["token_type"] = "DPoP" }, "token_type"},
		"token_type N_A":            {nil, func(m map[string]any) { m["token_type"] = "N_A" }, "token_type"},
	} {
		provider := oauthtest.New()
		s := newSite(t, provider, nil)
		provider.Change(func(set *oauthtest.Settings) { set.Hostile, set.Token = c.hostile, c.token })
		v := newBrowser(t).open(s.URL + "/login")
		code, cause, _ := s.lastCode()
		if v.StatusCode != 503 || code != "authentication_unavailable" || !strings.Contains(cause, c.cause) || v.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s %q, want %q", name, v.StatusCode, code, cause, c.cause)
		}
		if strings.Contains(cause+v.text, "hunter2") || strings.Contains(cause, "http://") {
			t.Errorf("%s: the record has %q", name, cause)
		}
		if provider.Requests("/token") != 1 || provider.Requests("/elsewhere") != 0 || len(s.identities()) != 0 {
			t.Errorf("%s: %d requests, %d logins", name, provider.Requests("/token"), len(s.identities()))
		}
		provider.Close()
	}
}

// Answers in the forms of real providers are accepted.
func TestTokenResponses(t *testing.T) {
	for name, token := range map[string]func(map[string]any){
		"no token_type":       func(m map[string]any) { delete(m, "token_type") },
		"lower case":          func(m map[string]any) { m["token_type"] = "bearer" },
		"expires_in, string":  func(m map[string]any) { m["expires_in"] = "300" },
		"no expires_in":       func(m map[string]any) { delete(m, "expires_in") },
		"with refresh token":  func(m map[string]any) { m["refresh_token"] = "r" },
		"with many a member":  func(m map[string]any) { m["x"] = map[string]any{"y": []any{1, nil}} },
		"no at_hash is asked": func(map[string]any) {},
	} {
		provider := oauthtest.New()
		s := newSite(t, provider, nil)
		provider.Change(func(set *oauthtest.Settings) { set.Token = token })
		if v := newBrowser(t).open(s.URL + "/login"); v.StatusCode != 200 || len(s.identities()) != 1 {
			t.Errorf("%s: %d %s", name, v.StatusCode, v.text)
		}
		provider.Close()
	}
}

// A provider that hangs costs Config.Budget and one request.
func TestTokenEndpointHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		cfg := goodConfig()
		cfg.Endpoints = oauth.Endpoints{Authorization: "https://id.example/a", Token: "https://id.example/t"}
		cfg.UserInfo, cfg.Budget = noProfile, 7*time.Second
		cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			asked++
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(30 * time.Second):
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			}
		})
		c := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
		started := mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil))
		state := mwtest.Must[*url.URL](t)(started.Location()).Query().Get("state")
		r := httptest.NewRequest("GET", "/login/callback?code=x&state="+state, nil)
		r.AddCookie(started.Cookies()[0])
		before := time.Now()
		res := mwtest.Do(http.HandlerFunc(c.ServeCallback), r)
		if took := time.Since(before); took != 7*time.Second || asked != 1 {
			t.Errorf("%v, %d requests", took, asked)
		}
		mwtest.Refused(t, res, 503, "authentication_unavailable")

		// A user that closes the window is no outage.
		started = mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil))
		state = mwtest.Must[*url.URL](t)(started.Location()).Query().Get("state")
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, leave)
		r = httptest.NewRequest("GET", "/login/callback?code=x&state="+state, nil).WithContext(ctx)
		r.AddCookie(started.Cookies()[0])
		logger, log := mwtest.Log()
		errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
		before = time.Now()
		mwtest.Do(errs.Handler(http.HandlerFunc(c.ServeCallback)), r)
		if records := log(); time.Since(before) != 2*time.Second || len(records) != 1 || records[0]["status"] != 499.0 || records[0]["events"] != nil {
			t.Errorf("after %v: %v", time.Since(before), records)
		}
	})
}

// The client authenticates in the one way that its metadata and Config name.
func TestAuthMethods(t *testing.T) {
	for name, c := range map[string]struct {
		methods []string // of the provider
		hidden  bool     // the metadata do not list them
		config  func(*oauth.Config)
		status  int
		cause   string
	}{
		"basic":                {[]string{"client_secret_basic"}, false, nil, 200, ""},
		"post":                 {[]string{"client_secret_post"}, false, nil, 200, ""},
		"both":                 {nil, false, nil, 200, ""},
		"unlisted":             {[]string{"client_secret_basic"}, true, nil, 200, ""},
		"unlisted, post":       {[]string{"client_secret_post"}, true, func(c *oauth.Config) { c.AuthMethod = "client_secret_post" }, 200, ""},
		"unlisted, wrong":      {[]string{"client_secret_post"}, true, nil, 503, "invalid_client"},
		"post by choice":       {nil, false, func(c *oauth.Config) { c.AuthMethod = "client_secret_post" }, 200, ""},
		"not the chosen one":   {[]string{"client_secret_post"}, false, func(c *oauth.Config) { c.AuthMethod = "client_secret_basic" }, 503, "token_endpoint_auth_methods_supported"},
		"none":                 {[]string{"none"}, false, func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" }, 200, ""},
		"none, unlisted":       {[]string{"none"}, true, func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" }, 200, ""},
		"none, other listed":   {[]string{"none"}, false, func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" }, 200, ""},
		"private_key_jwt":      {[]string{"private_key_jwt"}, false, func(c *oauth.Config) { c.ClientSecret, c.Signer = "", newSigner(t) }, 200, ""},
		"private_key_jwt only": {[]string{"private_key_jwt"}, false, nil, 503, "token_endpoint_auth_methods_supported"},
		"no private_key_jwt":   {nil, false, func(c *oauth.Config) { c.ClientSecret, c.Signer = "", newSigner(t) }, 503, "token_endpoint_auth_methods_supported"},
		"tls_client_auth":      {[]string{"tls_client_auth"}, false, nil, 503, "token_endpoint_auth_methods_supported"},
	} {
		provider := oauthtest.New()
		provider.Change(func(set *oauthtest.Settings) {
			set.AuthMethods = c.methods
			if c.hidden {
				set.Metadata = func(m map[string]any) { delete(m, "token_endpoint_auth_methods_supported") }
			}
			if strings.HasSuffix(name, "other listed") {
				set.Metadata = func(m map[string]any) { m["token_endpoint_auth_methods_supported"] = []string{"client_secret_basic"} }
			}
		})
		s := newSite(t, provider, c.config)
		v := newBrowser(t).open(s.URL + "/login")
		_, cause, _ := s.lastCode()
		if v.StatusCode != c.status || !strings.Contains(cause, c.cause) || provider.Requests("/token") > 1 {
			t.Errorf("%s: %d %q, %d requests", name, v.StatusCode, cause, provider.Requests("/token"))
		}
		provider.Close()
	}
}

// fake returns an ID token in place of the good one, with the claims of the good one.
func fake(provider *oauthtest.Server, make func(claims map[string]any) string) func(map[string]any) {
	return func(answer map[string]any) {
		part := strings.Split(answer["id_token"].(string), ".")[1]
		text, _ := base64.RawURLEncoding.DecodeString(part)
		var claims map[string]any
		_ = json.NewDecoder(bytes.NewReader(text)).Decode(&claims)
		answer["id_token"] = make(claims)
	}
}

func encode(v map[string]any) string {
	text, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(text)
}

// ID tokens that are not the one of this login, or cannot be trusted.
func TestIDTokens(t *testing.T) {
	set := func(name string, value any) func(map[string]any) { return func(m map[string]any) { m[name] = value } }
	drop := func(name string) func(map[string]any) { return func(m map[string]any) { delete(m, name) } }
	ago := func(name string, d time.Duration) func(map[string]any) {
		return func(m map[string]any) { m[name] = time.Now().Add(-d).Unix() }
	}
	for name, c := range map[string]struct {
		claims, header func(map[string]any)
		token          func(*oauthtest.Server) func(map[string]any)
		status         int
		cause          string
	}{
		"good":                      {nil, nil, nil, 200, ""},
		"typ absent (Apple)":        {nil, drop("typ"), nil, 200, ""},
		"24 h (Apple)":              {ago("exp", -24*time.Hour), nil, nil, 200, ""},
		"jti (Okta)":                {set("jti", "x"), nil, nil, 200, ""},
		"azp (Google)":              {set("azp", "notes"), nil, nil, 200, ""},
		"aud array with azp":        {func(m map[string]any) { m["aud"], m["azp"] = []string{"notes", "other"}, "notes" }, nil, nil, 200, ""},
		"iat 59 s ahead":            {ago("iat", -50*time.Second), nil, nil, 200, ""},
		"expired 50 s ago":          {func(m map[string]any) { ago("exp", 50*time.Second)(m); ago("iat", time.Hour)(m) }, nil, nil, 200, ""},
		"no at_hash":                {drop("at_hash"), nil, nil, 200, ""},
		"an odd e-mail":             {set("email", 7), nil, nil, 200, ""},
		"e-mail in another case":    {set("Email", "eve@example.com"), nil, nil, 200, ""},
		"nonce of another":          {set("nonce", "other"), nil, nil, 400, "nonce"},
		"no nonce":                  {drop("nonce"), nil, nil, 400, "nonce"},
		"an empty nonce":            {set("nonce", ""), nil, nil, 400, "nonce"},
		"at_hash of another":        {set("at_hash", "x"), nil, nil, 400, "at_hash"},
		"iss of another":            {set("iss", "https://evil.example"), nil, nil, 400, "issuer"},
		"no iss":                    {drop("iss"), nil, nil, 400, "iss"},
		"aud of another":            {set("aud", "other"), nil, nil, 400, "audience"},
		"aud array without azp":     {set("aud", []string{"notes", "other"}), nil, nil, 400, "azp"},
		"azp of another":            {set("azp", "other"), nil, nil, 400, "azp"},
		"no sub":                    {drop("sub"), nil, nil, 400, "sub"},
		"an empty sub":              {set("sub", ""), nil, nil, 400, "sub"},
		"expired 62 s ago":          {func(m map[string]any) { ago("exp", 62*time.Second)(m); ago("iat", time.Hour)(m) }, nil, nil, 400, "expired"},
		"iat 70 s ahead":            {func(m map[string]any) { ago("iat", -70*time.Second)(m) }, nil, nil, 400, "not valid yet"},
		"25 h":                      {ago("exp", -25*time.Hour), nil, nil, 400, "exp"},
		"an access token":           {nil, set("typ", "at+jwt"), nil, 400, "type"},
		"a logout token":            {nil, set("typ", "logout+jwt"), nil, 400, "type"},
		"a logout token by events":  {set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}), nil, nil, 400, "jwtauth"},
		"a critical header":         {nil, set("crit", []string{"x"}), nil, 400, "malformed"},
		"another key":               {nil, set("kid", "2"), nil, 400, "kid"},
		"alg none":                  {nil, nil, withoutSignature, 400, "three segments"},
		"alg none, and a signature": {nil, set("alg", "none"), nil, 400, "alg"},
		"HS256 by client secret":    {nil, nil, signedBySecret, 400, "alg"},
		"a changed claim":           {nil, nil, changedClaim, 400, "signature"},
		"not a token":               {nil, nil, func(*oauthtest.Server) func(map[string]any) { return set("id_token", "hunter2") }, 400, "malformed"},
		"a token of 9 KiB":          {set("groups", strings.Repeat("g", 9<<10)), nil, nil, 400, "MaxToken"},
		"a name twice":              {nil, nil, nameTwice, 400, "malformed"},
	} {
		provider := oauthtest.New()
		s := newSite(t, provider, nil)
		provider.Change(func(set *oauthtest.Settings) {
			set.Claims, set.Header = c.claims, c.header
			if c.token != nil {
				set.Token = c.token(provider)
			}
		})
		v := newBrowser(t).open(s.URL + "/login")
		code, cause, _ := s.lastCode()
		if v.StatusCode != c.status || !strings.Contains(cause, c.cause) || c.status == 400 && code != "login_response_invalid" {
			t.Errorf("%s: %d %s %q, want %d %q", name, v.StatusCode, code, cause, c.status, c.cause)
		}
		if logins := len(s.identities()); (logins == 1) != (c.status == 200) || strings.Contains(cause, "hunter2") {
			t.Errorf("%s: %d logins, %q", name, logins, cause)
		}
		provider.Close()
	}
}

func withoutSignature(p *oauthtest.Server) func(map[string]any) {
	return fake(p, func(claims map[string]any) string {
		return encode(map[string]any{"alg": "none"}) + "." + encode(claims) + "."
	})
}

func signedBySecret(p *oauthtest.Server) func(map[string]any) {
	return fake(p, func(claims map[string]any) string {
		signed := encode(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + encode(claims)
		h := hmac.New(sha256.New, []byte(oauthtest.ClientSecret))
		h.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	})
}

func changedClaim(p *oauthtest.Server) func(map[string]any) {
	return func(answer map[string]any) {
		parts := strings.Split(answer["id_token"].(string), ".")
		fake(p, func(claims map[string]any) string {
			claims["sub"] = "admin"
			return parts[0] + "." + encode(claims) + "." + parts[2]
		})(answer)
	}
}

func nameTwice(p *oauthtest.Server) func(map[string]any) {
	return fake(p, func(claims map[string]any) string {
		text, _ := json.Marshal(claims)
		return p.SignText(map[string]any{"alg": "ES256", "kid": "1"}, `{"sub":"admin",`+string(text[1:]))
	})
}

// A step-up is verified, and not only asked for.
func TestStepUp(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	var request oauth.Request
	s.handle("/step-up", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return s.login.Start(w, r, request) }).ServeHTTP)
	at := func(ago time.Duration) any { return time.Now().Add(-ago).Unix() }
	for name, c := range map[string]struct {
		request  oauth.Request
		authTime func() any
		acr      any
		status   int
		cause    string
	}{
		"nothing asked":     {oauth.Request{}, func() any { return nil }, nil, 200, ""},
		"fresh":             {oauth.Request{MaxAge: 5 * time.Minute}, func() any { return at(4 * time.Minute) }, nil, 200, ""},
		"new":               {oauth.Request{MaxAge: 1}, func() any { return at(0) }, nil, 200, ""},
		"stale":             {oauth.Request{MaxAge: 5 * time.Minute}, func() any { return at(7 * time.Minute) }, nil, 400, "auth_time"},
		"not new":           {oauth.Request{MaxAge: 1}, func() any { return at(2 * time.Minute) }, nil, 400, "auth_time"},
		"no auth_time":      {oauth.Request{MaxAge: time.Hour}, func() any { return nil }, nil, 400, "auth_time"},
		"in the future":     {oauth.Request{MaxAge: time.Hour}, func() any { return at(-3 * time.Minute) }, nil, 400, "not valid yet"},
		"strong":            {oauth.Request{ACR: []string{"gold", "silver"}}, func() any { return nil }, "silver", 200, ""},
		"weak":              {oauth.Request{ACR: []string{"gold", "silver"}}, func() any { return nil }, "tin", 400, "acr"},
		"in another case":   {oauth.Request{ACR: []string{"gold"}}, func() any { return nil }, "Gold", 400, "acr"},
		"no acr":            {oauth.Request{ACR: []string{"gold"}}, func() any { return nil }, nil, 400, "acr"},
		"strong, not fresh": {oauth.Request{ACR: []string{"gold"}, MaxAge: time.Minute}, func() any { return at(time.Hour) }, "gold", 400, "auth_time"},
	} {
		request = c.request
		before := len(s.identities())
		provider.Change(func(set *oauthtest.Settings) {
			set.Claims = func(m map[string]any) {
				delete(m, "auth_time")
				delete(m, "acr")
				if v := c.authTime(); v != nil {
					m["auth_time"] = v
				}
				if c.acr != nil {
					m["acr"] = c.acr
				}
			}
		})
		v := newBrowser(t).open(s.URL + "/step-up")
		_, cause, _ := s.lastCode()
		if v.StatusCode != c.status || !strings.Contains(cause, c.cause) {
			t.Errorf("%s: %d %q", name, v.StatusCode, cause)
		}
		ids := s.identities()
		if c.status != 200 {
			continue
		}
		if got := ids[before]; fmt.Sprint(got.ACR) != fmt.Sprint(orEmpty(c.acr)) || c.request.MaxAge > 0 && time.Since(got.AuthTime) > 5*time.Minute {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}
