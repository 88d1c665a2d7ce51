package authz_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Every response over a real connection.
func TestResponses(t *testing.T) {
	apikey := withScopes("notes:read")
	apikey.Kind = "apikey"
	noSubject := withScopes("notes:write")
	noSubject.Subject = ""
	const (
		insufficient = `Bearer error="insufficient_scope"`
		write        = `, scope="notes:write"`
	)
	for name, tc := range map[string]struct {
		require   authz.Requirement
		principal *authn.Principal
		status    int // 0: passes
		code      string
		challenge string
	}{
		"enough":                  {authz.Scopes("notes:write"), withScopes("notes:read", "notes:write"), 0, "", ""},
		"no authn":                {authz.Scopes("notes:write"), nil, 401, "unauthenticated", `Bearer scope="notes:write"`},
		"no authn, roles":         {authz.AnyRole("admin"), nil, 401, "unauthenticated", "Bearer"},
		"no subject":              {authz.Scopes("notes:write"), noSubject, 401, "unauthenticated", `Bearer scope="notes:write"`},
		"another scope":           {authz.Scopes("notes:write"), withScopes("notes:read"), 403, "insufficient_scope", insufficient + write},
		"no scope":                {authz.Scopes("a", "b"), withScopes(), 403, "insufficient_scope", insufficient + `, scope="a b"`},
		"a longer scope":          {authz.Scopes("notes:write"), withScopes("notes:write:all"), 403, "insufficient_scope", insufficient + write},
		"a shorter scope":         {authz.Scopes("notes:write"), withScopes("notes"), 403, "insufficient_scope", insufficient + write},
		"another case":            {authz.Scopes("notes:write"), withScopes("Notes:Write"), 403, "insufficient_scope", insufficient + write},
		"two scopes in one":       {authz.Scopes("a", "b"), withScopes("a b"), 403, "insufficient_scope", insufficient + `, scope="a b"`},
		"a role for a scope":      {authz.Scopes("admin"), withRoles("admin"), 403, "insufficient_scope", insufficient + `, scope="admin"`},
		"a scope for a role":      {authz.AnyRole("admin"), withScopes("admin"), 403, "forbidden", ""},
		"another role":            {authz.AnyRole("admin", "owner"), withRoles("editor"), 403, "forbidden", ""},
		"one of the roles":        {authz.AllRoles("admin", "owner"), withRoles("owner"), 403, "forbidden", ""},
		"any of the roles":        {authz.AnyRole("admin", "owner"), withRoles("owner"), 0, "", ""},
		"a choice of scopes":      {authz.AnyScope("a", "b"), withScopes("c"), 403, "insufficient_scope", insufficient},
		"a choice with one scope": {authz.AnyScope("a"), withScopes("c"), 403, "insufficient_scope", insufficient + `, scope="a"`},
		"scope missing":           {authz.All(authz.Scopes("notes:write"), authz.AnyRole("admin")), withRoles("admin"), 403, "insufficient_scope", insufficient + write},
		"role missing":            {authz.All(authz.Scopes("notes:write"), authz.AnyRole("admin")), withScopes("notes:write"), 403, "forbidden", ""},
		"both missing":            {authz.All(authz.Scopes("notes:write"), authz.AnyRole("admin")), withScopes(), 403, "forbidden", ""},
		"no alternative met":      {authz.Any(authz.Scopes("notes:write"), authz.AnyRole("admin")), withScopes(), 403, "insufficient_scope", insufficient + write},
		"alternative met by role": {authz.Any(authz.Scopes("notes:write"), authz.AnyRole("admin")), withRoles("admin"), 0, "", ""},
		"a choice of parts":       {authz.Any(authz.Scopes("a"), authz.Scopes("b", "c")), withScopes("b"), 403, "insufficient_scope", insufficient},
		"a nested choice":         {authz.All(authz.Scopes("a"), authz.All(authz.AnyScope("b", "c"))), withScopes("a"), 403, "insufficient_scope", insufficient},
		"a choice first":          {authz.All(authz.AnyScope("b", "c"), authz.Scopes("a")), withScopes("a"), 403, "insufficient_scope", insufficient},
		"a scope in two parts":    {authz.All(authz.Scopes("a", "b"), authz.Scopes("b", "c")), withScopes("a"), 403, "insufficient_scope", insufficient + `, scope="a b c"`},
		"an API key":              {authz.Scopes("notes:write"), apikey, 403, "insufficient_scope", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen authz.Decision
			spy := &mwtest.Spy{}
			m := build(t, authz.Config{Require: tc.require, Observe: func(_ *http.Request, d authz.Decision) { seen = d }})
			server := httptest.NewServer(authenticated(tc.principal, m.Handler(spy)))
			defer server.Close()
			res, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(res.Header["Www-Authenticate"], "|"); got != tc.challenge {
				t.Errorf("WWW-Authenticate: %s, want %s", got, tc.challenge)
			}
			mwtest.OnlyHeaders(t, res.Header, "WWW-Authenticate", "Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID", "Date")
			pass := tc.status == 0
			if pass != (spy.Calls() == 1) || pass != (seen.Err == nil) || seen.Rule != tc.require.String() {
				t.Errorf("next ran %d times, Observe saw %+v", spy.Calls(), seen)
			}
			if known := tc.status != 401; known != (seen.Principal == tc.principal && seen.Principal != nil) {
				t.Errorf("Observe saw %v", seen.Principal)
			}
			if pass {
				_ = res.Body.Close()
				return
			}
			e := mwtest.Refused(t, res, tc.status, tc.code)
			for _, private := range []string{"notes", "admin", "owner", "ann"} {
				if strings.Contains(e.Message, private) {
					t.Errorf("the message contains %q: %s", private, e.Message)
				}
			}
		})
	}
}

// Check returns an error that is exactly one of the three sentinels.
func TestSentinels(t *testing.T) {
	m := build(t, authz.Config{Require: authz.All(authz.Scopes("a"), authz.AnyRole("r"))})
	for _, tc := range []struct {
		p    *authn.Principal
		want error
	}{
		{nil, authn.ErrNoCredentials},
		{withRoles("r"), authz.ErrInsufficientScope},
		{withScopes("a"), authz.ErrForbidden},
		{principal([]string{"a"}, []string{"r"}), nil},
	} {
		err := m.Check(request(tc.p))
		if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%v, want %v", err, tc.want)
		}
		for _, other := range []error{authn.ErrNoCredentials, authz.ErrInsufficientScope, authz.ErrForbidden} {
			if other != tc.want && errors.Is(err, other) {
				t.Errorf("%v is also %v", err, other)
			}
		}
	}
}

// The record of the outermost layer shows the rule that decided, and the reason.
func TestRecord(t *testing.T) {
	group := build(t, authz.Config{Require: authz.Scopes("notes:read")})
	route := build(t, authz.Config{Require: authz.AnyRole("admin")})
	for name, tc := range map[string]struct {
		principal *authn.Principal
		want      []string
	}{
		"granted":              {principal([]string{"notes:read"}, []string{"admin"}), []string{"status=200", "rule=any_role(admin)"}},
		"refused by the route": {withScopes("notes:read"), []string{"status=403", "rule=any_role(admin)", "code=forbidden", "principal=ann"}},
		"refused by the group": {withRoles("admin"), []string{"status=403", "rule=scopes(notes:read)", "code=insufficient_scope"}},
		"no authn outside":     {nil, []string{"status=401", "rule=scopes(notes:read)", "code=unauthenticated", "is the route inside of authn?"}},
	} {
		var log bytes.Buffer
		errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		h := errs.Handler(authenticated(tc.principal, group.Handler(route.Handler(&mwtest.Spy{}))))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		for _, part := range tc.want {
			if !strings.Contains(log.String(), part) {
				t.Errorf("%s: no %s in %s", name, part, &log)
			}
		}
	}
}

func TestDenyReplacesTheResponse(t *testing.T) {
	var got error
	m := build(t, authz.Config{Require: authz.Scopes("a"), Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
		got = err
		w.WriteHeader(http.StatusTeapot)
	}})
	spy := &mwtest.Spy{}
	w := httptest.NewRecorder()
	m.Handler(spy).ServeHTTP(w, request(withScopes()))
	e, _ := errors.AsType[*httperr.Error](got)
	if w.Code != http.StatusTeapot || spy.Calls() != 0 || !errors.Is(got, authz.ErrInsufficientScope) || e.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("status %d, error %v, next ran %d times", w.Code, got, spy.Calls())
	}
}

func TestHandlerOfNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	build(t, authz.Config{Require: authz.Scopes("a")}).Handler(nil)
}

// The refusals are made once. A change of one response must not reach the next
// response.
func TestRefusalsAreNotShared(t *testing.T) {
	m := build(t, authz.Config{Require: authz.Scopes("a")})
	mwtest.Unshared(t, m.Handler, func() *http.Request { return request(withScopes("b")) })
	mwtest.Unshared(t, m.Handler, func() *http.Request { return request(nil) })
}

func TestConcurrentUse(t *testing.T) {
	m := build(t, authz.Config{Require: authz.Any(authz.Scopes("a"), authz.AllRoles("r", "s"))})
	h := m.Handler(&mwtest.Spy{})
	var wg sync.WaitGroup
	for _, tc := range []struct {
		p      *authn.Principal
		status int
	}{{withScopes("a"), 200}, {withRoles("s", "r"), 200}, {withScopes("b"), 403}, {nil, 401}} {
		wg.Go(func() {
			for range 200 {
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, request(tc.p)); w.Code != tc.status {
					t.Errorf("status %d, want %d", w.Code, tc.status)
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	m := build(t, authz.Config{Require: authz.All(
		authz.Any(authz.AllRoles("x", "y"), authz.AnyRole("editor", "admin")),
		authz.Scopes("notes:read", "notes:write"), authz.AnyScope("c", "notes:write"),
	), Observe: func(*http.Request, authz.Decision) {}})
	for name, tc := range map[string]struct {
		p    *authn.Principal
		want error
	}{
		"granted":      {principal([]string{"notes:read", "notes:write"}, []string{"admin"}), nil},
		"needs scopes": {principal([]string{"notes:read"}, []string{"admin"}), authz.ErrInsufficientScope},
		"forbidden":    {withScopes("notes:read", "notes:write"), authz.ErrForbidden},
		"no principal": {nil, authn.ErrNoCredentials},
	} {
		r := request(tc.p)
		mwtest.MaxAllocs(t, "Check, "+name, 0, func() {
			if err := m.Check(r); !errors.Is(err, tc.want) {
				t.Fatal(err)
			}
		})
	}
	ran := 0
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
	r := request(principal([]string{"notes:read", "notes:write"}, []string{"admin"})).WithContext(authn.NewContext(context.Background(),
		principal([]string{"notes:read", "notes:write"}, []string{"admin"})))
	w := mwtest.NewDiscard()
	mwtest.MaxAllocs(t, "Handler, granted", 0, func() { h.ServeHTTP(w, r) })
	if ran == 0 || w.Code != 0 {
		t.Error("the request is refused")
	}
}
