package oauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func goodConfig() oauth.Config {
	return oauth.Config{
		Issuer: "https://id.example", ClientID: "notes", ClientSecret: "hunter2", RedirectURL: "https://app.example/login/callback",
		CookieKeys: [][]byte{cookieKey},
		OnLogin:    func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil },
	}
}

func noProfile(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{}, nil }

func noLogout(context.Context, oauth.Logout) error { return nil }

func newSigner(t *testing.T) *jwtissuer.AssertionSigner {
	t.Helper()
	key := mwtest.Must[jwtissuer.SigningKey](t)(jwtissuer.GenerateKey(jwks.ES256))
	return mwtest.Must[*jwtissuer.AssertionSigner](t)(jwtissuer.NewAssertionSigner(jwtissuer.AssertionConfig{ClientID: "notes", Audience: "https://id.example", Key: key}))
}

func TestConfigFaults(t *testing.T) {
	endpoints := oauth.Endpoints{Authorization: "https://id.example/a", Token: "https://id.example/t"}
	tenants := "https://login.example/{tenantid}/v2.0"
	for name, c := range map[string]struct {
		change func(*oauth.Config)
		faults []string
	}{
		"good":               {func(*oauth.Config) {}, nil},
		"loopback":           {func(c *oauth.Config) { c.Issuer, c.RedirectURL = "http://127.0.0.1:1", "http://localhost:2/cb" }, nil},
		"issuer, slash":      {func(c *oauth.Config) { c.Issuer += "/" }, nil},
		"issuer, http":       {func(c *oauth.Config) { c.Issuer = "http://id.example" }, []string{"oauth: Issuer: is not https"}},
		"issuer, named http": {func(c *oauth.Config) { c.Issuer, c.InsecureHTTPHosts = "http://keycloak:8080", []string{"keycloak"} }, nil},
		"issuer, query":      {func(c *oauth.Config) { c.Issuer += "?a" }, []string{"oauth: Issuer: has a query"}},
		"hosts":              {func(c *oauth.Config) { c.InsecureHTTPHosts = []string{"*"} }, []string{"oauth: InsecureHTTPHosts[0]: "}},
		"client ID":          {func(c *oauth.Config) { c.ClientID = "a b" }, []string{`oauth: ClientID: "a b": `}},
		"no secret":          {func(c *oauth.Config) { c.ClientSecret = "" }, []string{"oauth: ClientSecret: is empty"}},
		"no secret, said":    {func(c *oauth.Config) { c.ClientSecret, c.AuthMethod = "", "none" }, nil},
		"none and a secret":  {func(c *oauth.Config) { c.AuthMethod = "none" }, []string{"oauth: ClientSecret: stands beside"}},
		"auth method":        {func(c *oauth.Config) { c.AuthMethod = "client_secret_jwt" }, []string{`oauth: AuthMethod: "client_secret_jwt": `}},
		"post":               {func(c *oauth.Config) { c.AuthMethod = "client_secret_post" }, nil},
		"signer":             {func(c *oauth.Config) { c.ClientSecret, c.Signer = "", newSigner(t) }, nil},
		"signer and secret":  {func(c *oauth.Config) { c.Signer = newSigner(t) }, []string{"oauth: ClientSecret: stands beside"}},
		"signer and post":    {func(c *oauth.Config) { c.ClientSecret, c.Signer, c.AuthMethod = "", newSigner(t), "client_secret_post" }, []string{"oauth: ClientSecret: stands beside"}},
		"redirect, empty":    {func(c *oauth.Config) { c.RedirectURL = "" }, []string{"oauth: RedirectURL: is empty"}},
		"redirect, http":     {func(c *oauth.Config) { c.RedirectURL = "http://app.example/cb" }, []string{"oauth: RedirectURL: is not https"}},
		"redirect, query":    {func(c *oauth.Config) { c.RedirectURL += "?a=b" }, []string{"oauth: RedirectURL: "}},
		"redirect, fragment": {func(c *oauth.Config) { c.RedirectURL += "#a" }, []string{"oauth: RedirectURL: has a fragment"}},
		"redirect, no path":  {func(c *oauth.Config) { c.RedirectURL = "https://app.example" }, []string{"oauth: RedirectURL: "}},
		"redirect, //":       {func(c *oauth.Config) { c.RedirectURL = "https://app.example//evil" }, []string{"oauth: RedirectURL: "}},
		"no keys":            {func(c *oauth.Config) { c.CookieKeys = nil }, []string{"oauth: CookieKeys: is empty"}},
		"short keys":         {func(c *oauth.Config) { c.CookieKeys = [][]byte{cookieKey, cookieKey[:31], nil} }, []string{"oauth: CookieKeys[1]: is shorter", "oauth: CookieKeys[2]: is shorter"}},
		"no OnLogin":         {func(c *oauth.Config) { c.OnLogin = nil }, []string{"oauth: OnLogin: is nil"}},
		"no openid":          {func(c *oauth.Config) { c.Scopes = []string{"email"} }, []string{`oauth: Scopes: "email": `}},
		"scopes in one":      {func(c *oauth.Config) { c.Scopes = []string{"openid", "openid email"} }, []string{`oauth: Scopes[1]: "openid email": `}},
		"own parameter":      {func(c *oauth.Config) { c.AuthParams = map[string]string{"state": "a", "hd": "b", "": "c"} }, []string{`oauth: AuthParams: "state": `, `oauth: AuthParams: "": `}},
		"pages":              {func(c *oauth.Config) { c.StartPath, c.DefaultPage = "login", "//evil" }, []string{`oauth: StartPath: "login": `, `oauth: DefaultPage: "//evil": `}},
		"a circle":           {func(c *oauth.Config) { c.DefaultPage = "/login?a" }, []string{`oauth: DefaultPage: "/login?a": `}},
		"a circle, query":    {func(c *oauth.Config) { c.StartPath, c.DefaultPage = "/start?with=a", "/start?b" }, []string{`oauth: DefaultPage: "/start?b": `}},
		"one path":           {func(c *oauth.Config) { c.StartPath = "/login/callback" }, []string{`oauth: StartPath: "/login/callback": `}},
		"another circle":     {func(c *oauth.Config) { c.DefaultPage = "/login/callback#a" }, []string{`oauth: DefaultPage: "/login/callback#a": `}},
		"budget":             {func(c *oauth.Config) { c.Budget = time.Millisecond }, []string{`oauth: Budget: "1ms": `}},
		"budget, negative":   {func(c *oauth.Config) { c.Budget = -time.Second }, []string{`oauth: Budget: `}},
		"transport":          {func(c *oauth.Config) { c.Transport = (*http.Transport)(nil) }, []string{"oauth: Transport: is a nil pointer"}},
		"max token":          {func(c *oauth.Config) { c.MaxToken = 1 << 20 }, []string{"oauth: MaxToken: "}},
		"a nil source":       {func(c *oauth.Config) { c.Keys = (*jwks.RemoteKeys)(nil) }, []string{"oauth: Keys: is nil"}},
		"endpoints":          {func(c *oauth.Config) { c.Endpoints = endpoints; c.Keys = jwks.Remote("https://id.example/k") }, nil},
		"endpoints, no keys": {func(c *oauth.Config) { c.Endpoints = endpoints }, []string{"oauth: Keys: is nil"}},
		"one endpoint":       {func(c *oauth.Config) { c.Endpoints.Token = "https://id.example/t"; c.UserInfo = noProfile }, []string{"oauth: Endpoints.Authorization: is empty"}},
		"endpoint, http": {func(c *oauth.Config) {
			c.Endpoints = endpoints
			c.Endpoints.Token = "http://id.example"
			c.UserInfo = noProfile
		}, []string{"oauth: Endpoints.Token: is not https"}},
		"logout": {func(c *oauth.Config) {
			c.OnLogout, c.Logouts, c.AfterLogoutURL = noLogout, new(logoutstore.Memory), "http://127.0.0.1:1/bye?a"
		}, nil},
		"logout, no store":  {func(c *oauth.Config) { c.OnLogout = noLogout }, []string{"oauth: Logouts: is nil"}},
		"store, no logout":  {func(c *oauth.Config) { c.Logouts = new(logoutstore.Memory) }, []string{"oauth: OnLogout: is nil"}},
		"logout, nil store": {func(c *oauth.Config) { c.OnLogout, c.Logouts = noLogout, (*logoutstore.Memory)(nil) }, []string{"oauth: Logouts: is nil"}},
		"logout types": {func(c *oauth.Config) {
			c.OnLogout, c.Logouts, c.LogoutTypes = noLogout, new(logoutstore.Memory), []string{"a b"}
		}, []string{`oauth: LogoutTypes[0]: "a b": `}},
		"logout, plain": {func(c *oauth.Config) {
			c.Endpoints, c.UserInfo, c.OnLogout, c.Logouts = endpoints, noProfile, noLogout, new(logoutstore.Memory)
		}, []string{"oauth: OnLogout: stands beside UserInfo"}},
		"after logout": {func(c *oauth.Config) { c.AfterLogoutURL = "http://app.example/bye" }, []string{"oauth: AfterLogoutURL: is not https"}},
		"revocation, http": {func(c *oauth.Config) {
			c.Endpoints, c.UserInfo = endpoints, noProfile
			c.Endpoints.Revocation = "http://id.example/r"
		}, []string{"oauth: Endpoints.Revocation: is not https"}},
		"end, http":        {func(c *oauth.Config) { c.Endpoints, c.UserInfo = endpoints, noProfile; c.Endpoints.EndSession = "/r" }, []string{"oauth: Endpoints.EndSession: "}},
		"plain":            {func(c *oauth.Config) { c.Endpoints = endpoints; c.UserInfo = noProfile }, nil},
		"plain and openid": {func(c *oauth.Config) { c.UserInfo = noProfile; c.Scopes = []string{"openid"} }, []string{`oauth: Scopes: "openid": `}},
		"plain and asked":  {func(c *oauth.Config) { c.UserInfo = noProfile; c.AskUserInfo = true }, []string{"oauth: UserInfo: stands beside"}},
		"asked where": {func(c *oauth.Config) {
			c.AskUserInfo, c.Endpoints, c.Keys = true, endpoints, jwks.Remote("https://id.example/k")
		}, []string{"oauth: Endpoints.UserInfo: is empty"}},
		"tenants": {func(c *oauth.Config) {
			c.Issuer, c.Endpoints, c.Keys, c.DangerouslyAnyTenant = tenants, endpoints, jwks.Remote("https://id.example/k"), true
		}, nil},
		"tenants, none listed": {func(c *oauth.Config) {
			c.Issuer, c.Endpoints, c.Keys = tenants, endpoints, jwks.Remote("https://id.example/k")
		}, []string{"oauth: Tenants: "}},
		"tenants, discovered": {func(c *oauth.Config) { c.Issuer, c.DangerouslyAnyTenant = tenants, true }, []string{"oauth: Endpoints: is empty"}},
		"tenants, plain":      {func(c *oauth.Config) { c.Issuer, c.Endpoints, c.UserInfo = tenants, endpoints, noProfile }, []string{"oauth: Issuer: "}},
	} {
		cfg := goodConfig()
		c.change(&cfg)
		client, err := oauth.New(cfg)
		if mwtest.Faults(t, err, c.faults...); t.Failed() {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(strings.Join(c.faults, ""), "hunter2") || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the secret", name)
		}
		if client != nil {
			_ = client.Close()
		}
	}
}

// The zero Config has every fault at once.
func TestZeroConfig(t *testing.T) {
	_, err := oauth.New(oauth.Config{})
	mwtest.Faults(t, err, "oauth: Issuer: ", "oauth: ClientID: ", "oauth: ClientSecret: ", "oauth: RedirectURL: ", "oauth: CookieKeys: ", "oauth: OnLogin: ")
}

// New keeps copies: a later change of Config changes nothing.
func TestConfigIsCopied(t *testing.T) {
	cfg := goodConfig()
	cfg.Endpoints, cfg.UserInfo = oauth.Endpoints{Authorization: "https://id.example/a", Token: "https://id.example/t"}, noProfile
	cfg.AuthParams, cfg.Scopes = map[string]string{"hd": "a.example"}, []string{"read"}
	c := mwtest.Must[*oauth.Client](t)(oauth.New(cfg))
	cfg.AuthParams["hd"], cfg.Scopes[0], cfg.CookieKeys[0] = "b.example", "write", nil
	to := mwtest.Must[*url.URL](t)(mwtest.Do(http.HandlerFunc(c.ServeStart), httptest.NewRequest("GET", "/login", nil)).Location())
	if q := to.Query(); q.Get("hd") != "a.example" || q.Get("scope") != "read" {
		t.Errorf("%v", q)
	}
}
