package oauth

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A Request adapts one login. Its fields come from the code of the service, and never from the
// query of a request, except ReturnTo.
type Request struct {
	// ReturnTo is the page after the login: a path of this host with its query, of at most 512
	// bytes. Any other value, and one that browsers read in different ways, is
	// Config.DefaultPage.
	ReturnTo string

	// MaxAge demands that the user logged in at the provider at most so long ago (max_age),
	// in whole seconds, cut off. Less than a second demands a new login. The callback refuses
	// an ID token whose auth_time is missing, or earlier by more than a minute. After a refusal
	// by authz.Fresh, use 1, or two minutes less than the time of Fresh: a login that is nearly
	// too old would soon send the user here again. Default: any time.
	MaxAge time.Duration

	// ACR are the accepted strengths of the login (acr_values, each without a space). The
	// callback refuses another. After a refusal by authz.ACR, use its list. Default: any
	// strength.
	ACR []string
}

// maxSID is the longest accepted Config.SID in bytes.
const maxSID = 256

// ServeStart begins a login: it sends the browser to the provider, and sets the cookie of the
// login. The parameter return_to of the query is Request.ReturnTo. The refusals are
//
//	401 login_not_navigation          in a frame, by a script, or ahead of a click
//	405 method_not_allowed            not GET
//	503 authentication_unavailable    the metadata of the provider cannot be read, or do not fit Config
//
// and 500 for a Config.SID or a Request that cannot be used.
func (c *Client) ServeStart(w http.ResponseWriter, r *http.Request) {
	_, r = carrier.Ensure(r)
	var request Request
	if pages := r.URL.Query()["return_to"]; len(pages) == 1 {
		request.ReturnTo = pages[0]
	}
	if err := c.Start(w, r, request); err != nil {
		c.refuse(w, r, err)
	}
}

// Start is ServeStart for a request with settings of its own, such as a step-up. It returns
// the refusals instead of answering them, and then has written nothing but headers.
func (c *Client) Start(w http.ResponseWriter, r *http.Request, request Request) error {
	err := c.start(w, r, request)
	noteFailure(r.Context(), err)
	return err
}

func (c *Client) start(w http.ResponseWriter, r *http.Request, request Request) error {
	setHeaders(w.Header())
	if err := checkNavigation(r); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Budget)
	defer cancel()
	p, err := c.providers.get(ctx)
	if err != nil {
		return unavailable(r.Context(), "%w", err)
	}
	now := time.Now()
	f, err := c.newFlow(r, request, now)
	if err != nil {
		return httperr.ErrInternal.With(err)
	}
	name, value, ok := c.keys.Seal(f)
	if !ok {
		return httperr.ErrInternal.With(errLongFlow)
	}
	for _, old := range flow.Stale(r, flow.Max-1, now) {
		flow.Set(w, old, "", c.cfg.FormPost)
	}
	flow.Set(w, name, value, c.cfg.FormPost)
	w.Header().Set("Location", p.oauth2.AuthCodeURL(f.State(), c.authOptions(f, request)...))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// checkNavigation refuses a request that is not a browser opening a page in a window. A
// browser without Fetch Metadata passes.
func checkNavigation(r *http.Request) error {
	if r.Method != http.MethodGet {
		return httperr.ErrMethodNotAllowed.WithHeader("Allow", http.MethodGet)
	}
	for _, h := range [...]struct{ name, want string }{{"Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Dest", "document"}} {
		for _, value := range r.Header.Values(h.name) {
			if value != h.want {
				return ErrNotNavigation.With(errFrame)
			}
		}
	}
	for _, purpose := range r.Header.Values("Sec-Purpose") {
		if strings.HasPrefix(purpose, "prefetch") { // "prefetch;prerender" too
			return ErrNotNavigation.With(errPrefetch)
		}
	}
	return nil
}

// newFlow returns the state of a new login.
func (c *Client) newFlow(r *http.Request, request Request, now time.Time) (loginFlow, error) {
	if request.MaxAge < 0 || slices.ContainsFunc(request.ACR, func(s string) bool { return !field.Scope(s) }) {
		return nil, errRequest
	}
	f := flow.New(now)
	f.Provider, f.Verifier, f.ACR = c.owner, oauth2.GenerateVerifier(), request.ACR
	if c.cfg.UserInfo == nil {
		f.Nonce = flow.New(now).Secret
	}
	if isLocalPage(request.ReturnTo) {
		f.ReturnTo = request.ReturnTo
	}
	if f.PreviousSID = c.cfg.SID(r); len(f.PreviousSID) > maxSID || !utf8.ValidString(f.PreviousSID) {
		return nil, errSID
	}
	if request.MaxAge > 0 {
		f.LoginSince = now.Unix() - int64(request.MaxAge/time.Second)
	}
	return f, nil
}

// authOptions returns the parameters of the authorization request beyond RFC 6749.
func (c *Client) authOptions(f loginFlow, request Request) []oauth2.AuthCodeOption {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(f.Verifier)}
	set := func(name, value string) { options = append(options, oauth2.SetAuthURLParam(name, value)) }
	for name, value := range c.cfg.AuthParams {
		set(name, value)
	}
	if f.Nonce != "" {
		set("nonce", f.Nonce)
	}
	if c.cfg.FormPost {
		set("response_mode", "form_post")
	}
	if request.MaxAge > 0 {
		set("max_age", strconv.FormatInt(int64(request.MaxAge/time.Second), 10))
	}
	if len(request.ACR) > 0 {
		set("acr_values", strings.Join(request.ACR, " "))
	}
	return options
}

// returnTo returns the page after a login.
func (c *Client) returnTo(f loginFlow) string { return cmp.Or(f.ReturnTo, c.cfg.DefaultPage) }
