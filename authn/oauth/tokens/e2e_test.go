package tokens_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/tokens"
	"github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// loginAt returns a client of the provider, and the tokens of a login over the wire.
func loginAt(t testing.TB, provider *oauthtest.Server) (*oauth.Client, oauth.Tokens) {
	t.Helper()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	var got oauth.Tokens
	login := mwtest.Must[*oauth.Client](t)(oauth.New(oauth.Config{
		Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret,
		RedirectURL: site.URL + "/login/callback", CookieKeys: [][]byte{key}, Scopes: []string{"openid", "offline_access"},
		OnLogin: func(_ http.ResponseWriter, _ *http.Request, id oauth.Identity) error { got = id.Tokens; return nil },
	}))
	t.Cleanup(func() { _ = login.Close() })
	mux.HandleFunc("/login", login.ServeStart)
	mux.HandleFunc("/login/callback", login.ServeCallback)
	res := mwtest.Must[*http.Response](t)((&http.Client{Jar: newJar(t)}).Get(site.URL + "/login"))
	res.Body.Close()
	if got.Access == "" || got.Refresh == "" {
		t.Fatalf("the login has status %d", res.StatusCode)
	}
	return login, got
}

// Two processes on one Redis use tokens that are always nearly over, at a provider that ends all
// tokens if a refresh token is used twice.
func TestTwoProcesses(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	provider.Change(func(s *oauthtest.Settings) {
		s.Refresh = true
		s.Token = func(answer map[string]any) { answer["expires_in"] = 50 } // less than Early
	})
	login, got := loginAt(t, provider)
	server := redistest.Start(t)
	var keepers []*tokens.Keeper
	for range 2 {
		client := redis.NewClient(&redis.Options{Addr: server.Addr})
		store := mwtest.Must[*redisstore.Store](t)(redisstore.New(client, redisstore.Config{Timeout: redisTimeout}))
		t.Cleanup(func() { _, _ = store.Close(), client.Close() })
		keepers = append(keepers, newKeeper(t, store.Tokens(), login.Refresh))
	}
	save(t, keepers[0], "ann", got)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 20 {
				access, err := keepers[i%2].Access(t.Context(), "ann")
				if err != nil || !provider.Knows(access) {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	all.Wait()
	if refused := provider.Refused(); len(refused) > 0 || provider.Requests("/token") < 3 {
		t.Errorf("%d renewals, and the provider has refused %q", provider.Requests("/token"), refused)
	}
	removed := mwtest.Must[oauth.Tokens](t)(keepers[1].Remove(t.Context(), "ann"))
	if removed.ID == "" || removed.Refresh == got.Refresh {
		t.Error("the tokens are not the newest, or the ID token is lost")
	}
	wantErr(t, keepers[0], "ann", tokens.ErrNone)
}
