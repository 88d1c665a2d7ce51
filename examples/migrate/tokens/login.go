package tokens

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/session"
)

// page: before
func loginBefore(ctx context.Context, provider, clientID, secret, site string, logIn func(http.ResponseWriter, string)) (
	*http.ServeMux, error,
) {
	p, err := oidc.NewProvider(ctx, provider)
	if err != nil {
		return nil, err
	}
	cfg := oauth2.Config{ClientID: clientID, ClientSecret: secret, Endpoint: p.Endpoint(),
		RedirectURL: site + "/login/callback", Scopes: []string{oidc.ScopeOpenID}}
	verifier := p.Verifier(&oidc.Config{ClientID: clientID, SupportedSigningAlgs: []string{oidc.ES256}})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		state, nonce, pkce := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
		for name, value := range map[string]string{"state": state, "nonce": nonce, "pkce": pkce} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
		http.Redirect(w, r, cfg.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(pkce)), http.StatusFound)
	})
	mux.HandleFunc("GET /login/callback", func(w http.ResponseWriter, r *http.Request) {
		state, _ := r.Cookie("state")
		nonce, _ := r.Cookie("nonce")
		pkce, _ := r.Cookie("pkce")
		if state == nil || nonce == nil || pkce == nil || r.FormValue("state") != state.Value {
			http.Error(w, "wrong state", http.StatusBadRequest)
			return
		}
		token, err := cfg.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(pkce.Value))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		raw, _ := token.Extra("id_token").(string)
		id, err := verifier.Verify(r.Context(), raw)
		if err != nil || id.Nonce != nonce.Value {
			http.Error(w, "wrong ID token", http.StatusUnauthorized)
			return
		}
		logIn(w, id.Subject)
		http.Redirect(w, r, "/", http.StatusFound)
	})
	return mux, nil
}

// page: end

// page: after
func loginAfter(provider, clientID, secret, site string, cookieKey []byte, cookies *session.Cookie) (*http.ServeMux, error) {
	login, err := oauth.New(oauth.Config{
		Issuer:       provider,
		ClientID:     clientID,
		ClientSecret: secret,
		RedirectURL:  site + "/login/callback",
		CookieKeys:   [][]byte{cookieKey},
		OnLogin: func(w http.ResponseWriter, r *http.Request, id oauth.Identity) error {
			_, err := cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: id.Subject, AuthTime: id.AuthTime}})
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", login.ServeStart)
	mux.HandleFunc("/login/callback", login.ServeCallback)
	return mux, nil
}

// page: end
