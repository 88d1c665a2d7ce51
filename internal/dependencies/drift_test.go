package dependencies

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"
	rscors "github.com/rs/cors"
	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A behaviour of a library on which a package relies, or which a package keeps from users.
// The check gets the library as functions, so that a stand-in can take its place.
type behaviour struct {
	library, text string
	check         func(libraries) bool
}

// libraries are the functions of the five libraries.
type libraries struct {
	parse    func(token string, key any, options ...jwt.ParserOption) error
	connect  func(*redis.Options) *redis.Client
	validate func(v any, tag string) error
	cors     func(rscors.Options) http.Handler
	authCode func(verifier string) string
	exchange func(ctx context.Context, tokenURL, verifier string) error
}

func fiveLibraries() libraries {
	return libraries{
		parse: func(token string, key any, options ...jwt.ParserOption) error {
			_, err := jwt.NewParser(options...).ParseWithClaims(token, new(jwt.RegisteredClaims), func(*jwt.Token) (any, error) { return key, nil })
			return err
		},
		connect:  redis.NewClient,
		validate: func(v any, tag string) error { return validator.New(validator.WithRequiredStructEnabled()).Var(v, tag) },
		cors: func(o rscors.Options) http.Handler {
			return rscors.New(o).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		},
		authCode: func(verifier string) string {
			cfg := oauth2.Config{ClientID: "web", Endpoint: oauth2.Endpoint{AuthURL: "https://id.example/authorize"}}
			return cfg.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier))
		},
		exchange: func(ctx context.Context, tokenURL, verifier string) error {
			cfg := oauth2.Config{ClientID: "web", Endpoint: oauth2.Endpoint{TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInParams}}
			_, err := cfg.Exchange(ctx, "code", oauth2.VerifierOption(verifier))
			return err
		},
	}
}

var hmacKey = []byte("0123456789abcdef0123456789abcdef")

// signed returns a token of HS256 with a header and claims as text.
func signed(header, claims string) string {
	text := encode(header) + "." + encode(claims)
	signature, err := jwt.SigningMethodHS256.Sign(text, hmacKey)
	if err != nil {
		panic(err)
	}
	return text + "." + encode(string(signature))
}

func encode(s string) string {
	return (&jwt.Token{}).EncodeSegment([]byte(s))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// silent returns the address of a server that accepts connections and never answers.
func silent() (addr string, end func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return l.Addr().String(), func() { _ = l.Close() }
}

// grants returns the Access-Control-Allow-Origin of a response to origin.
func grants(h http.Handler, origin string) string {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Origin", origin)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Header().Get("Access-Control-Allow-Origin")
}

var behaviours = []behaviour{
	{"golang-jwt", "refuses a method that is not listed", func(l libraries) bool {
		return errors.Is(l.parse(signed(hs256, `{}`), hmacKey, jwt.WithValidMethods([]string{"RS256"})), jwt.ErrTokenSignatureInvalid)
	}},
	{"golang-jwt", "refuses another key", func(l libraries) bool {
		return errors.Is(l.parse(signed(hs256, `{}`), []byte("another"), jwt.WithValidMethods([]string{"HS256"})), jwt.ErrTokenSignatureInvalid)
	}},
	{"golang-jwt", "ignores crit, so jwtauth refuses it", func(l libraries) bool {
		return l.parse(signed(`{"alg":"HS256","crit":["b64"]}`, `{}`), hmacKey) == nil
	}},
	{"golang-jwt", "takes the last of two equal claims, so jwtauth refuses both", func(l libraries) bool {
		return l.parse(signed(hs256, `{"iss":"a","iss":"b"}`), hmacKey, jwt.WithIssuer("b")) == nil
	}},
	{"golang-jwt", "matches the names of claims without regard to case, so jwtauth reads them itself", func(l libraries) bool {
		return l.parse(signed(hs256, `{"ISS":"b"}`), hmacKey, jwt.WithIssuer("b")) == nil
	}},
	{"go-redis", "ContextTimeoutEnabled keeps the deadline of the caller", func(l libraries) bool {
		addr, end := silent()
		defer end()
		c := l.connect(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1, DisableIdentity: true, Protocol: 2, ReadTimeout: time.Minute})
		defer func() { _ = c.Close() }()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- c.Ping(ctx).Err() }()
		select {
		case err := <-done:
			return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
		case <-time.After(5 * time.Second): // ReadTimeout is a minute
			return false
		}
	}},
	{"go-redis", "ContextTimeoutEnabled is off by default, so redisconn sets it", func(l libraries) bool {
		c := l.connect(&redis.Options{Addr: "127.0.0.1:1"})
		defer func() { _ = c.Close() }()
		return !c.Options().ContextTimeoutEnabled
	}},
	{"go-redis", "retries three times by default, so redisconn makes one attempt", func(l libraries) bool {
		c := l.connect(&redis.Options{Addr: "127.0.0.1:1"})
		defer func() { _ = c.Close() }()
		return c.Options().MaxRetries == 3
	}},
	{"go-redis", "-1 means no retries", func(l libraries) bool {
		c := l.connect(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
		defer func() { _ = c.Close() }()
		return c.Options().MaxRetries == 0
	}},
	{"validator", "panics for an unknown tag, so validate compiles every schema in New", func(l libraries) (panics bool) {
		defer func() { panics = recover() != nil }()
		_ = l.validate("a", "nosuchtag")
		return false
	}},
	{"validator", "required takes zero for absent", func(l libraries) bool { return l.validate(0, "required") != nil }},
	{"validator", "max counts runes", func(l libraries) bool {
		return l.validate("äöü", "max=3") == nil && l.validate("äöüß", "max=3") != nil
	}},
	{"rs/cors", "grants a listed origin, and no other", func(l libraries) bool {
		h := l.cors(rscors.Options{AllowedOrigins: []string{"https://a.example"}, AllowCredentials: true})
		return grants(h, "https://a.example") == "https://a.example" && grants(h, "https://evil.example") == ""
	}},
	{"rs/cors", "accepts any Options, so cors checks its Config", func(l libraries) bool {
		h := l.cors(rscors.Options{AllowedOrigins: []string{"null"}, AllowCredentials: true})
		return grants(h, "null") == "null"
	}},
	{"x/oauth2", "sends the S256 challenge of RFC 7636, appendix B", func(l libraries) bool {
		u, err := url.Parse(l.authCode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
		return err == nil && u.Query().Get("code_challenge") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" &&
			u.Query().Get("code_challenge_method") == "S256" && u.Query().Get("response_type") == "code"
	}},
	{"x/oauth2", "sends the verifier, and returns a RetrieveError with the code of the error", func(l libraries) bool {
		sent := ""
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent = r.FormValue("code_verifier")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		}))
		defer s.Close()
		e, ok := errors.AsType[*oauth2.RetrieveError](l.exchange(context.Background(), s.URL, "verifier"))
		return ok && e.ErrorCode == "invalid_grant" && sent == "verifier"
	}},
}

// drifted returns the behaviours that libraries do not have.
func drifted(l libraries) (texts []string) {
	for _, b := range behaviours {
		if !b.check(l) {
			texts = append(texts, b.library+" "+b.text)
		}
	}
	return texts
}

// The libraries behave as the packages here expect.
func TestDrift(t *testing.T) {
	texts := drifted(fiveLibraries())
	mwtest.Publish(t, "dependencies.behaviours", len(behaviours))
	mwtest.Publish(t, "dependencies.drifted", len(texts))
	for _, text := range texts {
		t.Errorf("no longer: %s", text)
	}
}

// The same checks detect libraries that behave in another way.
func TestDriftDetectsMistakes(t *testing.T) {
	other := fiveLibraries()
	other.parse = func(string, any, ...jwt.ParserOption) error { return jwt.ErrTokenMalformed }
	other.connect = func(o *redis.Options) *redis.Client {
		o.ContextTimeoutEnabled, o.MaxRetries = !o.ContextTimeoutEnabled, 5
		return redis.NewClient(o)
	}
	other.validate = func(v any, tag string) error {
		if s, isText := v.(string); isText && strings.HasPrefix(tag, "max=") && len(s) > 3 {
			return errors.New("too long")
		}
		return nil
	}
	other.cors = func(rscors.Options) http.Handler {
		return rscors.AllowAll().Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	}
	other.authCode = func(verifier string) string { return "https://id.example/authorize?code_challenge=" + verifier }
	other.exchange = func(context.Context, string, string) error { return errors.New("no answer") }
	if texts := drifted(other); len(texts) != len(behaviours) {
		t.Errorf("only %d of %d: %q", len(texts), len(behaviours), texts)
	}
}
