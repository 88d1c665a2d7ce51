package oauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A logoutSite is a site with back-channel logout.
type logoutSite struct {
	*site
	mu      sync.Mutex
	logouts []oauth.Logout
	fail    error // of OnLogout
	store   failingStore
}

// A failingStore fails at one of its next calls.
type failingStore struct {
	logoutstore.Memory
	mu   sync.Mutex
	at   int           // 1 is the next call; 0 is none
	keep time.Duration // the shortest of all entries
}

var errStore = errors.New("the store is down")

func (s *failingStore) call() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at--; s.at == 0 {
		return errStore
	}
	return nil
}

func (s *failingStore) Note(ctx context.Context, name string, at time.Time, keep time.Duration) error {
	if err := s.call(); err != nil {
		return err
	}
	if s.keep == 0 || keep < s.keep {
		s.keep = keep
	}
	return s.Memory.Note(ctx, name, at, keep)
}

func (s *failingStore) Noted(ctx context.Context, name string) (time.Time, error) {
	if err := s.call(); err != nil {
		return time.Time{}, err
	}
	return s.Memory.Noted(ctx, name)
}

func newLogoutSite(t *testing.T, sid any) *logoutSite {
	t.Helper()
	provider := oauthtest.New()
	t.Cleanup(provider.Close)
	l := &logoutSite{}
	l.site = newSite(t, provider, func(c *oauth.Config) { c.OnLogout, c.Logouts = l.onLogout, &l.store })
	l.handle("/backchannel-logout", l.login.ServeBackChannelLogout)
	provider.Change(func(set *oauthtest.Settings) {
		set.BackChannelURI = l.URL + "/backchannel-logout"
		if sid != nil {
			set.User["sid"] = sid
		}
	})
	return l
}

func (l *logoutSite) onLogout(_ context.Context, logout oauth.Logout) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.logouts = append(l.logouts, logout)
	return nil
}

// post posts a body to the handler, and returns the status.
func (l *logoutSite) post(t *testing.T, method, query, contentType, body string) (status int, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, l.URL+"/backchannel-logout"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text := mwtest.Must[[]byte](t)(io.ReadAll(res.Body))
	if res.StatusCode == http.StatusOK && len(text) > 0 || strings.Contains(string(text), "eyJ") {
		t.Errorf("the body is %q", text)
	}
	return res.StatusCode, res.Header
}

const formType = "application/x-www-form-urlencoded"

func (l *logoutSite) postToken(t *testing.T, token string) int {
	t.Helper()
	status, header := l.post(t, http.MethodPost, "", formType, url.Values{"logout_token": {token}}.Encode())
	if header.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", header)
	}
	return status
}

// A logout reaches OnLogout once, with the names that the login had.
func TestBackChannelLogout(t *testing.T) {
	l := newLogoutSite(t, "session-1")
	if v := newBrowser(t).open(l.URL + "/login"); v.StatusCode != http.StatusOK {
		t.Fatal(v.text)
	}
	id := l.identities()[0]
	before := time.Now()
	token := l.provider.LogoutToken(nil)
	if status := l.postToken(t, token); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	got := l.logouts[0]
	if got.Issuer != id.Issuer || got.SID != id.SID || got.SID != "session-1" || got.Subject != id.Subject {
		t.Errorf("%+v of the login %+v", got, id)
	}
	if got.Until.Before(before.Add(time.Second)) || got.Until.After(time.Now().Add(time.Second)) {
		t.Errorf("the logout is until %v, and it is %v", got.Until, time.Now())
	}
	if status := l.postToken(t, token); status != http.StatusBadRequest || len(l.logouts) != 1 {
		t.Errorf("used twice: status %d, %d logouts", status, len(l.logouts))
	}
	if code, cause, events := l.lastCode(); code != "logout_token_invalid" || !strings.Contains(cause, "used before") || events != "auth.failed" {
		t.Errorf("record %q, %q, %q", code, cause, events)
	}
	// A token that comes late ends no session that began after it.
	late := l.provider.LogoutToken(func(_, claims map[string]any) { claims["iat"] = time.Now().Unix() - 3600 })
	if status := l.postToken(t, late); status != http.StatusOK || time.Until(l.logouts[1].Until) > -50*time.Minute {
		t.Errorf("late: status %d, until %v", status, l.logouts[1].Until)
	}
	if l.store.keep < 2*time.Minute {
		t.Errorf("an entry lives for %v", l.store.keep)
	}
}

// What is no logout token of this provider for this client is refused, and ends nothing.
func TestLogoutTokenRefused(t *testing.T) {
	l := newLogoutSite(t, "session-1")
	claim := func(name string, value any) func(_, _ map[string]any) {
		return func(_, claims map[string]any) {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
	}
	now := time.Now().Unix()
	for name, change := range map[string]func(header, claims map[string]any){
		"nonce":          claim("nonce", "n"),
		"no events":      claim("events", nil),
		"other events":   claim("events", map[string]any{"x": map[string]any{}}),
		"other issuer":   claim("iss", "https://evil.example"),
		"other audience": claim("aud", "other"),
		"no jti":         claim("jti", nil),
		"no iat":         claim("iat", nil),
		"no exp":         claim("exp", nil),
		"expired":        func(_, claims map[string]any) { claims["iat"], claims["exp"] = now-300, now-120 },
		"nobody":         func(_, claims map[string]any) { delete(claims, "sid"); delete(claims, "sub") },
		"typ JWT":        func(header, _ map[string]any) { header["typ"] = "JWT" },
		"another key":    func(header, _ map[string]any) { header["kid"] = "2" },
	} {
		if status := l.postToken(t, l.provider.LogoutToken(change)); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
	}
	good := url.Values{"logout_token": {l.provider.LogoutToken(nil)}}.Encode()
	for name, c := range map[string]struct {
		method, query, contentType, body string
		status                           int
	}{
		"GET":           {"GET", "?" + good, "", "", 405},
		"PUT":           {"PUT", "", formType, good, 405},
		"in the query":  {"POST", "?" + good, formType, "", 400},
		"twice":         {"POST", "", formType, good + "&" + good, 400},
		"no form":       {"POST", "", "application/json", good, 400},
		"no token":      {"POST", "", formType, "logout_token=", 400},
		"a forged form": {"POST", "", formType, "%zz", 400},
		"a long form":   {"POST", "", formType, good + "&a=" + strings.Repeat("a", 70<<10), 400},
		"a long token":  {"POST", "", formType, "logout_token=" + strings.Repeat("a", 60<<10), 400},
		"forged":        {"POST", "", formType, good[:len(good)-4] + "AAAA", 400},
	} {
		status, header := l.post(t, c.method, c.query, c.contentType, c.body)
		if status != c.status || status == http.StatusMethodNotAllowed && header.Get("Allow") != http.MethodPost {
			t.Errorf("%s: status %d, %v", name, status, header)
		}
	}
	if len(l.logouts) > 0 {
		t.Errorf("%+v", l.logouts)
	}
	if status, _ := l.post(t, "POST", "", formType+"; charset=utf-8", good); status != http.StatusOK {
		t.Errorf("the good one: status %d", status)
	}
}

// A logout that has failed can be tried again with the same token.
func TestLogoutIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*logoutSite)
		status int
		calls  int // of OnLogout in all
	}{
		"OnLogout fails":             {func(l *logoutSite) { l.fail = errors.New("down: hunter2") }, 503, 1},
		"OnLogout knows a status":    {func(l *logoutSite) { l.fail = httperr.ErrInternal }, 500, 1},
		"the use is not read":        {func(l *logoutSite) { l.store.at = 1 }, 503, 1},
		"the session is not noted":   {func(l *logoutSite) { l.store.at = 2 }, 503, 1},
		"the use is not noted":       {func(l *logoutSite) { l.store.at = 3 }, 503, 2},
		"the keys cannot be fetched": {func(l *logoutSite) { l.provider.Change(func(s *oauthtest.Settings) { s.Hostile = noKeys }) }, 503, 1},
	} {
		l := newLogoutSite(t, "session-1")
		token := l.provider.LogoutToken(nil)
		c.breaks(l)
		if status := l.postToken(t, token); status != c.status {
			t.Errorf("%s: status %d", name, status)
		}
		if code, cause, events := l.lastCode(); c.status == 503 && (code != "authentication_unavailable" || cause == "" || events != "store.degraded") {
			t.Errorf("%s: record %q, %q, %q", name, code, cause, events)
		}
		l.fail = nil
		l.provider.Change(func(s *oauthtest.Settings) { s.Hostile = nil })
		status := l.postToken(t, token)
		for name == "the keys cannot be fetched" && status == 503 { // a key source pauses after a failure
			status = l.postToken(t, token)
		}
		if status != 200 || l.postToken(t, token) != 400 || len(l.logouts) != c.calls {
			t.Errorf("%s: tried again: status %d, %d logouts", name, status, len(l.logouts))
		}
	}
}

func noKeys(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path == "/jwks" {
		w.WriteHeader(http.StatusInternalServerError)
		return true
	}
	return false
}

// A login that is under way does not finish after the logout of its session. A login that
// begins later does, and so does one of another session.
func TestLogoutDuringLogin(t *testing.T) {
	for name, c := range map[string]struct {
		sid    any
		change func(header, claims map[string]any)
		status int
	}{
		"its session":         {"session-1", nil, 403},
		"all of its user":     {"session-1", func(_, claims map[string]any) { delete(claims, "sid") }, 403},
		"a user without sid":  {nil, nil, 403},
		"another session":     {"session-1", func(_, claims map[string]any) { claims["sid"] = "session-2" }, 200},
		"another user":        {nil, func(_, claims map[string]any) { claims["sub"] = "bob-2" }, 200},
		"sid alone":           {"session-1", func(_, claims map[string]any) { delete(claims, "sub") }, 403},
		"a name of two kinds": {"ann-1", func(_, claims map[string]any) { claims["sid"], claims["sub"] = "session-2", "ann-1" }, 200},
	} {
		l := newLogoutSite(t, c.sid)
		b := newBrowser(t)
		callback := b.pause(l.URL + "/login")
		if status := l.postToken(t, l.provider.LogoutToken(c.change)); status != http.StatusOK {
			t.Fatalf("%s: the logout has status %d", name, status)
		}
		v := b.finish(callback)
		if v.StatusCode != c.status || len(l.identities()) != map[int]int{200: 1, 403: 0}[c.status] {
			t.Errorf("%s: %d %s", name, v.StatusCode, v.text)
		}
		if code, cause, _ := l.lastCode(); c.status == 403 && (code != "login_denied" || !strings.Contains(cause, "has ended this session")) {
			t.Errorf("%s: record %q, %q", name, code, cause)
		}
		passMillisecond()
		if v := b.open(l.URL + "/login"); v.StatusCode != http.StatusOK {
			t.Errorf("%s: a later login: %d %s", name, v.StatusCode, v.text)
		}
		for at := range 2 {
			had := len(l.identities())
			l.store.at = 1 + at
			v := newBrowser(t).open(l.URL + "/login")
			if down := at == 0 || c.sid != nil; down && (v.StatusCode != 503 || len(l.identities()) != had) {
				t.Errorf("%s: with a store that fails: %d", name, v.StatusCode)
			}
			l.store.at = 0
		}
	}
}

// Two processes share their logouts on Redis. While one of them cannot reach it, its answer is
// 503, to a logout and to a login.
func TestLogoutsOnRedis(t *testing.T) {
	server := redistest.Start(t)
	var last *redisstore.Store // of the site two
	one, two := newLogoutSite(t, "session-1"), newLogoutSite(t, "session-1")
	for _, l := range []*logoutSite{one, two} {
		client := redis.NewClient(&redis.Options{Addr: server.Addr})
		store := mwtest.Must[*redisstore.Store](t)(redisstore.New(client, redisstore.Config{Timeout: time.Second}))
		defer func() { _, _ = store.Close(), client.Close() }()
		last = store
		l.site = newSite(t, one.provider, func(c *oauth.Config) { c.OnLogout, c.Logouts = l.onLogout, store.Logouts() })
		l.handle("/backchannel-logout", l.login.ServeBackChannelLogout)
	}
	b := newBrowser(t)
	callback := b.pause(two.URL + "/login")
	token := one.provider.LogoutToken(nil)
	if status := one.postToken(t, token); status != http.StatusOK || len(one.logouts) != 1 {
		t.Fatalf("status %d", status)
	}
	if status := two.postToken(t, token); status != http.StatusBadRequest || len(two.logouts) != 0 {
		t.Errorf("used at another process: status %d", status)
	}
	if v := b.finish(callback); v.StatusCode != http.StatusForbidden {
		t.Errorf("a login at another process: %d %s", v.StatusCode, v.text)
	}
	_ = last.Close()
	if status := two.postToken(t, one.provider.LogoutToken(nil)); status != http.StatusServiceUnavailable {
		t.Errorf("without Redis: status %d", status)
	}
	if v := newBrowser(t).open(two.URL + "/login"); v.StatusCode != http.StatusServiceUnavailable || len(two.identities()) != 0 {
		t.Errorf("a login without Redis: %d", v.StatusCode)
	}
}

// passMillisecond waits for a login that begins later than the last logout: both times have
// milliseconds.
func passMillisecond() {
	for at := time.Now().UnixMilli(); time.Now().UnixMilli() == at; {
	}
}

// A logout that comes while OnLogin runs ends the session that it starts, and the browser gets no
// cookie of it.
func TestLogoutDuringOnLogin(t *testing.T) {
	for name, fail := range map[string]error{"OnLogout ends it": nil, "OnLogout fails": errors.New("down")} {
		l := newLogoutSite(t, "session-1")
		l.site = newSite(t, l.provider, func(c *oauth.Config) {
			onLogin := c.OnLogin
			c.OnLogout, c.Logouts = l.onLogout, &l.store
			c.OnLogin = func(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
				if status := l.postToken(t, l.provider.LogoutToken(nil)); status != http.StatusOK {
					t.Errorf("the logout has status %d", status)
				}
				l.fail = fail
				return onLogin(w, r, id)
			}
		})
		l.handle("/backchannel-logout", l.login.ServeBackChannelLogout)
		b := newBrowser(t)
		v := b.finish(b.pause(l.URL + "/login"))
		if fail == nil && (v.StatusCode != http.StatusForbidden || len(l.logouts) != 2 || l.logouts[1].SID != "session-1" || l.logouts[1].Subject != "ann-1") {
			t.Errorf("%s: %d, %+v", name, v.StatusCode, l.logouts)
		}
		if fail != nil && (v.StatusCode != http.StatusServiceUnavailable || len(l.logouts) != 1) {
			t.Errorf("%s: %d, %+v", name, v.StatusCode, l.logouts)
		}
		if cookies := b.cookies[strings.TrimPrefix(l.URL, "http://")]; len(cookies) > 0 {
			t.Errorf("%s: the browser has %v", name, cookies)
		}
	}
}

// Logout tokens of a provider that is older than their type.
func TestLogoutTypes(t *testing.T) {
	l := newLogoutSite(t, "session-1")
	l.site = newSite(t, l.provider, func(c *oauth.Config) {
		c.OnLogout, c.Logouts, c.LogoutTypes = l.onLogout, &l.store, []string{"JWT", ""}
	})
	l.handle("/backchannel-logout", l.login.ServeBackChannelLogout)
	for typ, want := range map[any]int{"JWT": 200, nil: 200, "logout+jwt": 400} {
		token := l.provider.LogoutToken(func(header, _ map[string]any) {
			if header["typ"] = typ; typ == nil {
				delete(header, "typ")
			}
		})
		if status := l.postToken(t, token); status != want {
			t.Errorf("typ %v: status %d", typ, status)
		}
	}
	// An ID token of the provider is no logout token.
	passMillisecond()
	newBrowser(t).open(l.URL + "/login")
	if status := l.postToken(t, l.identities()[0].Tokens.ID); status != http.StatusBadRequest {
		t.Errorf("an ID token: status %d", status)
	}
	plain := newSite(t, l.provider, nil)
	plain.handle("/backchannel-logout", plain.login.ServeBackChannelLogout)
	if status := (&logoutSite{site: plain}).postToken(t, l.provider.LogoutToken(nil)); status != http.StatusInternalServerError {
		t.Errorf("without OnLogout: status %d", status)
	}
}
