package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// header authenticates by the value of a header, which is the subject.
type header struct {
	name    string
	errs    map[string]error
	nothing bool // returns neither a principal nor an error
}

func (a header) Present(r *http.Request) bool { return len(r.Header[a.name]) > 0 }

func (a header) Authenticate(r *http.Request) (*authn.Principal, error) {
	v := r.Header.Get(a.name)
	if err := a.errs[v]; err != nil || a.nothing {
		return nil, err
	}
	return &authn.Principal{Kind: a.name, Subject: v, Scopes: []string{"a", "b"}, Roles: []string{"r"}}, nil
}

func (a header) Challenge(realm string, err error) string {
	c := "X-" + a.name + ` realm="` + realm + `"`
	if !errors.Is(err, authn.ErrNoCredentials) {
		c += `, error="bad"`
	}
	return c
}

const secret = "pg: password=hunter2"

var one = header{name: "One", errs: map[string]error{
	"bad":     authn.ErrInvalid.With(errors.New(secret)),
	"old":     authn.ErrExpired.With(errors.New(secret)),
	"outage":  authn.ErrUnavailable.With(errors.New(secret)),
	"private": errors.New(secret),
	"wrapped": fmt.Errorf("directory: %w", authn.ErrInvalid.With(errors.New(secret))),
	"twice":   authn.ErrAmbiguous,
}}

var two = header{name: "Two"}

func request(kv ...string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(kv); i += 2 {
		r.Header.Add(kv[i], kv[i+1])
	}
	return r
}

func build(t *testing.T, cfg authn.Config) *authn.Middleware {
	t.Helper()
	return mwtest.Must[*authn.Middleware](t)(authn.New(cfg))
}

func TestRefusals(t *testing.T) {
	both := []authn.Authenticator{one, two}
	for name, tc := range map[string]struct {
		request   *http.Request
		optional  bool
		status    int // 0: passes
		code      string
		challenge []string
		subject   string
	}{
		"none":                  {request(), false, 401, "unauthenticated", []string{`X-One realm="notes"`, `X-Two realm="notes"`}, ""},
		"none, optional":        {request(), true, 0, "", nil, ""},
		"good":                  {request("One", "ann"), false, 0, "", nil, "ann"},
		"good, second kind":     {request("Two", "bob"), false, 0, "", nil, "bob"},
		"good, optional":        {request("One", "ann"), true, 0, "", nil, "ann"},
		"bad":                   {request("One", "bad"), false, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"bad, optional":         {request("One", "bad"), true, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"bad, wrapped":          {request("One", "wrapped"), false, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"expired":               {request("One", "old"), false, 401, "credentials_expired", []string{`X-One realm="notes", error="bad"`}, ""},
		"two kinds":             {request("One", "ann", "Two", "bob"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"two kinds, optional":   {request("One", "ann", "Two", "bob"), true, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"two kinds, one is bad": {request("One", "bad", "Two", "bob"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"in a malformed way":    {request("One", "twice"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`}, ""},
		"outage":                {request("One", "outage"), false, 503, "authentication_unavailable", nil, ""},
		"foreign error":         {request("One", "private"), false, 500, "internal_error", nil, ""},
		"empty subject":         {request("One", ""), false, 500, "internal_error", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen authn.Decision
			m := build(t, authn.Config{Authenticators: both, Realm: "notes", Optional: tc.optional, Observe: func(_ *http.Request, d authn.Decision) { seen = d }})
			spy := &mwtest.Spy{}
			w := httptest.NewRecorder()
			m.Handler(spy).ServeHTTP(w, tc.request)
			if pass := tc.status == 0; pass != (spy.Calls() == 1) || pass != (seen.Err == nil) {
				t.Fatalf("next ran %d times, Observe saw %v", spy.Calls(), seen.Err)
			}
			if got := w.Header()["Www-Authenticate"]; strings.Join(got, "|") != strings.Join(tc.challenge, "|") {
				t.Errorf("WWW-Authenticate: %q, want %q", got, tc.challenge)
			}
			if tc.status != 0 {
				if body := w.Body.String(); strings.Contains(body, "hunter2") {
					t.Errorf("the cause leaked: %s", body)
				}
				mwtest.Refused(t, w.Result(), tc.status, tc.code)
				return
			}
			p, ok := authn.FromContext(spy.Last().Context())
			if ok != (tc.subject != "") || ok && p.Subject != tc.subject {
				t.Errorf("principal %+v, want subject %q", p, tc.subject)
			}
		})
	}
}

func TestOutageSaysWhenToRetry(t *testing.T) {
	w := httptest.NewRecorder()
	build(t, authn.Config{Authenticators: []authn.Authenticator{one}}).Handler(&mwtest.Spy{}).ServeHTTP(w, request("One", "outage"))
	if w.Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

// A faulty authenticator that says neither yes nor no must not open the route.
func TestNothingIsRefused(t *testing.T) {
	w := httptest.NewRecorder()
	spy := &mwtest.Spy{}
	build(t, authn.Config{Authenticators: []authn.Authenticator{header{name: "One", nothing: true}}}).Handler(spy).ServeHTTP(w, request("One", "x"))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if spy.Calls() != 0 {
		t.Error("next ran")
	}
}

func TestInnerMiddlewareReplacesThePrincipal(t *testing.T) {
	outer := build(t, authn.Config{Authenticators: []authn.Authenticator{one}})
	inner := build(t, authn.Config{Authenticators: []authn.Authenticator{two}, Optional: true})
	spy := &mwtest.Spy{}
	outer.Handler(inner.Handler(spy)).ServeHTTP(httptest.NewRecorder(), request("One", "ann"))
	if p, ok := authn.FromContext(spy.Last().Context()); ok {
		t.Errorf("the inner layer found nobody, yet %q is the principal", p.Subject)
	}
}

func TestDenyReplacesTheAnswer(t *testing.T) {
	var got error
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{one}, Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
		got = err
		if e, ok := errors.AsType[*httperr.Error](err); ok {
			w.Header().Set("WWW-Authenticate", e.Header.Get("WWW-Authenticate"))
		}
		w.WriteHeader(http.StatusTeapot)
	}})
	w := httptest.NewRecorder()
	m.Handler(&mwtest.Spy{}).ServeHTTP(w, request("One", "bad"))
	if w.Code != http.StatusTeapot || !errors.Is(got, authn.ErrInvalid) || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("status %d, error %v, headers %v", w.Code, got, w.Header())
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	var typed *header
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{one, nil, typed}, Realm: "a\"b"})
	mwtest.Faults(t, err, "authn: Authenticators[1]: is nil; ", "authn: Authenticators[2]: is nil; ", `authn: Realm: "a\"b": `)
	if _, ok := errors.AsType[*httperr.ConfigError](err); !ok {
		t.Errorf("%T is not a ConfigError", err)
	}
	_, err = authn.New(authn.Config{})
	mwtest.Faults(t, err, "authn: Authenticators: ")
}

// Two Verifiers for two issuers are what one tries first.
func TestTwoForEachBearerTokenAreRefused(t *testing.T) {
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{one, bearer(""), two, bearer(""), bearer("")}})
	mwtest.Faults(t, err,
		"authn: Authenticators[3]: takes each bearer token for its own, as Authenticators[1] does",
		"authn: Authenticators[4]: takes each bearer token for its own, as Authenticators[1] does",
	)
	// Those that can tell their tokens apart may share the scheme.
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{bearer("a_"), bearer("b_")}})
	if _, err := m.Check(request("Authorization", "Bearer b_1")); err != nil {
		t.Error(err)
	}
	_, err = build(t, authn.Config{Authenticators: []authn.Authenticator{one, two}}).Check(request("One", "ann", "Two", "bob"))
	if !errors.Is(err, authn.ErrAmbiguous) || !strings.Contains(err.Error(), "more than one of Config.Authenticators") {
		t.Error(err)
	}
}

// bearer is for tokens that begin with it.
type bearer string

func (b bearer) Present(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+string(b))
}
func (b bearer) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Subject: "ann"}, nil
}
func (bearer) Challenge(string, error) string { return "Bearer" }

func TestContext(t *testing.T) {
	if _, ok := authn.FromContext(context.Background()); ok {
		t.Error("a principal out of nothing")
	}
	p := &authn.Principal{Subject: "ann", Scopes: []string{"notes:read"}, Roles: []string{"admin"}}
	ctx := authn.NewContext(context.Background(), p)
	if got, ok := authn.FromContext(ctx); !ok || got != p {
		t.Errorf("got %v, %v", got, ok)
	}
	var none *authn.Principal
	for name, is := range map[string]bool{
		"scope":           p.HasScope("notes:read"),
		"role":            p.HasRole("admin"),
		"no prefix":       !p.HasScope("notes"),
		"no other case":   !p.HasRole("Admin"),
		"nil has nothing": !none.HasScope("notes:read") && !none.HasRole("admin"),
	} {
		if !is {
			t.Error(name)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{one, two}})
	h := m.Handler(&mwtest.Spy{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				h.ServeHTTP(httptest.NewRecorder(), request("One", "ann"))
				h.ServeHTTP(httptest.NewRecorder(), request())
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	p := &authn.Principal{Subject: "ann", Scopes: []string{"a", "b"}}
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{fixed{p}}})
	r := request("One", "ann").WithContext(authn.NewContext(context.Background(), nil))
	w := mwtest.NewDiscard()
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if p, _ := authn.FromContext(r.Context()); !p.HasScope("b") {
			t.Error("scope lost")
		}
	}))
	mwtest.MaxAllocs(t, "Handler within the chain", 0, func() { h.ServeHTTP(w, r) })
}

type fixed struct{ p *authn.Principal }

func (fixed) Present(*http.Request) bool                             { return true }
func (a fixed) Authenticate(*http.Request) (*authn.Principal, error) { return a.p, nil }
func (fixed) Challenge(string, error) string                         { return "" }
