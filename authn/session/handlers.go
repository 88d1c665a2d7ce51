package session

import (
	"net/http"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// ServeRefresh answers POST with a new access token, in the form of [Tokens.Respond], and
// sets the cookie anew. It ignores the body. The refusals are
//
//	400 session_cookie_invalid    two cookies of the name, or one of more than 4096 bytes
//	401 unauthenticated           no cookie
//	401 session_ended             log in again
//	403 cross_origin              by Config.CrossOrigin
//	405 method_not_allowed        not POST
//	503                           the store or Config.Grant did not answer: try again
//
// and the errors of Config.Issue. It never clears the cookie: a refresh that is refused in
// one tab may be older than a login in another tab.
func (m *Manager) ServeRefresh(w http.ResponseWriter, r *http.Request) {
	m.cookie.serve(w, r, func(w http.ResponseWriter, r *http.Request, token string) error {
		if token == "" {
			note(r.Context(), nil, carrier.AuthFailed)
			return errNoCookie
		}
		t, text, err := m.rotate(r.Context(), byCookie, token)
		if err != nil {
			return err
		}
		m.cookie.set(w, text, t.cookieAge)
		_ = t.Respond(w) // if this fails, the client has left
		return nil
	})
}

// ServeLogout answers POST with 204: it ends the session of the cookie and clears the cookie.
// It ignores the body. Without a session it answers 204 too. It refuses as ServeRefresh does
// with 400, 403, 405 and 503; then the session may still be good, and the cookie stays.
func (m *Manager) ServeLogout(w http.ResponseWriter, r *http.Request) {
	m.cookie.serve(w, r, func(w http.ResponseWriter, r *http.Request, token string) error {
		if token != "" {
			if err := m.End(r.Context(), token); err != nil {
				return err
			}
		}
		m.cookie.set(w, "", 0)
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
