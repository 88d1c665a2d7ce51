package session

import (
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

const (
	maxCookie = 4096 // bytes of a cookie that a browser keeps

	// maxOldCookies is how many cookies of one login are looked up. Cookies with the prefix
	// __Secure- can be planted by a sibling host.
	maxOldCookies = 4
)

// cookieRules are the rules for one cookie: the name, its attributes, and the requests that
// are accepted with it.
type cookieRules struct {
	name, path  string
	sameSite    http.SameSite
	crossOrigin *http.CrossOriginProtection
	deny        func(http.ResponseWriter, *http.Request, error)
}

// serve makes the checks that the handlers share. token is empty if there is no cookie.
func (c *cookieRules) serve(w http.ResponseWriter, r *http.Request, answer func(http.ResponseWriter, *http.Request, string) error) {
	_, r = carrier.Ensure(r)
	w.Header().Set("Cache-Control", noStore)
	token, err := c.check(r)
	if err == nil {
		err = answer(w, r, token)
	}
	if err != nil {
		c.deny(w, r, err)
	}
}

// check returns the value of the cookie of a POST from the own origin.
func (c *cookieRules) check(r *http.Request) (token string, err error) {
	if r.Method != http.MethodPost {
		return "", errMethod
	}
	if err := c.crossOrigin.Check(r); err != nil {
		return "", authn.ErrCrossOrigin.With(err)
	}
	cookies := r.CookiesNamed(c.name)
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

// endOld ends the sessions whose cookies come with the request of a login.
func (c *cookieRules) endOld(r *http.Request, end func(context.Context, string) error) error {
	for i, cookie := range r.CookiesNamed(c.name) {
		if i == maxOldCookies {
			break // they were planted: the browser has one cookie of the name
		}
		if err := end(r.Context(), cookie.Value); err != nil {
			return err
		}
	}
	return nil
}

// set sets the cookie for this time. An empty token clears it.
func (c *cookieRules) set(w http.ResponseWriter, token string, age time.Duration) {
	seconds := int(age / time.Second)
	if seconds <= 0 {
		seconds = -1 // Max-Age=0
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.name, Value: token, Path: c.path, MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: c.sameSite,
	})
}
