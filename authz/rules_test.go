package authz_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var home = netip.MustParsePrefix("192.0.2.0/24")

// behindProxy runs next for a client that the request names; the test is the proxy.
func behindProxy(t *testing.T, next http.Handler) http.Handler {
	return mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{
		Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Header:  clientip.XForwardedFor,
	})).Handler(next)
}

// caller returns a principal that change has changed.
func caller(change func(*authn.Principal)) *authn.Principal {
	p := withScopes("a")
	change(p)
	return p
}

// Every rule over a real connection: the response, and the record of the request.
func TestRules(t *testing.T) {
	inTenant := func(name string) *authn.Principal { return caller(func(p *authn.Principal) { p.Tenant = name }) }
	loggedIn := func(ago time.Duration) *authn.Principal {
		return caller(func(p *authn.Principal) { p.AuthTime = time.Now().Add(-ago) })
	}
	withACR := func(acr string) *authn.Principal { return caller(func(p *authn.Principal) { p.ACR = acr }) }
	const step = `Bearer error="insufficient_user_authentication"`
	for name, tc := range map[string]struct {
		require   authz.Requirement
		principal *authn.Principal
		client    string // "": without clientip
		status    int    // 200: passes
		code      string
		challenge string
		events    audit.Events
	}{
		"tenant":                   {authz.Tenant("acme", "umbrella"), inTenant("umbrella"), "", 200, "", "", 0},
		"another tenant":           {authz.Tenant("acme"), inTenant("umbrella"), "", 403, "forbidden", "", audit.AuthzDenied},
		"another case":             {authz.Tenant("acme"), inTenant("Acme"), "", 403, "forbidden", "", audit.AuthzDenied},
		"no tenant":                {authz.Tenant("acme"), inTenant(""), "", 403, "forbidden", "", audit.AuthzDenied},
		"allowed address":          {authz.IPAllow(home), withScopes(), "192.0.2.9", 200, "", "", 0},
		"allowed address, mapped":  {authz.IPAllow(home), withScopes(), "::ffff:192.0.2.9", 200, "", "", 0},
		"another address":          {authz.IPAllow(home), withScopes(), "192.0.3.9", 403, "forbidden", "", audit.AuthzDenied},
		"forged address":           {authz.IPAllow(home), withScopes(), "192.0.2.9, 192.0.3.9", 403, "forbidden", "", audit.AuthzDenied},
		"address, anonymous":       {authz.IPAllow(home), nil, "192.0.2.9", 401, "unauthenticated", "Bearer", audit.AuthzDenied},
		"no clientip":              {authz.IPAllow(netip.MustParsePrefix("127.0.0.0/8")), withScopes(), "", 500, "internal_error", "", 0},
		"no clientip, refused":     {authz.All(authz.IPAllow(home), authz.AnyRole("admin")), withScopes(), "", 403, "forbidden", "", audit.AuthzDenied},
		"no clientip, alternative": {authz.Any(authz.IPAllow(home), authz.Scopes("a")), withScopes("a"), "", 200, "", "", 0},
		"no clientip, no other":    {authz.Any(authz.IPAllow(home), authz.Scopes("a")), withScopes("b"), "", 500, "internal_error", "", 0},
		"fresh":                    {authz.Fresh(time.Hour), loggedIn(time.Minute), "", 200, "", "", 0},
		"stale":                    {authz.Fresh(time.Hour), loggedIn(2 * time.Hour), "", 401, "insufficient_user_authentication", step + `, max_age="3600"`, audit.AuthzDenied},
		"no AuthTime":              {authz.Fresh(time.Hour), withScopes(), "", 401, "insufficient_user_authentication", step + `, max_age="3600"`, audit.AuthzDenied},
		"AuthTime far ahead":       {authz.Fresh(time.Hour), loggedIn(-24 * time.Hour), "", 401, "insufficient_user_authentication", step + `, max_age="3600"`, audit.AuthzDenied},
		"acr":                      {authz.ACR("gold", "silver"), withACR("silver"), "", 200, "", "", 0},
		"a weaker acr":             {authz.ACR("gold", "silver"), withACR("bronze"), "", 401, "insufficient_user_authentication", step + `, acr_values="gold silver"`, audit.AuthzDenied},
		"no acr":                   {authz.ACR("gold"), withACR(""), "", 401, "insufficient_user_authentication", step + `, acr_values="gold"`, audit.AuthzDenied},
		"fresh and acr": {authz.All(authz.Fresh(time.Hour), authz.ACR("gold", "tin"), authz.Fresh(time.Minute), authz.ACR("tin", "lead")), withACR("gold"), "",
			401, "insufficient_user_authentication", step + `, acr_values="tin", max_age="60"`, audit.AuthzDenied},
		"fresh or acr":        {authz.Any(authz.Fresh(time.Hour), authz.ACR("gold")), withScopes(), "", 401, "insufficient_user_authentication", step, audit.AuthzDenied},
		"fresh or a role":     {authz.Any(authz.Fresh(time.Hour), authz.AnyRole("admin")), withScopes(), "", 401, "insufficient_user_authentication", step + `, max_age="3600"`, audit.AuthzDenied},
		"a login is no role":  {authz.All(authz.Fresh(time.Hour), authz.AnyRole("admin")), withScopes(), "", 403, "forbidden", "", audit.AuthzDenied},
		"login before scopes": {authz.All(authz.Scopes("b"), authz.Fresh(time.Hour)), withScopes("a"), "", 401, "insufficient_user_authentication", step + `, max_age="3600"`, audit.AuthzDenied},
	} {
		t.Run(name, func(t *testing.T) {
			var records []audit.Record
			errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) }}))
			spy := &mwtest.Spy{}
			h := authenticated(tc.principal, build(t, authz.Config{Require: tc.require}).Handler(spy))
			if tc.client != "" {
				h = behindProxy(t, h)
			}
			server := httptest.NewServer(errs.Handler(h))
			defer server.Close()
			r, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			r.Header.Set("X-Forwarded-For", tc.client)
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(res.Header["Www-Authenticate"], "|"); got != tc.challenge {
				t.Errorf("WWW-Authenticate: %s, want %s", got, tc.challenge)
			}
			if tc.status == 200 {
				_ = res.Body.Close()
			} else {
				mwtest.Refused(t, res, tc.status, tc.code)
			}
			if pass := tc.status == 200; res.StatusCode != tc.status || pass != (spy.Calls() == 1) {
				t.Errorf("status %d, next ran %d times", res.StatusCode, spy.Calls())
			}
			server.Close() // the record comes after the response
			if len(records) != 1 || records[0].Events != tc.events || records[0].Code != tc.code || records[0].Rule != tc.require.String() {
				t.Errorf("records %+v", records)
			}
			if tc.status == 500 && (records[0].Cause == nil || !strings.Contains(records[0].Cause.Error(), "put clientip around")) {
				t.Errorf("cause %v", records[0].Cause)
			}
		})
	}
}

func TestFreshAtItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := build(t, authz.Config{Require: authz.Fresh(time.Minute)})
		for ago, fresh := range map[time.Duration]bool{
			0: true, time.Minute: true, time.Minute + 1: false, -time.Minute: true, -time.Minute - 1: false,
		} {
			p := caller(func(p *authn.Principal) { p.AuthTime = time.Now().Add(-ago).Round(0) })
			if err := m.Check(request(p)); (err == nil) != fresh || err != nil && !errors.Is(err, authz.ErrLoginRequired) {
				t.Errorf("a login %v ago: %v", ago, err)
			}
		}
	})
}

func TestRulesInWords(t *testing.T) {
	for want, q := range map[string]authz.Requirement{
		`tenant(acme "big corp")`:              authz.Tenant("acme", "big corp"),
		"ip_allow(192.0.2.0/24 2001:db8::/32)": authz.IPAllow(home, netip.MustParsePrefix("2001:db8::/32")),
		"fresh(5m0s)":                          authz.Fresh(5 * time.Minute),
		"acr(gold urn:mfa)":                    authz.ACR("gold", "urn:mfa"),
		"decide(authz_test.ruling)":            authz.Decide(ruling{}),
		"decide(notes:share)":                  authz.Decide(named("notes:share")),
	} {
		if got := q.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A walk over routes finds the rule of a handler without a call of it.
func TestRequirementOfTheHandler(t *testing.T) {
	h := build(t, authz.Config{Require: authz.Scopes("a")}).Handler(&mwtest.Spy{})
	if r, ok := h.(interface{ Requirement() string }); !ok || r.Requirement() != "scopes(a)" {
		t.Errorf("%T has the requirement %v", h, r)
	}
}

func TestFaultyRules(t *testing.T) {
	for name, tc := range map[string]struct {
		require authz.Requirement
		want    []string
	}{
		"nothing": {authz.All(authz.Tenant(), authz.IPAllow(), authz.ACR(), authz.Fresh(0), authz.Decide(nil), authz.Decide((*counting)(nil))), []string{
			"authz: Require.All[0].Tenant: is empty", "authz: Require.All[1].IPAllow: is empty", "authz: Require.All[2].ACR: is empty",
			"authz: Require.All[3].Fresh: \"0s\": is not a whole number of seconds", "authz: Require.All[4].Decide: has no Decider", "authz: Require.All[5].Decide: has no Decider",
		}},
		"names":          {authz.Tenant("a", "", "a"), []string{`authz: Require.Tenant[1]: "": `, `authz: Require.Tenant[2]: "a": is there twice`}},
		"acr":            {authz.ACR("a b", `"`), []string{`authz: Require.ACR[0]: "a b": `, `authz: Require.ACR[1]: "\"": `}},
		"age":            {authz.Any(authz.Fresh(1500*time.Millisecond), authz.Fresh(-time.Hour)), []string{`authz: Require.Any[0].Fresh: "1.5s": `, `authz: Require.Any[1].Fresh: "-1h0m0s": `}},
		"no common acr":  {authz.All(authz.All(authz.ACR("a", "b"), authz.ACR("c")), authz.Fresh(time.Hour)), []string{"authz: Require.All[0].All: no login meets"}},
		"a choice of it": {authz.All(authz.Any(authz.ACR("a"), authz.Fresh(time.Hour)), authz.ACR("b")), nil},
		"networks": {authz.IPAllow(home, home, netip.Prefix{}, netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("192.0.2.1/24")), []string{
			`authz: Require.IPAllow[1]: "192.0.2.0/24": is there twice`, `authz: Require.IPAllow[2]: "invalid Prefix": not a prefix`,
			`authz: Require.IPAllow[3]: "0.0.0.0/1": is wider`, `authz: Require.IPAllow[4]: "192.0.2.1/24": host bits`,
		}},
		"two deciders of one name": {authz.All(authz.Decide(named("a")), authz.Decide(named("a"))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := authz.New(authz.Config{Require: tc.require})
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

func TestRulesDoNotAllocate(t *testing.T) {
	m := build(t, authz.Config{Require: authz.All(
		authz.Any(authz.Tenant("acme"), authz.AnyRole("support")), authz.IPAllow(home), authz.Fresh(time.Hour), authz.ACR("gold"), authz.Decide(ruling{allow: true}),
	)})
	good := func(p *authn.Principal) { p.Tenant, p.AuthTime, p.ACR = "acme", time.Now(), "gold" }
	for name, tc := range map[string]struct {
		change func(*authn.Principal)
		want   error
	}{
		"granted":      {func(*authn.Principal) {}, nil},
		"stale":        {func(p *authn.Principal) { p.AuthTime = time.Time{} }, authz.ErrLoginRequired},
		"stale, a key": {func(p *authn.Principal) { p.AuthTime, p.Kind = time.Time{}, "apikey" }, authz.ErrLoginRequired},
		"other tenant": {func(p *authn.Principal) { p.Tenant = "umbrella" }, authz.ErrForbidden},
	} {
		var inner *http.Request
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("X-Forwarded-For", "192.0.2.9")
		p := caller(func(p *authn.Principal) { good(p); tc.change(p) })
		behindProxy(t, authenticated(p, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inner = r }))).ServeHTTP(httptest.NewRecorder(), r)
		mwtest.MaxAllocs(t, "Check, "+name, 0, func() {
			if err := m.Check(inner); !errors.Is(err, tc.want) {
				t.Fatal(err)
			}
		})
		h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if w := mwtest.NewDiscard(); tc.want == nil {
			mwtest.MaxAllocs(t, "Handler, "+name, 0, func() { h.ServeHTTP(w, inner) })
		}
	}
}

// The challenges of another credential than a bearer token are those of the authn around.
func TestChallengeOfAStepUp(t *testing.T) {
	const params = `error="insufficient_user_authentication", max_age="60"`
	m := build(t, authz.Config{Require: authz.Fresh(time.Minute)})
	for name, tc := range map[string]struct {
		kind string
		auth authn.Config
		want string
	}{
		"a token":               {"jwt", authn.Config{Authenticators: []authn.Authenticator{tokenOf{"jwt"}}}, "Bearer " + params},
		"a token with metadata": {"jwt", authn.Config{Authenticators: []authn.Authenticator{tokenOf{"jwt"}}, ResourceMetadata: "https://a.example/m"}, "Bearer " + params + `, resource_metadata="https://a.example/m"`},
		"a session":             {"session", authn.Config{Authenticators: []authn.Authenticator{tokenOf{"session"}, keysOnly{}}}, "Bearer " + params + "|ApiKey " + params},
		"a session, metadata":   {"session", authn.Config{Authenticators: []authn.Authenticator{tokenOf{"session"}}, ResourceMetadata: "https://a.example/m"}, `Bearer resource_metadata="https://a.example/m", ` + params},
	} {
		auth := mwtest.Must[*authn.Middleware](t)(authn.New(tc.auth))
		for range 2 {
			res := mwtest.Do(auth.Handler(m.Handler(&mwtest.Spy{})), withToken())
			if got := strings.Join(res.Header["Www-Authenticate"], "|"); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
			mwtest.Refused(t, res, 401, "insufficient_user_authentication")
		}
	}
	if err := m.Check(request(caller(func(p *authn.Principal) { p.Kind = "session" }))); !errors.Is(err, authz.ErrLoginRequired) {
		t.Error(err)
	}
	mwtest.Unshared(t, m.Handler, func() *http.Request { return request(caller(func(p *authn.Principal) { p.Kind = "session" })) })
}
