package oauth

import (
	"net/http"
	"net/url"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const maxForm = 64 << 10 // bytes of a form_post

// A response is an authorization response (RFC 6749, section 4.1.2).
type response struct {
	state, code, errorCode, iss string
	hasIss                      bool
}

// readResponse reads the authorization response in r.
func (c *Client) readResponse(w http.ResponseWriter, r *http.Request) (response, error) {
	var values url.Values
	switch {
	case r.Method == http.MethodGet && !c.cfg.FormPost:
		values = r.URL.Query()
	case r.Method == http.MethodGet:
		// A GET has no response here. The user has reloaded the page.
	case r.Method == http.MethodPost && c.cfg.FormPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			return response{}, ErrResponse.With(errForm)
		}
		values = r.PostForm
	case c.cfg.FormPost:
		return response{}, httperr.ErrMethodNotAllowed.WithHeader("Allow", "GET, POST")
	default:
		return response{}, httperr.ErrMethodNotAllowed.WithHeader("Allow", http.MethodGet)
	}
	for _, name := range [...]string{"state", "code", "error", "iss"} {
		if len(values[name]) > 1 {
			return response{}, ErrResponse.With(errRepeated)
		}
	}
	return response{
		state: values.Get("state"), code: values.Get("code"), errorCode: values.Get("error"),
		iss: values.Get("iss"), hasIss: values.Has("iss"),
	}, nil
}

// check reports whether the response is an answer of p to f.
func (a response) check(c *Client, p *provider, f loginFlow) error {
	switch {
	case f.Provider != c.owner:
		return ErrResponse.With(errProvider)
	case a.hasIss && !c.isIssuer(a.iss):
		return ErrResponse.With(errIss)
	case !a.hasIss && p.needsIss:
		return ErrResponse.With(errNoIss)
	}
	return nil
}

// isIssuer reports whether iss is Config.Issuer, or one of its tenants.
func (c *Client) isIssuer(iss string) bool {
	_, isTenant := claim.Tenant(c.cfg.Issuer, iss)
	return iss == c.cfg.Issuer || isTenant
}
