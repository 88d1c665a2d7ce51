package tokens

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A site is one side of the login, with a page that shows the user.
type site struct {
	*httptest.Server
	visit func(client *http.Client, path string) string
}

func newSite(t *testing.T, build func(base string) *http.ServeMux) *site {
	var mux *http.ServeMux
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	mux = build(s.URL)
	return &site{s, func(client *http.Client, path string) string {
		for range 4 {
			res := must[*http.Response](t)(client.Get(path))
			body := make([]byte, 32)
			n, _ := res.Body.Read(body)
			_ = res.Body.Close()
			if next, ok := strings.CutPrefix(res.Header.Get("Refresh"), "0;url="); ok { // a page that continues by itself
				path = must[*url.URL](t)(res.Request.URL.Parse(next)).String()
				continue
			}
			if res.StatusCode != http.StatusOK {
				return fmt.Sprint(res.StatusCode)
			}
			return "200 `" + string(body[:n]) + "`"
		}
		t.Fatal("the pages lead in a circle")
		return ""
	}}
}

func login(t *testing.T) map[string]string {
	provider := oauthtest.New()
	t.Cleanup(provider.Close)
	before := newSite(t, func(base string) *http.ServeMux {
		mux := must[*http.ServeMux](t)(loginBefore(t.Context(), provider.URL, oauthtest.ClientID, oauthtest.ClientSecret, base,
			func(w http.ResponseWriter, user string) {
				http.SetCookie(w, &http.Cookie{Name: "user", Value: user, Path: "/"})
			}))
		mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("user"); err == nil {
				_, _ = fmt.Fprint(w, "user of the provider")
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		})
		return mux
	})
	after := newSite(t, func(base string) *http.ServeMux {
		cookies := must[*session.Cookie](t)(session.NewCookie(session.CookieConfig{Store: new(sessionstore.Memory), Issuer: base,
			Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil }}))
		mux := must[*http.ServeMux](t)(loginAfter(provider.URL, oauthtest.ClientID, oauthtest.ClientSecret, base,
			[]byte("32 bytes of crypto/rand, a secret"), cookies))
		mux.Handle("GET /{$}", guard(t, cookies).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, "user of the provider")
		})))
		return mux
	})
	rows := [][]string{{"a page without a login"}, {"the login, to the page that follows"}, {"the callback without a login before it"},
		{"two tabs log in: the first tab comes back"}, {"an ID token with another nonce"}}
	for _, s := range []*site{before, after} {
		jar, _ := cookiejar.New(nil)
		client := &http.Client{Jar: jar}
		cells := []string{s.visit(client, s.URL+"/"), s.visit(client, s.URL+"/login")}
		empty, _ := cookiejar.New(nil)
		cells = append(cells, s.visit(&http.Client{Jar: empty}, s.URL+"/login/callback?state=x&code=y"), twoTabs(t, s))
		provider.Change(func(c *oauthtest.Settings) { c.Claims = func(m map[string]any) { m["nonce"] = "of another login" } })
		other, _ := cookiejar.New(nil)
		cells = append(cells, s.visit(&http.Client{Jar: other}, s.URL+"/login"))
		provider.Change(func(c *oauthtest.Settings) { c.Claims = nil })
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	return map[string]string{"login": page.Table([]string{"request", "x/oauth2 and go-oidc", "here"}, rows...)}
}

// twoTabs begins two logins in one browser, and finishes the first.
func twoTabs(t *testing.T, s *site) string {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	stop := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var first string
	for i := range 2 {
		res := must[*http.Response](t)(stop.Get(s.URL + "/login"))
		_ = res.Body.Close()
		if i == 0 {
			first = res.Header.Get("Location")
		}
	}
	return s.visit(&http.Client{Jar: jar}, first)
}

// otherPlaces are tokens under another scheme, and of a WebSocket.
func otherPlaces(t *testing.T) map[string]string {
	iss := authntest.NewIssuer(t, issuer, audience)
	v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{iss.Trusted()}}))
	plain := guard(t, v).Handler(showCaller)
	scheme := tokenScheme(plain)
	optional := must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{v}, Optional: true}))
	lenient := must[*authn.Middleware](t)(authn.New(authn.Config{
		Authenticators: []authn.Authenticator{v}, Optional: true, ExpiredAsAnonymous: true}))
	public := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := authn.FromContext(r.Context()); ok {
			_, _ = fmt.Fprint(w, "page of ", p.Subject)
			return
		}
		_, _ = fmt.Fprint(w, "public page")
	})
	token := func(scheme, token string) *http.Request { return header("Authorization", scheme+token) }
	return map[string]string{
		"schemes": compare([]string{"without `tokenScheme`", "with it"}, []http.Handler{plain, scheme},
			try{"`Token …`", token("Token ", iss.Token("7"))}, try{"`token …`", token("token ", iss.Token("7"))},
			try{"`Bearer …`", token("Bearer ", iss.Token("7"))}, try{"`Token` with a forged token", token("Token ", iss.Forged("7"))}),
		"optional": compare([]string{"`Optional`", "and `ExpiredAsAnonymous`"}, []http.Handler{optional.Handler(public), lenient.Handler(public)},
			try{"no token", header()}, try{"a good token", bearer(iss.Token("7"))}, try{"an expired token", bearer(iss.Expired("7"))},
			try{"a forged token", bearer(iss.Forged("7"))}),
		"websocket": sockets(t, iss),
	}
}

func sockets(t *testing.T, iss *authntest.Issuer) string {
	v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{iss.Trusted()}}))
	sides := []*httptest.Server{
		httptest.NewServer(chatBefore(func(token string) bool { _, err := v.Verify(t.Context(), token); return err == nil })),
		httptest.NewServer(must[http.Handler](t)(chatAfter(iss))),
	}
	var rows [][]string
	for _, x := range []struct {
		name, query string
		protocols   []string
	}{
		{"the token in the query", "?token=" + iss.Token("7"), nil},
		{"as a subprotocol", "", []string{"chat", "access_token", iss.Token("7")}},
		{"no token", "", nil},
		{"an expired token as a subprotocol", "", []string{"chat", "access_token", iss.Expired("7")}},
	} {
		row := []string{x.name}
		for _, s := range sides {
			row = append(row, dial(t, s, x.query, x.protocols))
		}
		rows = append(rows, row)
	}
	for _, s := range sides {
		s.Close()
	}
	return page.Table([]string{"handshake", "token in the query", "here"}, rows...)
}

// dial returns the first message of the server and the selected subprotocol, or the status.
func dial(t *testing.T, s *httptest.Server, query string, protocols []string) string {
	t.Helper()
	dialer, target := &websocket.Dialer{Subprotocols: protocols}, "ws"+strings.TrimPrefix(s.URL, "http")+"/"+query
	conn, res, err := dialer.DialContext(t.Context(), target, nil)
	if err != nil {
		return fmt.Sprint(res.StatusCode)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, message, err := conn.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	if p := conn.Subprotocol(); p != "" {
		return fmt.Sprintf("`%s`, subprotocol `%s`", message, p)
	}
	return fmt.Sprintf("`%s`", message)
}
