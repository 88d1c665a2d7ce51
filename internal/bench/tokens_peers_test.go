package bench

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/MicahParks/keyfunc/v3"
	auth0 "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/coreos/go-oidc/v3/oidc"
	chijwt "github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	jwtv2 "github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwtv3 "github.com/lestrrat-go/jwx/v3/jwt"
)

// guards returns our guard and those of the peers. Each is configured with the issuer,
// the audience and the algorithm, and with every requirement that it supports.
func guards(t testing.TB, s *signer) []guard {
	all := []guard{ourGuard(t, ours, s, 0), ourGuard(t, oursCached, s, 1024), golangStruct(s), golangMap(s)}
	if s.public != nil {
		all = append(all, keyfuncGuard(t, s), oidcGuard(s))
	}
	return append(all, jwxGuard(t, s), auth0Guard(t, s), chiGuard(s))
}

// accessClaims are the claims of an access token, for a peer that decodes into a
// struct.
type accessClaims struct {
	jwt.RegisteredClaims
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope"`
	Roles    []string `json:"roles"`
}

func golangParser(s *signer) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{s.alg}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
}

func golangWith(name string, s *signer, find jwt.Keyfunc) guard {
	parser := golangParser(s)
	return bearerMiddleware(name, func(_ context.Context, token string) (*accessClaims, error) {
		c := new(accessClaims)
		_, err := parser.ParseWithClaims(token, c, find)
		return c, err
	}, func(c *accessClaims) string { return c.Subject })
}

const golangJWT = "golang-jwt struct"

func golangStruct(s *signer) guard {
	return golangWith(golangJWT, s, func(*jwt.Token) (any, error) { return s.verify, nil })
}

func golangMap(s *signer) guard {
	parser := golangParser(s)
	return bearerMiddleware("golang-jwt map", func(_ context.Context, token string) (jwt.MapClaims, error) {
		c := jwt.MapClaims{}
		_, err := parser.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return s.verify, nil })
		return c, err
	}, func(c jwt.MapClaims) string {
		subject, _ := c["sub"].(string)
		return subject
	})
}

func keyfuncGuard(t testing.TB, s *signer) guard {
	k, err := keyfunc.NewJWKSetJSON(json.RawMessage(s.jwks))
	if err != nil {
		t.Fatal(err)
	}
	return golangWith("keyfunc", s, k.Keyfunc)
}

func oidcGuard(s *signer) guard {
	v := oidc.NewVerifier(tokenIssuer, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{s.public}}, &oidc.Config{ClientID: tokenAudience, SupportedSigningAlgs: []string{s.alg}})
	return bearerMiddleware("go-oidc", func(ctx context.Context, token string) (*accessClaims, error) {
		id, err := v.Verify(ctx, token)
		if err != nil {
			return nil, err
		}
		c := new(accessClaims)
		return c, id.Claims(c)
	}, func(c *accessClaims) string { return c.Subject })
}

func keySet(t testing.TB, s *signer) jwk.Set {
	set, err := jwk.Parse([]byte(s.jwks))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func jwxGuard(t testing.TB, s *signer) guard {
	options := []jwtv3.ParseOption{jwtv3.WithIssuer(tokenIssuer), jwtv3.WithAudience(tokenAudience), jwtv3.WithRequiredClaim("exp"), jwtv3.WithRequiredClaim("sub")}
	if s.public == nil {
		options = append(options, jwtv3.WithKey(jwa.HS256(), s.verify))
	} else {
		options = append(options, jwtv3.WithKeySet(keySet(t, s)))
	}
	type key struct{}
	return guard{"jwx", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, err := jwtv3.ParseRequest(r, options...)
			if err != nil {
				http.Error(w, "unauthorized", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, token)))
		})
	}, func(r *http.Request) string {
		subject, _ := r.Context().Value(key{}).(jwtv3.Token).Subject()
		return subject
	}}
}

// auth0Claims are the claims besides the registered ones.
type auth0Claims struct {
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope"`
	Roles    []string `json:"roles"`
}

func (c *auth0Claims) Validate(context.Context) error {
	if c.ClientID == "" {
		return errors.New("no client")
	}
	return nil
}

func auth0Validator(t testing.TB, s *signer, keys func(context.Context) (any, error)) *validator.Validator {
	v, err := validator.New(
		validator.WithKeyFunc(keys), validator.WithAlgorithm(validator.SignatureAlgorithm(s.alg)),
		validator.WithIssuer(tokenIssuer), validator.WithAudience(tokenAudience), validator.WithCustomClaims(func() *auth0Claims { return new(auth0Claims) }),
	)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func auth0Guard(t testing.TB, s *signer) guard {
	key := s.verify
	if s.public != nil {
		key = keySet(t, s)
	}
	v := auth0Validator(t, s, func(context.Context) (any, error) { return key, nil })
	m, err := auth0.New(auth0.WithValidator(v))
	if err != nil {
		t.Fatal(err)
	}
	return guard{"auth0", m.CheckJWT, func(r *http.Request) string {
		c, err := auth0.GetClaims[*validator.ValidatedClaims](r.Context())
		if err != nil {
			return err.Error()
		}
		return c.RegisteredClaims.Subject
	}}
}

func chiGuard(s *signer) guard {
	a := chijwt.New(s.alg, s.sign, s.public, jwtv2.WithIssuer(tokenIssuer), jwtv2.WithAudience(tokenAudience), jwtv2.WithRequiredClaim("exp"), jwtv2.WithRequiredClaim("sub"))
	return guard{"chi/jwtauth", func(next http.Handler) http.Handler {
		return chijwt.Verifier(a)(chijwt.Authenticator(a)(next))
	}, func(r *http.Request) string {
		token, _, err := chijwt.FromContext(r.Context())
		if err != nil {
			return err.Error()
		}
		return token.Subject()
	}}
}
