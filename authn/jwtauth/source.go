package jwtauth

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/source"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Sources are the places of a request from which a Verifier reads a token. The zero Sources
// is the Authorization field alone. A request with tokens in two places is refused with
// authn.ErrAmbiguous. A query is no place for a token: it ends up in logs and in Referer
// (RFC 9700, section 4.3.2).
type Sources struct {
	_ [0]func()

	// Cookie is the name of a cookie with the token, such as "__Host-token". A browser
	// accepts a name with this prefix only from your host and over TLS. With any other
	// name a subdomain can set the cookie too. A cookie that comes twice is refused with
	// authn.ErrAmbiguous, and an empty cookie is no credential. Default: "", no cookie.
	//
	// The price: a browser sends the cookie also for pages of other sites. CrossOrigin
	// refuses their requests, except GET, HEAD and OPTIONS, so these must change nothing.
	// A cache treats a response to Authorization as personal, but not a response to a
	// cookie: send Cache-Control: private or no-store.
	Cookie string

	// CrossOrigin is required with Cookie. A request with the cookie passes through its
	// Check, and is otherwise refused with authn.ErrCrossOrigin. A request that opens a
	// WebSocket, by Upgrade or by the extended CONNECT of RFC 8441, needs an Origin that
	// is equal to the Host or that AddTrustedOrigin lists, also with GET. A proxy that
	// changes Host needs the public origin in that list. A pattern of
	// AddInsecureBypassPattern bypasses both checks.
	CrossOrigin *http.CrossOriginProtection

	// Subprotocol is a WebSocket subprotocol, such as "access_token". The subprotocol that
	// follows it in the offer of the client is the token, as a page sends it with
	//
	//	new WebSocket(url, ["chat", "access_token", token])
	//
	// authn.Middleware removes the token from the request that the next handler receives,
	// so that no answer can repeat it. A browser closes a connection without one of the
	// offered subprotocols in the answer: the handler must select "chat", or Subprotocol
	// itself. If Subprotocol is offered twice, the request is refused with
	// authn.ErrAmbiguous; if no subprotocol follows it, the request has no credential.
	// Default: "", no subprotocol.
	//
	// The price: proxies know that Authorization is secret, and may log this field.
	Subprotocol string

	// NoHeader ignores tokens in the Authorization field, for a service behind a gateway
	// that uses the field itself. It needs Cookie or Subprotocol.
	NoHeader bool
}

var (
	refuseTwoSources   = authn.ErrAmbiguous.With(errors.New("jwtauth: more than one of Config.Sources has a token"))
	refuseTwoCookies   = authn.ErrAmbiguous.With(errors.New("jwtauth: more than one cookie with the name of Sources.Cookie"))
	refuseTwoProtocols = authn.ErrAmbiguous.With(errors.New("jwtauth: Sources.Subprotocol is offered more than once"))
)

// compileSources returns s, or nil if tokens come in the Authorization field only.
func compileSources(f *httperr.ConfigFaults, s Sources) *Sources {
	if s.Cookie != "" && !field.Token(s.Cookie) {
		f.Add("Sources.Cookie", s.Cookie, "is not the name of a cookie (RFC 6265, section 4.1.1)", `write a token, such as "__Host-token"`)
	}
	if s.Subprotocol != "" && !field.Token(s.Subprotocol) {
		f.Add("Sources.Subprotocol", s.Subprotocol, "is not a subprotocol (RFC 6455, section 4.1)", `write a token, such as "access_token"`)
	}
	switch {
	case s.Cookie != "" && s.CrossOrigin == nil:
		f.Add("Sources.CrossOrigin", nil, "is nil, and any site can make a browser send the cookie",
			"set it to http.NewCrossOriginProtection(), and list the origins of your other pages with AddTrustedOrigin")
	case s.Cookie == "" && s.CrossOrigin != nil:
		f.Add("Sources.CrossOrigin", nil, "has no cookie to protect", "set Cookie, or put CrossOrigin around your handlers")
	}
	if s.Cookie == "" && s.Subprotocol == "" {
		if s.NoHeader {
			f.Add("Sources.NoHeader", nil, "leaves no place for a token", "set Cookie or Subprotocol, or leave it false")
		}
		return nil
	}
	return &s
}

// present reports whether one of the places has a token, well formed or not.
func (s *Sources) present(r *http.Request) bool {
	if !s.NoHeader && headerPresent(r.Header) {
		return true
	}
	if s.Cookie != "" {
		if value, count := source.Cookie(r.Header, s.Cookie); value != "" || count > 1 {
			return true
		}
	}
	if s.Subprotocol != "" {
		value, count := source.Subprotocol(r.Header, s.Subprotocol)
		return value != "" || count > 1
	}
	return false
}

// token returns the token of r. present is false if no place has one.
func (s *Sources) token(r *http.Request) (token string, present bool, err error) {
	if !s.NoHeader {
		token, present, err = bearerToken(r.Header)
	}
	if s.Cookie != "" {
		if value, count := source.Cookie(r.Header, s.Cookie); value != "" || count > 1 {
			if present {
				return "", true, refuseTwoSources
			}
			token, present, err = value, true, s.checkCookie(r, count)
		}
	}
	if s.Subprotocol != "" {
		if value, count := source.Subprotocol(r.Header, s.Subprotocol); value != "" || count > 1 {
			if present {
				return "", true, refuseTwoSources
			}
			if count > 1 {
				return "", true, refuseTwoProtocols
			}
			return value, true, nil
		}
	}
	return token, present, err
}

// checkCookie returns the refusal of a request with count cookies that have a token.
func (s *Sources) checkCookie(r *http.Request, count int) error {
	if count > 1 {
		return refuseTwoCookies
	}
	if err := source.CheckOrigin(s.CrossOrigin, r); err != nil {
		return authn.ErrCrossOrigin.With(err)
	}
	return nil
}

// WithoutCredential returns r, or a copy of r without the token among its WebSocket
// subprotocols. A Middleware passes the result to the next handler. Call it yourself if you
// use Check or Authenticate without Handler.
func (v *verifier) WithoutCredential(r *http.Request) *http.Request {
	if v.sources == nil || v.sources.Subprotocol == "" {
		return r
	}
	token, _ := source.Subprotocol(r.Header, v.sources.Subprotocol)
	if token == "" {
		return r
	}
	return source.WithoutSubprotocol(r, token)
}
