package oauthtest

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// LogoutToken returns a logout token for the session of the user of the Settings (OpenID Connect
// Back-Channel Logout 1.0, section 2.4). change may change its header and its claims; nil
// changes nothing.
func (s *Server) LogoutToken(change func(header, claims map[string]any)) string {
	set, now := s.current(), time.Now().Unix()
	header := map[string]any{"alg": "ES256", "typ": "logout+jwt", "kid": "1"}
	claims := map[string]any{
		"iss": s.URL, "aud": ClientID, "iat": now, "exp": now + 120, "jti": rand.Text(), "sub": set.User["sub"],
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if sid, ok := set.User["sid"]; ok {
		claims["sid"] = sid
	}
	if change != nil {
		change(header, claims)
	}
	return s.Sign(header, claims)
}

// Logout ends the session of the user: it posts a logout token to Settings.BackChannelURI, and
// returns the status of the answer.
func (s *Server) Logout(ctx context.Context) (status int, err error) {
	form := url.Values{"logout_token": {s.LogoutToken(nil)}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.current().BackChannelURI, strings.NewReader(form))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Body.Close()
}

// endSession ends the session of the user (OpenID Connect RP-Initiated Logout 1.0).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	set, q := s.current(), r.URL.Query()
	target := q.Get("post_logout_redirect_uri")
	if q.Get("client_id") != ClientID || target != "" && !slices.Contains(set.PostLogoutURIs, target) {
		s.note("unregistered post_logout_redirect_uri")
		http.Error(w, "unknown client or post_logout_redirect_uri", http.StatusBadRequest)
		return
	}
	if set.BackChannelURI != "" {
		if status, err := s.Logout(r.Context()); err != nil || status != http.StatusOK {
			s.note("the client has refused its logout")
		}
	}
	if target == "" {
		_, _ = io.WriteString(w, "You are logged out.")
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// revoke revokes an access token (RFC 7009). A token that is not known is no error.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	set := s.current()
	if err := r.ParseForm(); err != nil || !slices.Contains(set.authMethods(), clientMethod(r)) {
		s.refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.PostForm.Get("token") == "" {
		s.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.access, r.PostForm.Get("token"))
}

// Knows reports whether an access token is good.
func (s *Server) Knows(access string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access[access] != nil
}
