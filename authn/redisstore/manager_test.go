package redisstore

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A process is a service with a Manager and a Store of its own.
type process struct {
	t          *testing.T
	sessions   *session.Manager
	revocation *session.Revocation
	server     *httptest.Server

	mu     sync.Mutex
	issued []session.Session
	events []session.EventKind
}

func startProcess(t *testing.T, store *Store) *process {
	t.Helper()
	p := &process{t: t}
	p.sessions = mwtest.Must[*session.Manager](t)(session.New(session.Config{
		Store: store.Sessions(), Issuer: "https://notes.example", CrossOrigin: http.NewCrossOriginProtection(), Budget: 2 * time.Second,
		Issue: func(_ context.Context, s session.Session) (string, time.Time, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.issued = append(p.issued, s)
			return fmt.Sprint("access ", len(p.issued)), time.Now().Add(15 * time.Minute), nil
		},
		Grant: func(_ context.Context, s session.Session) (session.Rights, error) {
			return session.Rights{Scopes: s.Scopes}, nil
		},
		Observe: func(_ context.Context, e session.Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.events = append(p.events, e.Kind)
		},
	}))
	p.revocation = mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{
		Store: store.Sessions(), Budget: time.Second,
	}))
	mux := http.NewServeMux()
	mux.HandleFunc("/refresh", p.sessions.ServeRefresh)
	mux.HandleFunc("/logout", p.sessions.ServeLogout)
	mux.Handle("POST /login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		tokens, err := p.sessions.Start(w, r, session.Login{Principal: &authn.Principal{Subject: "ann"}})
		if err != nil {
			return err
		}
		return tokens.Respond(w)
	}))
	p.server = httptest.NewTLSServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// last returns the session of the last access token.
func (p *process) last() session.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issued[len(p.issued)-1]
}

func (p *process) count(kind session.EventKind) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.events {
		if k == kind {
			n++
		}
	}
	return n
}

// revoked reports whether an access token of the session is revoked.
func (p *process) revoked(s session.Session) bool {
	p.t.Helper()
	revoked, err := p.revocation.Revoked(p.t.Context(), &authn.Principal{
		Issuer: s.Issuer, Subject: s.Subject, SessionID: s.ID, TokenID: "jti", IssuedAt: time.Now(),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return revoked
}

// post sends a request with the cookies of jar, and requires the status.
func (p *process) post(jar http.CookieJar, path string, status int) {
	p.t.Helper()
	client := *p.server.Client()
	client.Jar = jar
	req := mwtest.Must[*http.Request](p.t)(http.NewRequestWithContext(p.t.Context(), "POST", p.server.URL+path, nil))
	res := mwtest.Must[*http.Response](p.t)(client.Do(req))
	_ = res.Body.Close()
	if res.StatusCode != status {
		p.t.Errorf("%s: status %d, want %d", path, res.StatusCode, status)
	}
}

// token returns the refresh token in a jar. The jar takes both processes for one host.
func (p *process) token(jar http.CookieJar) string {
	u := mwtest.Must[*http.Request](p.t)(http.NewRequestWithContext(p.t.Context(), "POST", p.server.URL, nil)).URL
	for _, c := range jar.Cookies(u) {
		return c.Value
	}
	return ""
}

func newJar(t *testing.T) *cookiejar.Jar {
	t.Helper()
	return mwtest.Must[*cookiejar.Jar](t)(cookiejar.New(nil))
}

// A browser logs in at one process, refreshes at the other, and logs out there.
func TestTwoProcessesShareASession(t *testing.T) {
	server := redistest.Start(t)
	one, two := startProcess(t, newStore(t, server.Addr, Config{})), startProcess(t, newStore(t, server.Addr, Config{}))
	jar := newJar(t)
	one.post(jar, "/login", 200)
	first := one.token(jar)
	two.post(jar, "/refresh", 200)
	second := one.token(jar)
	one.post(jar, "/refresh", 200) // within Grace the current token gives itself
	if first == second || one.token(jar) != second || one.revoked(two.last()) {
		t.Error("not one rotation")
	}
	two.post(jar, "/logout", 204)
	if !one.revoked(one.last()) || one.token(jar) != "" {
		t.Error("an access token outlives the logout")
	}
	for range 2 {
		one.post(jar, "/refresh", 401)
	}
}

// Of 32 refreshes with one token at both processes one rotates, and all get its successor.
func TestTabsOfTwoProcesses(t *testing.T) {
	server := redistest.Start(t)
	one, two := startProcess(t, newStore(t, server.Addr, Config{})), startProcess(t, newStore(t, server.Addr, Config{}))
	tokens, err := one.sessions.Begin(t.Context(), session.Login{Principal: &authn.Principal{Subject: "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	given := make([]string, 32)
	var wg sync.WaitGroup
	for i := range given {
		p := []*process{one, two}[i%2]
		wg.Go(func() {
			next, err := p.sessions.Rotate(context.Background(), tokens.Refresh)
			if err != nil {
				t.Error(err)
			}
			given[i] = next.Refresh
		})
	}
	wg.Wait()
	if slices.Sort(given); given[0] != given[len(given)-1] || given[0] == tokens.Refresh || given[0] == "" {
		t.Errorf("%d successors", len(slices.Compact(given)))
	}
}

// A spent token that comes after Grace ends the session on both processes, with one event.
func TestReuseAtAnotherProcess(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	one, two := startProcess(t, newStore(t, server.Addr, Config{})), startProcess(t, newStore(t, server.Addr, Config{}))
	ctx := t.Context()
	tokens, err := one.sessions.Begin(ctx, session.Login{Principal: &authn.Principal{Subject: "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	stolen := tokens.Refresh
	for _, p := range []*process{one, two} {
		if tokens, err = p.sessions.Rotate(ctx, tokens.Refresh); err != nil {
			t.Fatal(err)
		}
		clock.Shift(31 * time.Second)
	}
	for range 3 {
		if _, err := one.sessions.Rotate(ctx, stolen); err == nil {
			t.Error("a spent token was accepted")
		}
	}
	if _, err := two.sessions.Rotate(ctx, tokens.Refresh); err == nil || !two.revoked(tokens.Session) {
		t.Errorf("the session goes on: %v", err)
	}
	if one.count(session.Reused) != 1 {
		t.Errorf("%d events", one.count(session.Reused))
	}
}

// A refresh is two commands, and a check of an access token is one.
func TestRoundTrips(t *testing.T) {
	server := redistest.Start(t)
	p := startProcess(t, newStore(t, server.Addr, Config{}))
	tokens, err := p.sessions.Begin(t.Context(), session.Login{Principal: &authn.Principal{Subject: "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	refresh := func() {
		if tokens, err = p.sessions.Rotate(t.Context(), tokens.Refresh); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		if p.revoked(tokens.Session) {
			t.Fatal("revoked")
		}
	}
	refresh() // loads the scripts
	check()
	for name, tc := range map[string]struct {
		call func()
		want int
	}{"a refresh": {refresh, 2}, "a check": {check, 1}} {
		before := serverCalls(t, server)
		for range 50 {
			tc.call()
		}
		if n := serverCalls(t, server) - before; n != 50*tc.want {
			t.Errorf("50 times %s: %d commands, want %d", name, n, 50*tc.want)
		}
	}
}

// serverCalls returns how many commands clients have sent, without those of this test. The
// commands in scripts are not counted.
func serverCalls(t *testing.T, server *redistest.Server) (n int) {
	t.Helper()
	inScripts := []string{"time", "hget", "hmget", "hgetall", "hexists", "hlen", "hset", "hsetnx", "hdel", "pttl", "pexpire", "get", "set", "del", "info"}
	for name, calls := range commandCounts(t, server) {
		if !slices.Contains(inScripts, name) {
			n += calls
		}
	}
	return n
}

// With Replicas a logout that no replica has is 503, also when the client tries again.
func TestLogoutThatNoReplicaHas(t *testing.T) {
	server := redistest.Start(t)
	p := startProcess(t, newStore(t, server.Addr, Config{}))
	jar := newJar(t)
	p.post(jar, "/login", 200)
	strict := startProcess(t, newStoreFor(t, redis.NewClient(&redis.Options{Addr: server.Addr}), Config{Replicas: 1}))
	for range 2 {
		strict.post(jar, "/logout", 503)
	}
	if !strict.revoked(p.last()) {
		t.Error("an access token outlives the logout")
	}
}
