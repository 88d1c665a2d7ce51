package sessionfaults

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

const (
	issuer     = "https://notes.example"
	cookieName = "__Host-Http-refresh"
)

// A service is one process with sessions. It counts the events of each session.
type service struct {
	*session.Manager

	mu     sync.Mutex
	reused map[string]int // thefts that were noticed, by session ID
}

// A policy is the part of a configuration that the proofs vary.
type policy struct {
	name             string
	grace, lostReply time.Duration
	access           time.Duration
	issue            func(context.Context, session.Session) // runs before a token is signed; nil: at once
	budget           time.Duration
}

var (
	byDefault = policy{name: "default"}
	lostReply = policy{name: "LostReply 24 h", lostReply: 24 * time.Hour}
)

// newService returns a service that signs access tokens for life.
func newService(tb testing.TB, store sessionstore.Store, p policy) *service {
	tb.Helper()
	s := &service{reused: map[string]int{}}
	life := p.access
	if life == 0 {
		life = 15 * time.Minute
	}
	m, err := session.New(session.Config{
		Store: store, Issuer: issuer, CrossOrigin: http.NewCrossOriginProtection(),
		AccessLifetime: life, Grace: p.grace, LostReply: p.lostReply, MaxSessions: 1000, Budget: p.budget,
		Issue: func(ctx context.Context, one session.Session) (string, time.Time, error) {
			if p.issue != nil {
				p.issue(ctx, one)
			}
			return "access", time.Now().Add(life), nil
		},
		Grant: func(_ context.Context, one session.Session) (session.Rights, error) {
			return session.Rights{Scopes: one.Scopes}, nil
		},
		Observe: func(_ context.Context, e session.Event) {
			if e.Kind == session.Reused {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.reused[e.Session.ID]++
			}
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	s.Manager = m
	return s
}

// thefts returns how many thefts were noticed in a session, which is at most one.
func (s *service) thefts(sid string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reused[sid]
}

// login begins a session in a browser, and returns its ID and the cookie.
func (s *service) login(tb testing.TB, subject string) (sid, token string) {
	tb.Helper()
	a := answer{header: http.Header{}}
	t, err := s.Start(&a, request(tb.Context(), "/login", ""), session.Login{Principal: &authn.Principal{Subject: subject}})
	if err != nil {
		tb.Fatal(err)
	}
	return t.Session.ID, a.token()
}

// refresh sends a refresh token as a browser does. next is the token that the cookie has
// after the answer, or "" if the answer sets no cookie.
func (s *service) refresh(ctx context.Context, token string) (next string, status int) {
	a := answer{header: http.Header{}, status: http.StatusOK}
	s.ServeRefresh(&a, request(ctx, "/v1/token/refresh", token))
	return a.token(), a.status
}

// logout returns the status.
func (s *service) logout(ctx context.Context, token string) int {
	a := answer{header: http.Header{}, status: http.StatusOK}
	s.ServeLogout(&a, request(ctx, "/v1/logout", token))
	return a.status
}

// request returns a POST of a page of the service.
func request(ctx context.Context, path, token string) *http.Request {
	h := http.Header{"Sec-Fetch-Site": {"same-origin"}}
	if token != "" {
		h["Cookie"] = []string{cookieName + "=" + token}
	}
	r := &http.Request{Method: http.MethodPost, Host: "notes.example", URL: &url.URL{Path: path}, Header: h, Body: http.NoBody}
	return r.WithContext(ctx)
}

// An answer is the part of a response that the proofs look at. A recorder of package
// httptest would be a third of the time of the model.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }
func (a *answer) WriteHeader(status int)      { a.status = status }

// token returns the value of the cookie that the answer sets.
func (a *answer) token() string {
	for _, c := range a.header["Set-Cookie"] {
		if value, ok := strings.CutPrefix(c, cookieName+"="); ok {
			value, _, _ = strings.Cut(value, ";")
			return value
		}
	}
	return ""
}
