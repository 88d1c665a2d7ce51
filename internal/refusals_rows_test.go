package internal_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/authn/oauth/tokens"
	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/allowedhosts"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/headers/reports"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/validate"
)

// newSender returns a function that sends a request with the given method, path, body
// and headers. Each part contains secrets.
func newSender(method, path, body string, headers ...string) func(*testing.T, string) *http.Response {
	return func(t *testing.T, base string) *http.Response {
		t.Helper()
		var r io.Reader
		if body != "" {
			r = strings.NewReader(body)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, r)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", "session=hunter2")
		for i := 0; i < len(headers); i += 2 {
			req.Header.Add(headers[i], headers[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}

var get = newSender("GET", "/hunter2?token=eyJhbGciOiJFUzI1NiJ9", "")

// sendRaw sends text unchanged. If end is true, it then closes its half of the
// connection.
func sendRaw(text string, end bool) func(*testing.T, string) *http.Response {
	return func(t *testing.T, base string) *http.Response {
		t.Helper()
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if end {
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}

func failingHandler(err error) http.Handler {
	return httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return err })
}

func writingHandler(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Debug", errPlanted.Error())
		http.Error(w, errPlanted.Error(), status)
	})
}

// A fixedAuthenticator is an authenticator that always returns the same error.
type fixedAuthenticator struct{ result error }

func (fixedAuthenticator) Present(r *http.Request) bool { return r.Header.Get("Authorization") != "" }
func (j fixedAuthenticator) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, j.result
}
func (fixedAuthenticator) Challenge(realm string, err error) string { return "Bearer" }

// A keyAuthenticator is a fixedAuthenticator for credentials in another header.
type keyAuthenticator struct{ fixedAuthenticator }

func (keyAuthenticator) Present(r *http.Request) bool   { return r.Header.Get("X-Api-Key") != "" }
func (keyAuthenticator) Challenge(string, error) string { return "" }

// A failingStore is a store that always fails.
type failingStore struct{}

func (failingStore) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) {
	return failingStore{}, nil
}
func (failingStore) Take(context.Context, [16]byte, int, bool) (ratelimit.Count, error) {
	return ratelimit.Count{}, errPlanted
}
func (failingStore) Refund(context.Context, [16]byte, int, ratelimit.Stamp) error { return errPlanted }
func (failingStore) Reset(context.Context, [16]byte) error                        { return errPlanted }

// A downStore is a lockout.Store that does not answer.
type downStore struct{ lockout.Store }

func (downStore) Begin(context.Context, lockout.Key, lockout.Policy) (lockout.State, error) {
	return lockout.State{}, errPlanted
}

// A failingDecider is a Decider without an answer.
type failingDecider struct{}

func (failingDecider) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{}, errPlanted
}

// routed returns the handler of a router with one route. Its authentication lets each request
// pass.
func routed(t *testing.T, r routes.Route, starts bool) http.Handler {
	t.Helper()
	mux := mwtest.Must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: func(next http.Handler) http.Handler { return next }}))
	mux.Handle(r)
	h, err := mux.Build()
	if (err == nil) != starts {
		t.Fatal(err)
	}
	return h
}

func refusals(t *testing.T) []refusal {
	auth := func(authenticators ...authn.Authenticator) http.Handler {
		return mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: authenticators})).Handler(&mwtest.Spy{})
	}
	newCertificates := func(cfg mtls.Config) *mtls.Authenticator {
		cfg.Identity, cfg.Roots = mtls.SPIFFEID, func(string) *x509.CertPool { return x509.NewCertPool() }
		return mwtest.Must[*mtls.Authenticator](t)(mtls.New(cfg))
	}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	certificates := newCertificates(mtls.Config{})
	behindProxy := newCertificates(mtls.Config{Header: mtls.XFCC, Proxies: loopback})
	behindFailing := newCertificates(mtls.Config{Header: mtls.XFCC, Proxies: loopback, DangerouslyWithoutCert: true,
		Revoked: func(context.Context, *mtls.Peer) (bool, error) { return false, errPlanted }})
	asPrincipal := func(p *authn.Principal, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(authn.NewContext(r.Context(), p)))
		})
	}
	requiring := func(q authz.Requirement) http.Handler {
		return mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: q})).Handler(&mwtest.Spy{})
	}
	owning := func(err error) http.Handler {
		return mwtest.Must[*object.Guard[shown, string]](t)(object.New(ownedConfig(shown{}, err))).Handler(&mwtest.Spy{})
	}
	direct := mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Direct()))
	denied := mwtest.Must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})).Handler(&mwtest.Spy{})
	ann := &authn.Principal{Kind: "jwt", Issuer: "https://id.example", Subject: "hunter2"}
	forged := mwtest.Must[*http.CrossOriginProtection](t)(mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}, Credentials: true})).CrossOriginProtection())
	crossOrigin := mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}})).Handler(&mwtest.Spy{})
	preflight := func(origin, method, names string) func(*testing.T, string) *http.Response {
		kv := []string{"Origin", origin, "Access-Control-Request-Method", method}
		if names != "" {
			kv = append(kv, "Access-Control-Request-Headers", names)
		}
		return newSender("OPTIONS", "/hunter2", "", kv...)
	}
	hosts := mwtest.Must[*allowedhosts.Middleware](t)(allowedhosts.New(allowedhosts.Config{Hosts: []string{"app.example"}})).Handler(&mwtest.Spy{})
	redirect := mwtest.Must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"app.example"}, HTTPSOnly: []string{"api.example"}})).Handler(&mwtest.Spy{})
	receiver := mwtest.Must[*reports.Receiver](t)(reports.New(reports.Config{Receive: func(*http.Request, reports.Report) {}}))
	gone := mwtest.Must[*lifecycle.Middleware](t)(lifecycle.New(lifecycle.Config{Sunset: time.Unix(1, 0), Gone: true})).Handler(&mwtest.Spy{})
	limiter := mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.By(func(*http.Request) (string, bool) { return "hunter2", true })}))
	limiter.Take(context.Background(), ratelimit.StringKey("hunter2"), 1)

	limited := func(cfg ratelimit.Config) http.Handler {
		cfg.Name, cfg.Limits, cfg.Key = "login", []ratelimit.Limit{ratelimit.PerHour(9)}, ratelimit.ByClientIP
		return mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(cfg)).Handler(&mwtest.Spy{})
	}
	busy := mwtest.Must[*concurrency.Limiter](t)(concurrency.New(concurrency.Config{Max: 1, Key: ratelimit.By(func(*http.Request) (string, bool) { return "hunter2", true })}))
	if _, err := busy.Check(nil); err != nil {
		t.Fatal(err)
	}

	login := func(g *lockout.Guard) http.Handler {
		return httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
			_, err := g.Begin(r.Context(), "hunter2", netip.MustParseAddr("192.0.2.1"))
			return err
		})
	}
	guard := mwtest.Must[*lockout.Guard](t)(lockout.New(lockout.Config{PerAddress: 1, Window: 7 * time.Hour}))
	_, _ = guard.Begin(t.Context(), "hunter2", netip.MustParseAddr("192.0.2.1"))
	unavailableGuard := mwtest.Must[*lockout.Guard](t)(lockout.New(lockout.Config{Store: downStore{}, Secret: make([]byte, 32)}))
	redeem := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		return guard.Redeem(r.Context(), "hunter2", r.URL.Query().Get("token"), netip.Addr{})
	})

	newSessions := func(cfg session.Config) *session.Manager {
		cfg.Store, cfg.Issuer, cfg.CrossOrigin = new(sessionstore.Memory), "https://id.example", http.NewCrossOriginProtection()
		cfg.Issue = func(context.Context, session.Session) (string, time.Time, error) {
			return "eyJhbGciOiJFUzI1NiJ9", time.Now().Add(time.Minute), nil
		}
		cfg.Grant = func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, errPlanted }
		return mwtest.Must[*session.Manager](t)(session.New(cfg))
	}
	refresh := http.HandlerFunc(newSessions(session.Config{}).ServeRefresh)
	fullSessions := newSessions(session.Config{MaxSessions: 1, RefuseAtMax: true})
	_, _ = fullSessions.Begin(t.Context(), session.Login{Principal: ann})
	oneMore := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := fullSessions.Start(w, r, session.Login{Principal: ann})
		return err
	})
	newCookie := func(store sessionstore.Store) *session.Cookie {
		return mwtest.Must[*session.Cookie](t)(session.NewCookie(session.CookieConfig{
			Store: store, Issuer: "https://id.example",
			Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, errPlanted },
		}))
	}
	cookie := newCookie(new(sessionstore.Memory))
	logout := http.HandlerFunc(cookie.ServeLogout)
	sessionCookie := []string{"Cookie", "__Host-Http-session=st1_" + strings.Repeat("A", 26) + "_" + strings.Repeat("B", 52)}
	twoSessionCookies := []string{"Cookie", "__Host-Http-session=hunter2; __Host-Http-session=hunter2"}
	loginAt := func(endpoint string) *oauth.Client {
		return mwtest.Must[*oauth.Client](t)(oauth.New(oauth.Config{
			Issuer: "https://id.example", ClientID: "notes", ClientSecret: "hunter2", RedirectURL: "https://app.example/login/callback",
			CookieKeys: [][]byte{make([]byte, 32)}, Endpoints: oauth.Endpoints{Authorization: "https://id.example/a", Token: endpoint},
			OnLogin:  func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil },
			UserInfo: func(context.Context, *http.Client) (oauth.Profile, error) { return oauth.Profile{}, errPlanted },
			Deny:     httperr.Write, // the default is a page
		}))
	}
	provider := loginAt("http://127.0.0.1:1/")
	backChannel := mwtest.Must[*oauth.Client](t)(oauth.New(oauth.Config{
		Issuer: "https://id.example", ClientID: "notes", ClientSecret: "hunter2", RedirectURL: "https://app.example/login/callback",
		CookieKeys: [][]byte{make([]byte, 32)}, Logouts: new(logoutstore.Memory),
		OnLogin:  func(http.ResponseWriter, *http.Request, oauth.Identity) error { return nil },
		OnLogout: func(context.Context, oauth.Logout) error { return errPlanted },
	}))
	noTokens := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		keeper := mwtest.Must[*tokens.Keeper](t)(tokens.New(tokens.Config{
			Store: new(tokenstore.Memory), Keys: [][]byte{make([]byte, 32)}, Refresh: provider.Refresh,
		}))
		_, err := keeper.Access(r.Context(), "hunter2")
		return err
	})
	start, callback := http.HandlerFunc(provider.ServeStart), http.HandlerFunc(provider.ServeCallback)
	callbackWith := func(params string) func(*testing.T, string) *http.Response {
		return func(t *testing.T, base string) *http.Response {
			begun := mwtest.Do(start, httptest.NewRequest("GET", "/login", nil))
			to, err := url.Parse(begun.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			flow := begun.Cookies()[0]
			return newSender("GET", "/login/callback?state="+to.Query().Get("state")+params, "", "Cookie", flow.Name+"="+flow.Value)(t, base)
		}
	}
	noReferrer := map[string]string{"Referrer-Policy": "no-referrer"}
	flowRemoved := map[string]string{"Referrer-Policy": "no-referrer", "Set-Cookie": "*"}

	type note struct {
		Title string `json:"title" validate:"required,max=5"`
	}
	schema := mwtest.Must[*validate.Schema[note]](t)(validate.New[note](validate.Config{MaxBody: 64}))
	body := schema.Middleware(&mwtest.Spy{})
	post := func(text string) func(*testing.T, string) *http.Response {
		return newSender("POST", "/hunter2", text, "Content-Type", "application/json")
	}
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // otherwise the body times out later
		body.ServeHTTP(w, r)
	})
	type profile struct {
		Name string `json:"name" view:"public" write:"public"`
		Role string `json:"role" write:"self"`
	}
	filtered := mwtest.Must[*view.View[profile]](t)(view.New[profile](view.Config{}))
	writable := mwtest.Must[*view.Input[profile]](t)(view.NewInput[profile](view.Config{MaxBody: 64})).Handler(&mwtest.Spy{})
	token := []string{"Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9"}
	vary := map[string]string{"Vary": "*"}
	unfinishedPost := "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"title\":\"hunter2"

	return []refusal{
		{sentinel: "httperr.ErrInternal", handler: failingHandler(errPlanted), request: get, status: 500, code: "internal_error"},
		{sentinel: "httperr.ErrInternal", handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errPlanted) }), request: get, status: 500, code: "internal_error", events: audit.Panic},
		{sentinel: "httperr.ErrInternal", handler: writingHandler(500), seal: true, request: get, status: 500, code: "internal_error", noCause: true},
		{sentinel: "httperr.errUnavailable", handler: writingHandler(503), seal: true, request: get, status: 503, code: "unavailable", noCause: true},
		{sentinel: "httperr.errNotImplemented", handler: writingHandler(501), seal: true, request: get, status: 501, code: "not_implemented", noCause: true},
		{sentinel: "httperr.errBadGateway", handler: writingHandler(502), seal: true, request: get, status: 502, code: "bad_gateway", noCause: true},
		{sentinel: "httperr.ErrNotFound", handler: httperr.WrapMux(http.NewServeMux()), request: get, status: 404, code: "not_found", noCause: true},
		{sentinel: "httperr.ErrMethodNotAllowed", handler: httperr.WrapMux(onlyPOST()), request: get, status: 405, code: "method_not_allowed", headers: map[string]string{"Allow": "POST"}, noCause: true},
		{sentinel: "httperr.errBadRequest", handler: httperr.WrapMux(onlyPOST()), request: sendRaw("GET * HTTP/1.1\r\nHost: hunter2.example\r\n\r\n", false), status: 400, code: "bad_request", noCause: true},
		{sentinel: "httperr.errTimeout", handler: failingHandler(errors.Join(errPlanted, context.DeadlineExceeded)), request: get, status: 504, code: "timeout"},
		{sentinel: "httperr.ErrRequestTimeout", handler: failingHandler(errors.Join(errPlanted, http.ErrHandlerTimeout)), request: get, status: 408, code: "request_timeout"},
		{sentinel: "httperr.ErrBodyTooLarge", handler: failingHandler(errors.Join(errPlanted, &http.MaxBytesError{Limit: 1})), request: get, status: 413, code: "body_too_large"},

		{sentinel: "authn.ErrNoCredentials", handler: auth(fixedAuthenticator{}), request: get, status: 401, code: "unauthenticated", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthFailed, noCause: true},
		{sentinel: "authn.ErrNoCredentials", handler: requiring(authz.Scopes("a")), request: get, status: 401, code: "unauthenticated", headers: map[string]string{"Www-Authenticate": `Bearer scope="a"`}, events: audit.AuthzDenied},
		{sentinel: "authn.ErrInvalid", handler: auth(fixedAuthenticator{authn.ErrInvalid.With(errPlanted)}), request: newSender("GET", "/", "", token...), status: 401, code: "invalid_credentials", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrExpired", handler: auth(fixedAuthenticator{authn.ErrExpired.With(errPlanted)}), request: newSender("GET", "/", "", token...), status: 401, code: "credentials_expired", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrAmbiguous", handler: auth(fixedAuthenticator{}, keyAuthenticator{}), request: newSender("GET", "/", "", append(token, "X-Api-Key", "hunter2")...), status: 400, code: "invalid_request", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrAmbiguous", handler: auth(fixedAuthenticator{authn.ErrAmbiguous.With(errPlanted)}), request: newSender("GET", "/", "", token...), status: 400, code: "invalid_request", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrCrossOrigin", handler: auth(fixedAuthenticator{authn.ErrCrossOrigin.With(errPlanted)}), request: newSender("GET", "/", "", token...), status: 403, code: "cross_origin", events: audit.AuthFailed},
		{sentinel: "authn.ErrUnavailable", handler: auth(fixedAuthenticator{authn.ErrUnavailable.With(errPlanted)}), request: newSender("GET", "/", "", token...), status: 503, code: "authentication_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},

		{sentinel: "authz.ErrInsufficientScope", handler: asPrincipal(ann, requiring(authz.Scopes("a"))), request: get, status: 403, code: "insufficient_scope", headers: map[string]string{"Www-Authenticate": `Bearer error="insufficient_scope", scope="a"`}, events: audit.AuthzDenied, noCause: true},
		{sentinel: "authz.ErrForbidden", handler: asPrincipal(ann, requiring(authz.AnyRole("admin"))), request: get, status: 403, code: "forbidden", events: audit.AuthzDenied, noCause: true},
		{sentinel: "authz.ErrLoginRequired", handler: asPrincipal(ann, requiring(authz.Fresh(time.Minute))), request: get, status: 401, code: "insufficient_user_authentication", headers: map[string]string{"Www-Authenticate": `Bearer error="insufficient_user_authentication", max_age="60"`}, events: audit.AuthzDenied, noCause: true},
		{sentinel: "authz.ErrUnavailable", handler: asPrincipal(ann, requiring(authz.Decide(failingDecider{}))), request: get, status: 503, code: "authorization_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "object.ErrUnavailable", handler: asPrincipal(ann, owning(errPlanted)), request: get, status: 503, code: "object_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "httperr.ErrInternal", handler: routed(t, routes.Route{Pattern: "GET /hunter2"}, false), request: get, status: 500, code: "internal_error"},
		{sentinel: "httperr.ErrNotFound", handler: routed(t, routes.Route{Pattern: "GET /other", Public: "it is a test", Handler: &mwtest.Spy{}}, true), request: get, status: 404, code: "not_found", noCause: true},
		{sentinel: "httperr.ErrMethodNotAllowed", handler: routed(t, routes.Route{Pattern: "POST /hunter2", AnyCaller: "it is a test", Creates: true, Handler: &mwtest.Spy{}}, true), request: get, status: 405, code: "method_not_allowed", headers: map[string]string{"Allow": "POST"}, noCause: true},
		{sentinel: "authn.ErrNoCredentials", handler: routed(t, routes.Route{Pattern: "GET /hunter2", AnyCaller: "it is a test", Lists: true, Handler: &mwtest.Spy{}}, true), request: get, status: 401, code: "unauthenticated", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthzDenied},
		{sentinel: "httperr.ErrNotFound", handler: asPrincipal(&authn.Principal{Issuer: ann.Issuer, Subject: "bob"}, owning(nil)), request: get, status: 404, code: "not_found", events: audit.AuthzDenied},
		{sentinel: "authn.ErrNoCredentials", handler: owning(nil), request: get, status: 401, code: "unauthenticated", headers: map[string]string{"Www-Authenticate": "Bearer"}, events: audit.AuthzDenied},
		{sentinel: "ipdeny.ErrDenied", handler: direct.Handler(denied), request: get, status: 403, code: "address_denied", events: audit.AuthzDenied, noCause: true},

		{sentinel: "httperr.ErrInternal", handler: filtered.Handler(writingHandler(200)), request: get, status: 500, code: "internal_error"},
		{sentinel: "view.ErrNotWritable", handler: writable, request: post(`{"name":"hunter2","role":"hunter2"}`), status: 403, code: "member_not_writable", events: audit.AuthzDenied, noCause: true},
		{sentinel: "view.errMembers", handler: writable, request: post(`{"hunter2":"hunter2"}`), status: 400, code: "unexpected_members", events: audit.ValidateRejected, noCause: true},
		{sentinel: "view.errBody", handler: writable, request: post(`{"hunter2":`), status: 400, code: "body_not_json", events: audit.ValidateRejected, noCause: true},
		{sentinel: "view.errMediaType", handler: writable, request: newSender("POST", "/", "hunter2", "Content-Type", "text/hunter2"), status: 415, code: "body_not_checkable", events: audit.ValidateRejected, noCause: true},
		{sentinel: "view: too large", handler: writable, request: post(strings.Repeat("hunter2", 20)), status: 413, code: "body_too_large", events: audit.ValidateRejected},

		{sentinel: "ratelimit.ErrLimited", handler: limiter.Handler(&mwtest.Spy{}), request: get, status: 429, code: "rate_limited", headers: map[string]string{"Retry-After": "3600", "Ratelimit": `"hour";r=0;t=3600`, "Ratelimit-Policy": `"hour";q=1;w=3600`}, events: audit.RateLimited},

		{sentinel: "ratelimit.errCost", handler: limited(ratelimit.Config{Cost: func(*http.Request) int { return 10 }}), request: get, status: 400, code: "cost_too_high"},
		{sentinel: "ratelimit.ErrUnavailable", handler: limited(ratelimit.Config{Store: failingStore{}, OnFailure: ratelimit.FailClosed}), request: get, status: 503, code: "limiter_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "concurrency.ErrLimited", handler: busy.Handler(&mwtest.Spy{}), request: get, status: 429, code: "concurrency_limited", headers: map[string]string{"Retry-After": "1"}, events: audit.RateLimited},
		{sentinel: "lockout.ErrDelayed", handler: login(guard), request: get, status: 429, code: "login_delayed", headers: map[string]string{"Retry-After": "25200"}, events: audit.Lockout},
		{sentinel: "lockout.ErrToken", handler: redeem, request: get, status: 400, code: "unlock_token_invalid", noCause: true},
		{sentinel: "lockout.ErrUnavailable", handler: login(unavailableGuard), request: get, status: 503, code: "login_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},

		{sentinel: "session.ErrEnded", handler: refresh, request: newSender("POST", "/", "hunter2", "Cookie", "__Host-Http-refresh=hunter2"), status: 401, code: "session_ended", headers: map[string]string{"Www-Authenticate": "Session"}, events: audit.AuthFailed},
		{sentinel: "session.ErrEnded", handler: refresh, request: newSender("POST", "/", "hunter2", "Cookie", "__Host-Http-refresh=rt1_"+strings.Repeat("A", 52)+"_"+strings.Repeat("B", 52)+"_"+strings.Repeat("C", 26)), status: 401, code: "session_ended", headers: map[string]string{"Www-Authenticate": "Session"}, events: audit.AuthFailed},
		{sentinel: "session.errCookie", handler: refresh, request: newSender("POST", "/", "hunter2", "Cookie", "__Host-Http-refresh=hunter2; __Host-Http-refresh=hunter2"), status: 400, code: "session_cookie_invalid", events: audit.AuthFailed},
		{sentinel: "authn.ErrCrossOrigin", handler: refresh, request: newSender("POST", "/", "hunter2", "Sec-Fetch-Site", "same-site"), status: 403, code: "cross_origin"},
		{sentinel: "session.errCookie", handler: auth(cookie), request: newSender("GET", "/", "", twoSessionCookies...), status: 400, code: "session_cookie_invalid", events: audit.AuthFailed},
		{sentinel: "session.errCookie", handler: logout, request: newSender("POST", "/", "hunter2", twoSessionCookies...), status: 400, code: "session_cookie_invalid", events: audit.AuthFailed},
		{sentinel: "authn.ErrInvalid", handler: auth(cookie), request: newSender("GET", "/", "", "Cookie", "__Host-Http-session=hunter2"), status: 401, code: "invalid_credentials", headers: map[string]string{"Www-Authenticate": "Session"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrExpired", handler: auth(cookie), request: newSender("GET", "/", "", sessionCookie...), status: 401, code: "credentials_expired", headers: map[string]string{"Www-Authenticate": "Session"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrCrossOrigin", handler: auth(cookie), request: newSender("POST", "/", "hunter2", append(sessionCookie, "Sec-Fetch-Site", "same-site")...), status: 403, code: "cross_origin", events: audit.AuthFailed},
		{sentinel: "authn.ErrAmbiguous", handler: auth(certificates), request: newSender("GET", "/", "", "Client-Cert", ":hunter2:"), status: 400, code: "invalid_request", events: audit.AuthFailed},
		{sentinel: "authn.ErrAmbiguous", handler: certificates.Require(&mwtest.Spy{}), request: newSender("GET", "/", "", "Client-Cert", ":hunter2:"), status: 400, code: "invalid_request", events: audit.AuthFailed},
		{sentinel: "authn.ErrInvalid", handler: auth(behindProxy), request: newSender("GET", "/", "", "X-Forwarded-Client-Cert", "URI=spiffe://prod.example/hunter2"), status: 401, code: "invalid_credentials", headers: map[string]string{"Www-Authenticate": "ClientCertificate"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrInvalid", handler: behindProxy.Require(&mwtest.Spy{}), request: newSender("GET", "/", "", "X-Forwarded-Client-Cert", "URI=spiffe://prod.example/hunter2"), status: 401, code: "invalid_credentials", headers: map[string]string{"Www-Authenticate": "ClientCertificate"}, events: audit.AuthFailed},
		{sentinel: "authn.ErrNoCredentials", handler: certificates.Require(&mwtest.Spy{}), request: get, status: 401, code: "unauthenticated", headers: map[string]string{"Www-Authenticate": "ClientCertificate"}, events: audit.AuthFailed, noCause: true},
		{sentinel: "authn.ErrUnavailable", handler: behindFailing.Require(&mwtest.Spy{}), request: newSender("GET", "/", "", "X-Forwarded-Client-Cert", "URI=spiffe://prod.example/hunter2"), status: 503, code: "authentication_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "authn.ErrUnavailable", handler: auth(newCookie(downSessions{})), request: newSender("GET", "/", "", sessionCookie...), status: 503, code: "authentication_unavailable", headers: map[string]string{"Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "session.ErrTooMany", handler: oneMore, request: newSender("POST", "/", "hunter2"), status: 409, code: "too_many_sessions", noCause: true},

		{sentinel: "cors.ErrForged", handler: forged.Handler(&mwtest.Spy{}), request: newSender("POST", "/", "hunter2", "Origin", "https://hunter2.example"), status: 403, code: "cross_origin_denied", noCause: true},
		{sentinel: "cors.ErrOrigin", handler: crossOrigin, request: preflight("https://hunter2.example", "GET", ""), status: 403, code: "cors_origin_denied", headers: vary, empty: true, noCause: true},
		{sentinel: "cors.ErrMethod", handler: crossOrigin, request: preflight("https://app.example", "HUNTER2", ""), status: 403, code: "cors_method_denied", headers: vary, empty: true, noCause: true},
		{sentinel: "cors.ErrHeader", handler: crossOrigin, request: preflight("https://app.example", "GET", "hunter2"), status: 403, code: "cors_header_denied", headers: vary, empty: true},
		{sentinel: "oauth.ErrNotNavigation", handler: start, request: newSender("GET", "/login", "", "Sec-Fetch-Dest", "iframe"), status: 401, code: "login_not_navigation", headers: map[string]string{"Referrer-Policy": "no-referrer", "Www-Authenticate": "Session"}, events: audit.AuthFailed},
		{sentinel: "oauth.ErrFlow", handler: callback, request: newSender("GET", "/login/callback?again", ""), status: 400, code: "login_flow_unknown", headers: noReferrer, events: audit.AuthFailed, noCause: true},
		{sentinel: "oauth.ErrDenied", handler: callback, request: callbackWith("&error=hunter2"), status: 403, code: "login_denied", headers: flowRemoved, events: audit.AuthFailed},
		{sentinel: "tokens.ErrNone", handler: noTokens, request: get, status: 403, code: "provider_login_required", noCause: true},
		{sentinel: "oauth.ErrLogoutToken", handler: http.HandlerFunc(backChannel.ServeBackChannelLogout), request: newSender("POST", "/logout", "logout_token=hunter2", "Content-Type", "application/x-www-form-urlencoded"), status: 400, code: "logout_token_invalid", headers: noReferrer, events: audit.AuthFailed},
		{sentinel: "oauth.ErrResponse", handler: callback, request: callbackWith("&code=hunter2&iss=hunter2"), status: 400, code: "login_response_invalid", headers: flowRemoved, events: audit.AuthFailed},
		{sentinel: "authn.ErrUnavailable", handler: callback, request: callbackWith("&code=hunter2"), status: 503, code: "authentication_unavailable", headers: map[string]string{"Referrer-Policy": "no-referrer", "Set-Cookie": "*", "Retry-After": "1"}, events: audit.StoreDegraded},
		{sentinel: "httperr.ErrMethodNotAllowed", handler: callback, request: newSender("POST", "/login/callback", "hunter2"), status: 405, code: "method_not_allowed", headers: map[string]string{"Referrer-Policy": "no-referrer", "Allow": "GET"}, noCause: true},
		{sentinel: "isolation.ErrCrossSite", handler: mwtest.Must[*isolation.Middleware](t)(isolation.New(isolation.Config{})).Handler(&mwtest.Spy{}),
			request: newSender("GET", "/hunter2", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "hunter2"), status: 403, code: "cross_site_denied", events: audit.AuthzDenied, noCause: true},

		{sentinel: "allowedhosts.ErrHost", handler: hosts, request: sendRaw("GET / HTTP/1.1\r\nHost: hunter2.example\r\n\r\n", false), status: 421, code: "unknown_host"},
		{sentinel: "tlsconf.ErrMisdirected", handler: redirect, request: sendRaw("GET / HTTP/1.1\r\nHost: hunter2.example\r\n\r\n", false), status: 421, code: "misdirected_request"},
		{sentinel: "tlsconf.ErrHTTPSRequired", handler: redirect, request: sendRaw("GET / HTTP/1.1\r\nHost: api.example\r\nX-Secret: hunter2\r\n\r\n", false), status: 403, code: "https_required"},
		{sentinel: "tlsconf.ErrTarget", handler: redirect, request: sendRaw("CONNECT app.example:443 HTTP/1.1\r\nHost: app.example\r\nX-Secret: hunter2\r\n\r\n", false), status: 400, code: "bad_request_target", noCause: true},

		{sentinel: "reports.ErrType", handler: receiver, request: newSender("POST", "/hunter2", "{}", "Content-Type", "text/hunter2"), status: 415, code: "report_type_unsupported", noCause: true},
		{sentinel: "reports.ErrMalformed", handler: receiver, request: newSender("POST", "/hunter2", "hunter2", "Content-Type", "application/csp-report"), status: 400, code: "report_malformed"},
		{sentinel: "lifecycle.ErrGone", handler: gone, request: get, status: 410, code: "gone", headers: map[string]string{"Sunset": "Thu, 01 Jan 1970 00:00:01 GMT"}, noCause: true},

		{sentinel: "validate: too large", handler: body, request: post(strings.Repeat("hunter2", 20)), status: 413, code: "body_too_large", events: audit.ValidateRejected},
		{sentinel: "validate.ErrMediaType", handler: body, request: newSender("POST", "/", "hunter2", "Content-Type", "text/hunter2"), status: 415, code: "unsupported_media_type", headers: map[string]string{"Accept": "application/json"}, events: audit.ValidateRejected},
		{sentinel: "validate: timeout", handler: slow, request: sendRaw(unfinishedPost, false), status: 408, code: "request_timeout", events: audit.ValidateRejected},
		{sentinel: "httperr.ErrBodyIncomplete", handler: body, request: sendRaw(unfinishedPost, true), status: 400, code: "body_incomplete", events: audit.ValidateRejected},
		{sentinel: "validate.ErrNoBody", handler: body, request: post(" "), status: 400, code: "body_required", events: audit.ValidateRejected, noCause: true},
		{sentinel: "validate.ErrMalformed", handler: body, request: post(`{"hunter2":`), status: 400, code: "malformed_json", events: audit.ValidateRejected},
		{sentinel: "plan.ErrInvalid", handler: body, request: post(`{"hunter2":"hunter2","title":"hunter2"}`), status: 400, code: "validation_failed", events: audit.ValidateRejected},
	}
}

func onlyPOST() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("POST /", &mwtest.Spy{})
	return mux
}

// downSessions is a store of sessions that does not answer.
type downSessions struct{ sessionstore.Store }

func (downSessions) Commit(context.Context, sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	return sessionstore.Record{}, sessionstore.Ended, errPlanted
}
