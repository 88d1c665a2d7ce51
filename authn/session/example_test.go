package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// issueToken stands for a jwtissuer.Issuer.
func issueToken(_ context.Context, s session.Session) (string, time.Time, error) {
	return "token of " + s.Subject, time.Now().Add(15 * time.Minute), nil
}

// lookUp stands for the user database.
func lookUp(_ context.Context, s session.Session) (session.Rights, error) {
	if s.Subject != "ann" {
		return session.Rights{}, session.ErrEnded
	}
	return session.Rights{Scopes: []string{"notes:read"}}, nil
}

// A browser logs in, refreshes and logs out.
func Example() {
	sessions, err := session.New(session.Config{
		Store:       new(sessionstore.Memory),
		Issuer:      "https://notes.example",
		Issue:       issueToken,
		Grant:       lookUp,
		CrossOrigin: http.NewCrossOriginProtection(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/token/refresh", sessions.ServeRefresh)
	mux.HandleFunc("/v1/logout", sessions.ServeLogout)
	mux.Handle("POST /v1/login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		// The password is right.
		tokens, err := sessions.Start(w, r, session.Login{
			Principal: &authn.Principal{Subject: "ann", Scopes: []string{"notes:read", "notes:write"}},
		})
		if err != nil {
			return err
		}
		return tokens.Respond(w)
	}))
	server := httptest.NewTLSServer(mux)
	defer server.Close()

	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	for _, path := range []string{"/v1/login", "/v1/token/refresh", "/v1/logout", "/v1/token/refresh"} {
		res, err := browser.Post(server.URL+path, "", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		res.Body.Close()
		fmt.Println(path, res.StatusCode)
	}
	// Output:
	// /v1/login 200
	// /v1/token/refresh 200
	// /v1/logout 204
	// /v1/token/refresh 401
}

// A native client keeps the refresh token itself.
func ExampleManager_Rotate() {
	sessions, err := session.New(session.Config{
		Store: new(sessionstore.Memory), Issuer: "https://notes.example",
		Issue: issueToken, Grant: lookUp, CrossOrigin: http.NewCrossOriginProtection(),
		LostReply: 24 * time.Hour, // for phones
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	tokens, err := sessions.Begin(ctx, session.Login{Principal: &authn.Principal{Subject: "ann"}, Label: "Ann's phone"})
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := sessions.Rotate(ctx, tokens.Refresh)
	fmt.Println(next.Access, next.Refresh != tokens.Refresh, err)

	_ = sessions.Revoke(ctx, "ann", next.Session.ID)
	_, err = sessions.Rotate(ctx, next.Refresh)
	fmt.Println(errors.Is(err, session.ErrEnded))
	// Output:
	// token of ann true <nil>
	// true
}

// A password was reset: all sessions of the user end.
func ExampleSessions_RevokeSubject() {
	store := new(sessionstore.Memory)
	sessions, err := session.New(session.Config{
		Store: store, Issuer: "https://notes.example",
		Issue: issueToken, Grant: lookUp, CrossOrigin: http.NewCrossOriginProtection(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	revocation, err := session.NewRevocation(session.RevocationConfig{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	tokens, err := sessions.Begin(ctx, session.Login{Principal: &authn.Principal{Subject: "ann"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	accessToken := &authn.Principal{Issuer: "https://notes.example", Subject: "ann", SessionID: tokens.Session.ID} // as jwtauth verified it
	fmt.Println(revocation.Revoked(ctx, accessToken))
	n, err := sessions.RevokeSubject(ctx, "ann")
	fmt.Println(n, err)
	fmt.Println(revocation.Revoked(ctx, accessToken))
	// Output:
	// false <nil>
	// 1 <nil>
	// true <nil>
}

// A site with pages: a browser logs in, opens a page, and logs out.
func ExampleNewCookie() {
	cookies, err := session.NewCookie(session.CookieConfig{
		Store:  new(sessionstore.Memory),
		Issuer: "https://notes.example",
		Grant:  lookUp,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		// The password is right.
		_, err := cookies.Start(w, r, session.Login{
			Principal: &authn.Principal{Subject: "ann", Scopes: []string{"notes:read"}}, Label: "Firefox on Linux",
		})
		return err
	}))
	mux.Handle("/page", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintln(w, "the notes of", p.Subject)
	})))
	mux.HandleFunc("/logout", cookies.ServeLogout)
	server := httptest.NewTLSServer(mux)
	defer server.Close()

	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	for _, step := range [][2]string{
		{"POST", "/login"}, {"GET", "/page"}, {"POST from a sibling host", "/page"}, {"POST", "/logout"}, {"GET", "/page"},
	} {
		method, from, _ := strings.Cut(step[0], " ")
		req, _ := http.NewRequest(method, server.URL+step[1], nil)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if from != "" {
			req.Header.Set("Sec-Fetch-Site", "same-site")
		}
		res, err := browser.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		res.Body.Close()
		fmt.Println(step[0], step[1], res.StatusCode)
	}
	// Output:
	// POST /login 200
	// GET /page 200
	// POST from a sibling host /page 403
	// POST /logout 204
	// GET /page 401
}

// The Revocation must have the store of the Manager. With a store of its own, an access token
// outlives its session.
func Example_incorrect() {
	store := new(sessionstore.Memory)
	sessions, err := session.New(session.Config{
		Store: store, Issuer: "https://notes.example",
		Issue: issueToken, Grant: lookUp, CrossOrigin: http.NewCrossOriginProtection(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	wrong, err := session.NewRevocation(session.RevocationConfig{Store: new(sessionstore.Memory)})
	if err != nil {
		fmt.Println(err)
		return
	}
	right, err := session.NewRevocation(session.RevocationConfig{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	tokens, err := sessions.Begin(ctx, session.Login{Principal: &authn.Principal{Subject: "ann"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	accessToken := &authn.Principal{Issuer: "https://notes.example", Subject: "ann", SessionID: tokens.Session.ID}
	if err := sessions.End(ctx, tokens.Refresh); err != nil { // a logout
		fmt.Println(err)
		return
	}
	revoked, err := wrong.Revoked(ctx, accessToken)
	fmt.Println("wrong:", revoked, err)
	revoked, err = right.Revoked(ctx, accessToken)
	fmt.Println("right:", revoked, err)
	// Output:
	// wrong: false <nil>
	// right: true <nil>
}
