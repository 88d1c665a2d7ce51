package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authz/authztest"
)

// Every route refuses every wrong caller. A new route fails this test until it is attacked too.
func TestEveryRouteRefusesWrongCallers(t *testing.T) {
	p := start(t)
	password, err := p.users.add(t.Context(), "carl@acme.example", "acme", "clerk")
	if err != nil {
		t.Fatal(err)
	}
	carl, _, err := p.users.check(t.Context(), "carl@acme.example", password)
	if err != nil {
		t.Fatal(err)
	}
	with := func(target authztest.Target) func(*authztest.Client) authztest.Target {
		return func(*authztest.Client) authztest.Target { return target }
	}
	const body = `{"customer":"Bob","cents":1}`
	ofInvoice := func(c *authztest.Client) authztest.Target {
		return authztest.Target{Values: map[string]string{"id": c.Create("/v2/invoices", body)}, Body: `{"memo":"a"}`}
	}
	list := func(c *authztest.Client) authztest.Target {
		return authztest.Target{ID: c.Create("/v2/invoices", body)}
	}
	authztest.Attack(t, authztest.Config{
		Handler:     p,
		Routes:      p.routes,
		Sign:        p.sign,
		Caller:      authztest.Caller{Subject: carl.subject, Tenant: "acme", Scopes: carl.rights().Scopes, Roles: carl.rights().Roles},
		OtherUser:   "other",
		OtherTenant: "globex",
		Versions:    []string{"/v1", "/v2"},
		Targets: map[string]func(*authztest.Client) authztest.Target{
			"POST /v2/invoices": with(authztest.Target{Body: body}),
			"/v2/invoices/{id}": ofInvoice,
			"/v1/invoices/{id}": ofInvoice,
			"GET /v2/invoices":  list,
			"GET /v1/invoices":  list,
			"POST /login":       with(authztest.Target{Body: `{"email":"carl@acme.example","password":"` + password + `"}`}),
			"PUT /me/password":  with(authztest.Target{Body: `{"password":"correct horse battery"}`, Read: "/me"}),
		},
		Public:       []string{"POST /login", "POST /logout", "GET /openapi.json", "GET /docs", "GET /healthz"},
		IgnoresOwner: "logout and the pages of the documentation read no query",
		Without: map[authztest.State]string{
			authztest.OtherAudience: "a cookie is of one service",
			authztest.Expired:       "the store forgets a session that has expired, as it does at a logout",
		},
	})
}

// sign is authztest.Config.Sign: it starts a session of c, without a password.
func (p *program) sign(r *http.Request, c authztest.Caller) error {
	w := httptest.NewRecorder()
	login := r.Clone(r.Context())
	login.Header = http.Header{}
	s, err := p.cookies.Start(w, login, session.Login{Principal: &authn.Principal{
		Issuer: issuer, Subject: c.Subject, Tenant: c.Tenant, Scopes: c.Scopes, Roles: c.Roles, AuthTime: c.AuthTime,
	}})
	if err != nil {
		return err
	}
	cookie := w.Result().Cookies()[0]
	switch c.State {
	case authztest.Forged:
		last := len(cookie.Value) - 2
		cookie.Value = cookie.Value[:last] + map[bool]string{true: "BA", false: "AA"}[cookie.Value[last] == 'A']
	case authztest.Revoked:
		err = p.cookies.Revoke(r.Context(), c.Subject, s.ID)
	}
	r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	return err
}
