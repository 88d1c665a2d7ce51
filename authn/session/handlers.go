package session

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

const maxCookie = 4096 // bytes of a cookie that a browser keeps

// ServeRefresh answers POST with a new access token, in the form of [Tokens.Respond], and
// sets the cookie anew. It ignores the body. The refusals are
//
//	400 session_cookie_invalid    two cookies of the name, or one of more than 4096 bytes
//	401 unauthenticated           no cookie
//	401 session_ended             log in again
//	403 cross_origin_request      by Config.CrossOrigin
//	405 method_not_allowed        not POST
//	503                           the store or Config.Grant did not answer: try again
//
// and the errors of Config.Issue. It never clears the cookie: a refresh that is refused in
// one tab may be older than a login in another tab.
func (m *Manager) ServeRefresh(w http.ResponseWriter, r *http.Request) {
	m.serve(w, r, func(w http.ResponseWriter, r *http.Request, token string) error {
		if token == "" {
			note(r.Context(), nil, carrier.AuthFailed)
			return errNoCookie
		}
		t, text, err := m.rotate(r.Context(), byCookie, token)
		if err != nil {
			return err
		}
		m.setCookie(w, text, t.cookieAge)
		_ = t.Respond(w) // if this fails, the client has left
		return nil
	})
}

// ServeLogout answers POST with 204: it ends the session of the cookie and clears the cookie.
// It ignores the body. Without a session it answers 204 too. It refuses as ServeRefresh does
// with 400, 403, 405 and 503; then the session may still be good, and the cookie stays.
func (m *Manager) ServeLogout(w http.ResponseWriter, r *http.Request) {
	m.serve(w, r, func(w http.ResponseWriter, r *http.Request, token string) error {
		if token != "" {
			if err := m.End(r.Context(), token); err != nil {
				return err
			}
		}
		m.setCookie(w, "", 0)
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// serve makes the checks that both handlers share. token is empty if there is no cookie.
func (m *Manager) serve(w http.ResponseWriter, r *http.Request, answer func(http.ResponseWriter, *http.Request, string) error) {
	_, r = carrier.Ensure(r)
	w.Header().Set("Cache-Control", noStore)
	token, err := m.checkRequest(r)
	if err == nil {
		err = answer(w, r, token)
	}
	if err != nil {
		m.cfg.Deny(w, r, err)
	}
}

func (m *Manager) checkRequest(r *http.Request) (token string, err error) {
	if r.Method != http.MethodPost {
		return "", errMethod
	}
	if err := m.cfg.CrossOrigin.Check(r); err != nil {
		return "", errCrossOrigin.With(err)
	}
	cookies := r.CookiesNamed(m.cfg.CookieName)
	switch {
	case len(cookies) == 0:
		return "", nil
	case len(cookies) > 1:
		err = errTwoCookies
	case len(cookies[0].Value) > maxCookie:
		err = errLongCookie
	default:
		return cookies[0].Value, nil
	}
	note(r.Context(), nil, carrier.AuthFailed)
	return "", errCookie.With(err)
}

// setCookie sets the cookie for the time for which the session can be used. An empty token
// clears it.
func (m *Manager) setCookie(w http.ResponseWriter, token string, age time.Duration) {
	seconds := int(age / time.Second)
	if seconds <= 0 {
		seconds = -1 // Max-Age=0
	}
	http.SetCookie(w, &http.Cookie{
		Name: m.cfg.CookieName, Value: token, Path: m.cfg.CookiePath, MaxAge: seconds,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}
