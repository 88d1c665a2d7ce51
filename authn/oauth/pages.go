package oauth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// againQuery is the query of RedirectURL for the second request of a callback that belongs to
// no login. It comes from a page of this site, so a cookie with SameSite=Strict comes with it.
const againQuery = "again"

// setHeaders sets the headers of every response: the URL of a callback has a code, which must
// reach neither a cache nor another site.
func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// writeContinue writes a page that leads to target, a page of this host. A redirect would not
// do: a browser that came from the site of the provider sends no cookie with SameSite=Strict
// along a redirect, but it does from a page of this site.
func writeContinue(w http.ResponseWriter, target string) {
	w.Header().Set("Refresh", "0;url="+target)
	writePage(w, http.StatusOK, "Logged in", "", target, "Continue")
}

// askAgain writes a page of this site that leads the browser to RedirectURL with againQuery.
func (c *Client) askAgain(w http.ResponseWriter) error {
	target := c.callback + "?" + againQuery
	w.Header().Set("Refresh", "0;url="+target)
	writePage(w, http.StatusOK, "Login", "", target, "Continue")
	return nil
}

// serveAgain answers the request that askAgain has caused. It never leads back to itself.
func (c *Client) serveAgain(w http.ResponseWriter, r *http.Request) error {
	if c.cfg.SID(r) == "" {
		return ErrFlow
	}
	w.Header().Set("Location", c.cfg.DefaultPage)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// refuse answers r with err.
func (c *Client) refuse(w http.ResponseWriter, r *http.Request, err error) {
	noteFailure(r.Context(), err)
	switch e, ok := errors.AsType[*httperr.Error](err); {
	case c.cfg.Deny != nil:
		c.cfg.Deny(w, r, err)
	case ok && isLoginFault(err):
		if rec := carrier.From(r.Context()); rec != nil {
			rec.Update(func(f *carrier.Facts) { f.Code, f.Cause, f.Status = e.Code, err, e.Status })
		}
		writePage(w, e.Status, "Login", e.Message, c.cfg.StartPath, "Log in")
	default:
		httperr.Write(w, r, err)
	}
}

const pagePolicy = "default-src 'none'; style-src 'nonce-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The page has no script, so it works under every Content-Security-Policy.
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%[1]s</title>
<style nonce="%[5]s">body{font:1rem/1.5 sans-serif;margin:20vh auto;max-width:30rem;padding:0 1rem}</style>
<p>%[2]s
<p><a href="%[3]s">%[4]s</a>
`

// writePage writes a page with one link.
func writePage(w http.ResponseWriter, status int, title, text, target, label string) {
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", fmt.Sprintf(pagePolicy, nonce))
	w.WriteHeader(status)
	// If this fails, the client has left.
	_, _ = fmt.Fprintf(w, page, title, html.EscapeString(text), html.EscapeString(target), label, nonce)
}
