package oauthtest

import (
	"crypto/rand"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	set := s.current()
	metadata := map[string]any{
		"issuer":                                         s.URL,
		"authorization_endpoint":                         s.URL + "/authorize",
		"token_endpoint":                                 s.URL + "/token",
		"userinfo_endpoint":                              s.URL + "/userinfo",
		"end_session_endpoint":                           s.URL + "/logout",
		"revocation_endpoint":                            s.URL + "/revoke",
		"jwks_uri":                                       s.URL + "/jwks",
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          set.authMethods(),
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	}
	apply(set.Metadata, metadata)
	writeJSON(w, http.StatusOK, metadata)
}

func (set *Settings) authMethods() []string {
	if len(set.AuthMethods) == 0 {
		return []string{"client_secret_basic", "client_secret_post"}
	}
	return set.AuthMethods
}

// authorize logs the user in and answers the authorization request (RFC 6749, section 4.1.1).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q, set := r.URL.Query(), s.current()
	s.mu.Lock()
	s.last = q
	s.mu.Unlock()
	redirect := q.Get("redirect_uri")
	if q.Get("client_id") != ClientID || redirect == "" || len(set.RedirectURIs) > 0 && !slices.Contains(set.RedirectURIs, redirect) {
		// Without a registered address there is no place to answer to.
		s.note("unregistered redirect_uri")
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}, "iss": {s.URL}}
	switch {
	case q.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request") // RFC 9700, section 2.1.1
	case !set.NoIDs && (!slices.Contains(strings.Fields(q.Get("scope")), "openid") || q.Get("nonce") == ""):
		answer.Set("error", "invalid_scope")
	default:
		answer.Set("code", s.newCode(q, set.User))
	}
	if e := answer.Get("error"); e != "" {
		s.note(e)
	}
	if set.Answer != nil {
		set.Answer(answer)
	}
	if q.Get("response_mode") == "form_post" {
		writeForm(w, redirect, answer)
		return
	}
	http.Redirect(w, r, redirect+"?"+answer.Encode(), http.StatusSeeOther)
}

// newCode returns a code for an authorization request.
func (s *Server) newCode(request url.Values, user map[string]any) string {
	code := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = &grant{request: request, user: maps.Clone(user), at: time.Now()}
	return code
}

// writeForm writes a page that posts the answer (OAuth 2.0 Form Post Response Mode).
func writeForm(w http.ResponseWriter, target string, answer url.Values) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<form method="post" action="%s">`, html.EscapeString(target))
	for name, values := range answer {
		for _, value := range values {
			_, _ = fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(name), html.EscapeString(value))
		}
	}
	_, _ = fmt.Fprint(w, `</form><script>document.forms[0].submit()</script>`)
}
