package bench

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httplog/v3"
	"github.com/go-chi/httprate"
	chijwt "github.com/go-chi/jwtauth/v5"
	jwtv2 "github.com/lestrrat-go/jwx/v2/jwt"
	rscors "github.com/rs/cors"
	"github.com/unrolled/secure"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	chainOrigin = "https://app.example"
	chainScope  = "notes:read"
)

// A chainVariant says which parts of the chain are switched on.
type chainVariant struct {
	name    string
	logJSON bool // one JSON line per request; otherwise the record is discarded
	cache   int  // number of verified tokens that our chain remembers
}

var chainVariants = []chainVariant{
	{"record discarded, token cached", false, 1024},
	{"slog JSON, token cached", true, 1024},
	{"record discarded, token verified", false, 0},
	{"slog JSON, token verified", true, 0},
}

func (v chainVariant) logger() *slog.Logger {
	if v.logJSON {
		return slog.New(slog.NewJSONHandler(io.Discard, nil))
	}
	return slog.New(slog.DiscardHandler)
}

// ourChain is a whole service of this library: correlation ID and recovery, client
// address, security headers, CORS, limit by address, bearer token and scope.
func ourChain(tb testing.TB, v chainVariant, s *signer, limit int, h http.Handler) http.Handler {
	errs := must(httperr.New(httperr.Config{Logger: v.logger()}))
	ip := must(clientip.New(clientip.Direct()))
	hdr := must(headers.New(headers.API()))
	xo := must(cors.New(cors.Config{
		Origins: []string{chainOrigin}, Methods: []string{"GET", "POST"},
		RequestHeaders: []string{"Authorization", "Content-Type"}, Credentials: true,
	}))
	perIP := ourMiddleware(tb, limit, time.Second, ratelimit.HeadersAlways)
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{ourVerifier(tb, s, v.cache)}}))
	read := must(authz.New(authz.Config{Require: authz.Scopes(chainScope)}))
	return errs.Handler(ip.Handler(hdr.Handler(xo.Handler(perIP.Handler(auth.Handler(read.Handler(h)))))))
}

// chiChain is the same service built from the libraries that are most often named
// together, each used as its documentation shows.
func chiChain(tb testing.TB, v chainVariant, s *signer, limit int, h http.Handler) http.Handler {
	sec := secure.New(secure.Options{
		STSSeconds: 63072000, STSIncludeSubdomains: true, FrameDeny: true, ContentTypeNosniff: true,
		ContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'", ReferrerPolicy: "no-referrer",
		CrossOriginResourcePolicy: "same-origin",
	})
	xo := rscors.New(rscors.Options{
		AllowedOrigins: []string{chainOrigin}, AllowedMethods: []string{"GET", "POST"},
		AllowedHeaders: []string{"Authorization", "Content-Type"}, AllowCredentials: true,
	})
	tokens := chijwt.New(s.alg, s.sign, s.public, jwtv2.WithIssuer(tokenIssuer), jwtv2.WithAudience(tokenAudience), jwtv2.WithRequiredClaim("exp"), jwtv2.WithRequiredClaim("sub"))

	chain := chi.Middlewares{middleware.RequestID, middleware.ClientIPFromRemoteAddr}
	if v.logJSON {
		chain = append(chain, httplog.RequestLogger(v.logger(), &httplog.Options{}))
	}
	chain = append(chain, middleware.Recoverer, sec.Handler, xo.Handler,
		httprate.LimitBy(limit, time.Second, byPeer), chijwt.Verifier(tokens), chijwt.Authenticator(tokens), requireScope)
	return chain.Handler(h)
}

// requireScope is the check of scopes that users of chi/jwtauth write themselves.
func requireScope(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, claims, _ := chijwt.FromContext(r.Context())
		scope, _ := claims["scope"].(string)
		if !slices.Contains(strings.Fields(scope), chainScope) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var chains = []struct {
	name  string
	build func(testing.TB, chainVariant, *signer, int, http.Handler) http.Handler
}{{ours, ourChain}, {"chi and five", chiChain}}

const chainRow = "chain, "

// chainScenarios serve one good request of each client through the whole chain.
func chainScenarios(t *testing.T) (all []scenario) {
	s := newSigner(t, "RS256")
	token := s.token(t)
	for _, v := range chainVariants {
		sc := scenario{name: chainRow + v.name, workers: 1, keys: clients, admit: true}
		requests := chainRequests(token)
		for _, r := range requests {
			sc.names = append(sc.names, r.RemoteAddr)
		}
		for _, c := range chains {
			if err := checkChain(t, func(limit int, h http.Handler) http.Handler { return c.build(t, v, s, limit, h) }, s); err != nil {
				t.Errorf("%s: %s: %v", sc.name, c.name, err)
			}
			h, w := c.build(t, v, s, 1000, &mwtest.Spy{}), mwtest.NewDiscard()
			sc.field = append(sc.field, contender{c.name, func(_, i int) (bool, error) {
				w.Reset()
				h.ServeHTTP(w, requests[i])
				return w.Code == http.StatusOK && w.Bytes == 2, nil
			}})
		}
		all = append(all, sc)
	}
	return all
}

// chainRequests returns one request of each client, from a page of the allowed origin.
func chainRequests(token string) []*http.Request {
	all := requests()
	for _, r := range all {
		r.Header.Set("Origin", chainOrigin)
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return all
}

// checkChain returns an error unless every layer of the chain works, because no chain
// may be fast by a missing layer.
func checkChain(t testing.TB, build func(limit int, h http.Handler) http.Handler, s *signer) error {
	token := s.token(t)
	narrow := s.tokenWith(t, map[string]any{"scope": "other"})
	serve := func(h http.Handler, change func(http.Header)) *mwtest.Discard {
		r, w := chainRequests(token)[0], mwtest.NewDiscard()
		change(r.Header)
		h.ServeHTTP(w, r)
		return w
	}
	unchanged := func(http.Header) {}
	h := build(1000, &mwtest.Spy{})
	w := serve(h, unchanged)
	if w.Code != http.StatusOK || w.Bytes != 2 {
		return fmt.Errorf("a good request: status %d, %d bytes", w.Code, w.Bytes)
	}
	for _, field := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if w.Header().Get(field) == "" {
			return fmt.Errorf("a good request: no %s", field)
		}
	}
	for _, tt := range []struct {
		subject string
		status  int
		change  func(http.Header)
	}{
		{"no token", http.StatusUnauthorized, func(h http.Header) { h.Del("Authorization") }},
		{"forged token", http.StatusUnauthorized, func(h http.Header) { h.Set("Authorization", "Bearer "+tampered(token)[1]) }},
		{"another scope", http.StatusForbidden, func(h http.Header) { h.Set("Authorization", "Bearer "+narrow) }},
	} {
		if w := serve(h, tt.change); w.Code != tt.status {
			return fmt.Errorf("%s: status %d", tt.subject, w.Code)
		}
	}
	if w := serve(h, func(h http.Header) { h.Set("Origin", "https://evil.example") }); w.Header().Get("Access-Control-Allow-Origin") != "" {
		return errors.New("a foreign origin is let in")
	}
	tight := build(1, &mwtest.Spy{})
	serve(tight, unchanged)
	if w := serve(tight, unchanged); w.Code != http.StatusTooManyRequests {
		return fmt.Errorf("beyond the limit: status %d", w.Code)
	}
	panics := build(1000, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	w = mwtest.NewDiscard()
	// chi prints the stack of a panic to stderr unless the request has a log entry.
	panics.ServeHTTP(w, middleware.WithLogEntry(chainRequests(token)[0], silentEntry{}))
	if w.Code != http.StatusInternalServerError {
		return fmt.Errorf("a panic: status %d", w.Code)
	}
	return nil
}

// A silentEntry is a log entry of chi that writes nothing.
type silentEntry struct{}

func (silentEntry) Write(int, int, http.Header, time.Duration, any) {}
func (silentEntry) Panic(any, []byte)                               {}

// TestChainWithoutALayerIsDetected leaves out one layer of the chain at a time.
func TestChainWithoutALayerIsDetected(t *testing.T) {
	s := newSigner(t, "EdDSA")
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{ourVerifier(t, s, 0)}}))
	hdr := must(headers.New(headers.API()))
	errs := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	read := must(authz.New(authz.Config{Require: authz.Scopes(chainScope)}))
	xo := must(cors.New(cors.Config{Origins: []string{chainOrigin}, Methods: []string{"GET"}, RequestHeaders: []string{"Authorization"}, Credentials: true}))
	limited := func(limit int) func(http.Handler) http.Handler {
		return ourMiddleware(t, limit, time.Second, ratelimit.HeadersAlways).Handler
	}
	type layer = func(http.Handler) http.Handler
	build := func(missing int) func(int, http.Handler) http.Handler {
		return func(limit int, h http.Handler) http.Handler {
			layers := []layer{read.Handler, auth.Handler, limited(limit), xo.Handler, hdr.Handler, errs.Handler}
			for i, l := range layers {
				if i != missing {
					h = l(h)
				}
			}
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { _ = recover() }() // without the recovery of errs the status shows the fault
				h.ServeHTTP(w, r)
			})
		}
	}
	const layers = 6
	if err := checkChain(t, build(layers), s); err != nil {
		t.Errorf("the whole chain: %v", err)
	}
	for missing := range layers {
		if checkChain(t, build(missing), s) == nil {
			t.Errorf("the check does not detect that layer %d is missing", missing)
		}
	}
}

// TestChainPromise checks the allocations of the whole chain, as the table does.
func TestChainPromise(t *testing.T) {
	s := newSigner(t, "RS256")
	token := s.token(t)
	for _, v := range chainVariants {
		h, w, all := ourChain(t, v, s, 1_000_000, &mwtest.Spy{}), mwtest.NewDiscard(), chainRequests(token)
		i := 0
		mwtest.MaxAllocs(t, v.name, promises[chainRow+v.name].allocs, func() {
			w.Reset()
			h.ServeHTTP(w, all[i%64])
			if i++; w.Code != http.StatusOK {
				t.Fatal(w.Code)
			}
		})
	}
}

// must panics for a faulty Config. The Configs of these tests have no fault.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
