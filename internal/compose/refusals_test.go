package compose

import (
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// refusal is one way in which a request is refused or fails behind the chain.
type refusal struct {
	name    string
	handler http.Handler
	status  int
	code    string
	sealed  bool // the envelope comes from Seal alone
	panics  bool
}

// anyone accepts no credential.
type anyone struct{}

func (anyone) Present(*http.Request) bool { return false }

func (anyone) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, authn.ErrNoCredentials
}

func (anyone) Challenge(string, error) string { return "Bearer" }

func refusals(t testing.TB) []refusal {
	nobody, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{anyone{}}})
	if err != nil {
		t.Fatal(err)
	}
	limiter, err := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.By(func(*http.Request) (string, bool) { return "one", true }),
	})
	if err != nil {
		t.Fatal(err)
	}
	limited := limiter.Handler(http.HandlerFunc(ok))
	limited.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil))
	conflict := &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
	fails := errors.New("pq: relation notes does not exist")
	returns := func(err error) http.Handler {
		return httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return err })
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", ok)
	return []refusal{
		{name: "returned 409", handler: returns(conflict), status: 409, code: "name_taken"},
		{name: "returned failure", handler: returns(fails), status: 500, code: "internal_error"},
		{name: "written", handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, conflict) }), status: 409, code: "name_taken"},
		{name: "of authn", handler: nobody.Handler(http.HandlerFunc(ok)), status: 401, code: "unauthenticated"},
		{name: "of the limiter", handler: limited, status: 429, code: "rate_limited"},
		{name: "of the mux", handler: httperr.WrapMux(http.NewServeMux()), status: 404, code: "not_found"},
		{name: "of the mux, method", handler: httperr.WrapMux(mux), status: 405, code: "method_not_allowed"},
		{name: "a page of a failure", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, fails.Error(), http.StatusBadGateway) }), status: 502, code: "bad_gateway", sealed: true},
		{name: "a panic", handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(fails) }), status: 500, code: "internal_error", panics: true},
	}
}

// Each refusal arrives as one readable envelope through each compressor and each
// recoverer, in front of the chain and behind it, with Seal on either side of it and
// without Seal.
func TestRefusals(t *testing.T) {
	for _, wrong := range checkRefusals(t, outermost(t), httperr.Seal) {
		t.Error(wrong)
	}
}

func outermost(t testing.TB) middleware {
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return errs.Handler
}

// checkRefusals returns the faults of every combination.
func checkRefusals(t *testing.T, errs, seal middleware) (wrong []string) {
	layers := map[string]middleware{"no layer": none}
	for _, kind := range []map[string]middleware{compressors(), recoverers()} {
		for name, layer := range kind {
			layers[name] = layer
		}
	}
	for name, layer := range layers {
		_, recovers := recoverers()[name]
		for position, build := range map[string]func(http.Handler) http.Handler{
			"behind":                   func(h http.Handler) http.Handler { return errs(layer(h)) },
			"behind, sealed inside":    func(h http.Handler) http.Handler { return errs(layer(seal(h))) },
			"behind, sealed outside":   func(h http.Handler) http.Handler { return errs(seal(layer(h))) },
			"in front":                 func(h http.Handler) http.Handler { return layer(errs(h)) },
			"in front, sealed":         func(h http.Handler) http.Handler { return layer(errs(seal(h))) },
			"in front and behind":      func(h http.Handler) http.Handler { return layer(errs(layer(h))) },
			"behind, sealed both ways": func(h http.Handler) http.Handler { return errs(seal(layer(seal(h)))) },
		} {
			for _, r := range refusals(t) {
				sealed := position != "behind" && position != "in front" && position != "in front and behind"
				inside := position != "in front" && position != "in front, sealed"
				if r.sealed && !sealed {
					continue // a handler's own response, which only Seal replaces
				}
				if r.panics && inside && (recovers && position != "behind, sealed outside" && position != "behind, sealed both ways" ||
					name == "gorilla/handlers CompressHandler") {
					// A recoverer inside answers the panic itself, and only Seal outside it
					// replaces that. CompressHandler ends its body in a deferred call, so
					// the response has begun when the panic comes out of it.
					continue
				}
				for _, protocol := range protocols {
					url, client := serve(t, protocol, build(r.handler))
					req, err := http.NewRequest("GET", url, nil)
					if err != nil {
						t.Fatal(err)
					}
					req.Header.Set("Accept-Encoding", "gzip")
					if fault := readable(client.Do(req)); fault(r.status, r.code) != "" {
						wrong = append(wrong, name+" "+position+", "+r.name+", "+protocol+": "+fault(r.status, r.code))
					}
				}
			}
		}
	}
	return wrong
}

// readable reads a response as its Content-Encoding says. The function that it
// returns tells the fault of the envelope.
func readable(res *http.Response, err error) func(status int, code string) string {
	fail := func(text string) func(int, string) string { return func(int, string) string { return text } }
	if err != nil {
		return fail(err.Error())
	}
	switch encoding := res.Header.Values("Content-Encoding"); {
	case len(encoding) == 0:
	case len(encoding) == 1 && encoding[0] == "gzip":
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			return fail("announced as gzip: " + err.Error())
		}
		res.Body = io.NopCloser(z)
	default:
		return fail("two encodings")
	}
	e, err := mwtest.ReadEnvelope(res)
	if err != nil {
		return fail(err.Error())
	}
	return func(status int, code string) string {
		if res.StatusCode != status || e.Code != code {
			return "got " + res.Status + " " + e.Code
		}
		return ""
	}
}
