package advisories

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The answer of a handler that a request has reached.
const reached = "200 reached"

// A step sends requests to a handler, and returns the last answer in words.
type step func(t *testing.T, h http.Handler) string

// A trial is the program of one advisory.
type trial struct {
	ours    func(t *testing.T) http.Handler // with the packages of this library
	naive   func(t *testing.T) http.Handler // with the fault of the peer
	attack  step
	honest  step
	pass    string                   // the answer of ours to honest; default: reached
	through string                   // the answer of naive to attack; default: reached
	bare    bool                     // ours and naive are the outermost layer themselves
	config  func(t *testing.T) error // in the place of ours under attack: a New that refuses its Config
}

// result holds the measured answers of a trial.
type result struct{ ours, honest, naive string }

func (tr trial) run(t *testing.T) (r result) {
	t.Helper()
	build := func(h func(*testing.T) http.Handler) http.Handler {
		if tr.bare {
			return h(t)
		}
		return outermost(t, h(t))
	}
	if tr.config != nil {
		r.ours = fault(tr.config(t))
	} else {
		r.ours = tr.attack(t, build(tr.ours))
	}
	r.honest = tr.honest(t, build(tr.ours))
	r.naive = tr.attack(t, build(tr.naive))
	return r
}

// findFaults compares the answers of a trial with the wanted ones.
func (tr trial) findFaults(r result, want string) (found []string) {
	pass, through := tr.pass, tr.through
	if pass == "" {
		pass = reached
	}
	if through == "" {
		through = reached
	}
	for _, c := range []struct{ name, got, want string }{
		{"the attack", r.ours, want}, {"the honest neighbour", r.honest, pass}, {"the attack on the naive handler", r.naive, through},
	} {
		if c.got != c.want {
			found = append(found, fmt.Sprintf("%s: %q, want %q", c.name, c.got, c.want))
		}
	}
	if through == want {
		found = append(found, "the naive handler answers as this library does, so the attack has no effect")
	}
	return found
}

// outermost puts the outermost layer around h.
func outermost(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	return must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})).Handler(h)
}

func must[T any](t *testing.T) func(T, error) T { return mwtest.Must[T](t) }

// fault returns the fields of the faults of a Config.
func fault(err error) string {
	if err == nil {
		return "accepted"
	}
	var fields []string
	for _, leaf := range mwtest.Leaves(err) {
		c, ok := errors.AsType[*httperr.ConfigError](leaf)
		if !ok {
			return "no ConfigError: " + leaf.Error()
		}
		fields = append(fields, c.Field)
	}
	return "New: " + strings.Join(fields, ", ")
}

// words returns a response in words: the status, and the code, the target of a redirect or the body.
func words(res *http.Response) string {
	if location := res.Header.Get("Location"); location != "" {
		return fmt.Sprint(res.StatusCode, " to ", location)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	if envelope, err := mwtest.ReadEnvelope(res); err == nil {
		return fmt.Sprint(res.StatusCode, " ", envelope.Code)
	}
	return strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", string(body)))
}

// send returns a step with one request. The headers are pairs of a name and a value.
func send(method, target, body string, headers ...string) step {
	return func(_ *testing.T, h http.Handler) string {
		return words(mwtest.Do(h, request(method, target, body, headers...)))
	}
}

func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, "/", nil)
	}
	parsed := httptest.NewRequest(method, target, nil)
	r.URL, r.RequestURI, r.Host = parsed.URL, parsed.RequestURI, parsed.Host
	r.RemoteAddr = "203.0.113.9:4000"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "RemoteAddr" {
			r.RemoteAddr = headers[i+1]
			continue
		}
		r.Header[http.CanonicalHeaderKey(headers[i])] = append(r.Header[http.CanonicalHeaderKey(headers[i])], headers[i+1])
	}
	return r
}

// bearer returns a step with an access token.
func bearer(token string) step { return send("GET", "/notes", "", "Authorization", "Bearer "+token) }

// reach is the handler that an attack must not reach.
var reach = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "reached") })

// say returns a handler that answers with a text about the request.
func say(text func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text(r)) })
}

// fixed returns a constructor that returns h.
func fixed(h http.Handler) func(*testing.T) http.Handler {
	return func(*testing.T) http.Handler { return h }
}

// when returns a constructor of a handler that reaches only if allows returns true.
func when(allows func(*http.Request) bool) func(*testing.T) http.Handler {
	return fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allows(r) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		reach(w, r)
	}))
}

// authenticated returns a handler that only authenticated requests reach.
func authenticated(t *testing.T, next http.Handler, by ...authn.Authenticator) http.Handler {
	t.Helper()
	return must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: by})).Handler(next)
}
