package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	issuer     = "https://notes.example"
	cookieName = "__Host-Http-refresh"
)

var errDown = errors.New("connection refused")

// A store counts the calls of a memory store, and fails them if it is told to.
type store struct {
	sessionstore.Memory
	mu     sync.Mutex
	calls  []string
	before map[string]error         // fails a call before it is applied
	after  map[string]error         // fails a call after it was applied
	shift  time.Duration            // of the clock of the store to the clock of the process
	hook   func(call string) func() // runs before a call, and what it returns after
}

func newStore() *store { return &store{before: map[string]error{}, after: map[string]error{}} }

// during runs a call of the memory store.
func (s *store) during(name string, call func()) error {
	s.mu.Lock()
	s.calls = append(s.calls, name)
	before, after, hook := s.before[name], s.after[name], s.hook
	s.mu.Unlock()
	if before != nil {
		return before
	}
	done := func() {}
	if hook != nil {
		if f := hook(name); f != nil {
			done = f
		}
	}
	call()
	done()
	return after
}

func (s *store) fail(when map[string]error, call string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	when[call] = err
}

// count returns the calls since the last count.
func (s *store) count() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *store) move(times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Add(s.shift)
		}
	}
}

func (s *store) moveRecord(r *sessionstore.Record) {
	s.move(&r.Started, &r.LastUsed, &r.Rotated, &r.Expires, &r.Ends, &r.AccessUntil, &r.Now)
}

func (s *store) Create(ctx context.Context, c sessionstore.Creation) (out sessionstore.Created, err error) {
	failed := s.during("Create", func() { out, err = s.Memory.Create(ctx, c) })
	s.move(&out.Started, &out.Expires)
	return out, errors.Join(err, failed)
}

func (s *store) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	failed := s.during("Read", func() { r, found, err = s.Memory.Read(ctx, sid) })
	s.moveRecord(&r)
	return r, found, errors.Join(err, failed)
}

func (s *store) Commit(ctx context.Context, c sessionstore.Commit) (r sessionstore.Record, o sessionstore.Outcome, err error) {
	failed := s.during("Commit", func() { r, o, err = s.Memory.Commit(ctx, c) })
	s.moveRecord(&r)
	return r, o, errors.Join(err, failed)
}

func (s *store) End(ctx context.Context, sids []string, keep time.Duration) (ended []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, sid := range sids {
		if sid[:sessionstore.TagLen] != sids[0][:sessionstore.TagLen] {
			return nil, errors.New("store: End of sessions of two subjects, which a Cluster keeps in two slots")
		}
	}
	failed := s.during("End", func() { ended, err = s.Memory.End(ctx, sids, keep) })
	return ended, errors.Join(err, failed)
}

func (s *store) List(ctx context.Context, tag string) (all []sessionstore.Record, now time.Time, err error) {
	failed := s.during("List", func() { all, now, err = s.Memory.List(ctx, tag) })
	for i := range all {
		s.moveRecord(&all[i])
	}
	s.move(&now)
	return all, now, errors.Join(err, failed)
}

func (s *store) Link(ctx context.Context, l sessionstore.Link) (until time.Time, err error) {
	failed := s.during("Link", func() { until, err = s.Memory.Link(ctx, l) })
	return until, errors.Join(err, failed)
}

func (s *store) RevokeSubject(ctx context.Context, tag string, keep, subjectKeep time.Duration) (ended []string, err error) {
	failed := s.during("RevokeSubject", func() { ended, err = s.Memory.RevokeSubject(ctx, tag, keep, subjectKeep) })
	return ended, errors.Join(err, failed)
}

func (s *store) Check(ctx context.Context, q sessionstore.Query) (v sessionstore.Verdict, err error) {
	failed := s.during("Check", func() { v, err = s.Memory.Check(ctx, q) })
	s.move(&v.Started, &v.NotBefore)
	return v, errors.Join(err, failed)
}

// An app is a service with sessions.
type app struct {
	*session.Manager
	*session.Revocation
	t       testing.TB
	store   *store
	handler http.Handler

	mu      sync.Mutex
	events  []session.Event
	records []audit.Record
	grant   func(session.Session) (session.Rights, error)
	issue   func(session.Session) (string, time.Time, error)
	issued  []session.Session
}

// newApp returns an app whose Config is changed by change.
func newApp(t testing.TB, change func(*session.Config)) *app {
	t.Helper()
	a := &app{t: t, store: newStore()}
	cfg := session.Config{
		Store: a.store, Issuer: issuer, CrossOrigin: http.NewCrossOriginProtection(),
		Issue: func(_ context.Context, s session.Session) (string, time.Time, error) {
			a.mu.Lock()
			a.issued = append(a.issued, s)
			n, issue := len(a.issued), a.issue
			a.mu.Unlock()
			if issue != nil {
				return issue(s)
			}
			return fmt.Sprintf("access-%d", n), time.Now().Add(15 * time.Minute), nil
		},
		Grant: func(_ context.Context, s session.Session) (session.Rights, error) {
			a.mu.Lock()
			grant := a.grant
			a.mu.Unlock()
			if grant != nil {
				return grant(s)
			}
			return session.Rights{Scopes: s.Scopes, Roles: s.Roles}, nil
		},
		Observe: func(_ context.Context, e session.Event) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, e)
		},
	}
	if change != nil {
		change(&cfg)
	}
	a.Manager = mwtest.Must[*session.Manager](t)(session.New(cfg))
	a.Revocation = mwtest.Must[*session.Revocation](t)(session.NewRevocation(session.RevocationConfig{Store: a.store}))
	mux := http.NewServeMux()
	mux.HandleFunc("/refresh", a.ServeRefresh)
	mux.HandleFunc("/logout", a.ServeLogout)
	mux.Handle("/login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		tokens, err := a.Start(w, r, session.Login{Principal: ann(r.FormValue("user")), Label: "a browser"})
		if err != nil {
			return err
		}
		return tokens.Respond(w)
	}))
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{
		Logger: slog.New(slog.DiscardHandler),
		Sink: audit.Func(func(_ context.Context, r audit.Record) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.records = append(a.records, r)
			return nil
		}),
	}))
	a.handler = errs.Handler(mux)
	return a
}

// ann returns the principal of a login.
func ann(subject string) *authn.Principal {
	if subject == "" {
		subject = "ann"
	}
	return &authn.Principal{Subject: subject, ClientID: "web", Tenant: "acme", Scopes: []string{"read", "write"}, Roles: []string{"editor"}, ACR: "2"}
}

func (a *app) setGrant(g func(session.Session) (session.Rights, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.grant = g
}

// kinds returns the kinds of the events since the last call.
func (a *app) kinds() string {
	var all []string
	for _, e := range a.seen() {
		all = append(all, string(e.Kind))
	}
	return strings.Join(all, " ")
}

func (a *app) seen() []session.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	events := a.events
	a.events = nil
	return events
}

// record returns the audit record of the last request.
func (a *app) record() audit.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.records[len(a.records)-1]
}

// A browser has one cookie jar and any number of tabs.
type browser struct {
	app *app
	jar string // the value of the cookie; empty if there is none
}

func (a *app) newBrowser() *browser { return &browser{app: a} }

// request returns a request of the browser, as it is now.
func (b *browser) request(path string) *http.Request {
	r := httptest.NewRequest("POST", issuer+path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.jar != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: b.jar})
	}
	return r
}

// send sends a request and leaves the jar as it is: the response is under way.
func (b *browser) send(r *http.Request) *http.Response { return mwtest.Do(b.app.handler, r) }

// receive puts the cookie of a response into the jar.
func (b *browser) receive(res *http.Response) {
	for _, c := range res.Cookies() {
		if c.Name != cookieName {
			b.app.t.Errorf("cookie %s", c.Name)
		}
		if b.jar = c.Value; c.MaxAge < 0 {
			b.jar = ""
		}
	}
}

// post sends a request and receives the response, which must have the status.
func (b *browser) post(path string, status int) *http.Response {
	b.app.t.Helper()
	res := b.send(b.request(path))
	if res.StatusCode != status {
		b.app.t.Fatalf("%s: status %d, want %d", path, res.StatusCode, status)
	}
	b.receive(res)
	return res
}

// login begins a session.
func (b *browser) login() { b.app.t.Helper(); b.post("/login", 200) }

// refresh refreshes with a token, whatever is in the jar.
func (b *browser) refresh(token string) *http.Response {
	with := &browser{app: b.app, jar: token}
	return with.send(with.request("/refresh"))
}

// cookieOf returns the value of the cookie that a response sets, or "".
func cookieOf(res *http.Response) string {
	for _, c := range res.Cookies() {
		return c.Value
	}
	return ""
}

// revoked reports whether an access token of the session is revoked.
func (a *app) revoked(s session.Session) bool {
	a.t.Helper()
	revoked, err := a.Revoked(context.Background(), principalOf(s))
	if err != nil {
		a.t.Fatal(err)
	}
	return revoked
}

// principalOf returns the principal of an access token of a session, as jwtauth does.
func principalOf(s session.Session) *authn.Principal {
	return &authn.Principal{Kind: "jwt", Issuer: s.Issuer, Subject: s.Subject, TokenID: "jti", SessionID: s.ID, IssuedAt: time.Now()}
}

// last returns the session of the last access token.
func (a *app) last() session.Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.issued[len(a.issued)-1]
}

// another returns the ID of a session that does not exist, of the same subject.
func another(id string) string {
	end := "A"
	if strings.HasSuffix(id, end) {
		end = "B"
	}
	return id[:len(id)-1] + end
}
