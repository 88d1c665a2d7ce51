package tokens

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

func golangJWT(t *testing.T) map[string]string {
	iss := authntest.NewIssuer(t, issuer, audience)
	side := func(until time.Time) http.Handler {
		v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(requireCaller(iss, secret, until))
		return guard(t, v).Handler(showCaller)
	}
	old := signed(t, secret, jwt.MapClaims{"user_id": 7, "exp": in(time.Hour)})
	none := must[string](t)(jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"user_id": 7, "exp": in(time.Hour)}).
		SignedString(jwt.UnsafeAllowNoneSignatureType))
	return map[string]string{"golang-jwt": compare(
		[]string{"golang-jwt", "with `Legacy`", "after `Until`"},
		[]http.Handler{requireUser(secret, http.HandlerFunc(showUserID)), side(time.Now().Add(72 * time.Hour)), side(time.Now().Add(-time.Hour))},
		try{"a token of before: `{\"user_id\":7,\"exp\":…}`, HS256", bearer(old)},
		try{"a token of the new issuer, `sub` is `7`", bearer(iss.Token("7"))},
		try{"no Authorization field", header()},
		try{"an empty Authorization field", header("Authorization", "")},
		try{"`Bearer ` and nothing behind it", header("Authorization", "Bearer ")},
		try{"the token of before without `Bearer`", header("Authorization", old)},
		try{"`bearer` in lower case", header("Authorization", "bearer "+old)},
		try{"expired an hour ago", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7, "exp": in(-time.Hour)}))},
		try{"another secret", bearer(signed(t, []byte("another secret of 32 bytes, or more"),
			jwt.MapClaims{"user_id": 7, "exp": in(time.Hour)}))},
		try{"alg is none", bearer(none)},
		try{"without exp", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7}))},
		try{"exp in a year", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7, "exp": in(365 * 24 * time.Hour)}))},
		try{"without user_id", bearer(signed(t, secret, jwt.MapClaims{"exp": in(time.Hour)}))},
		try{"the link of a password reset: the same secret, and `\"purpose\":\"reset\"`",
			bearer(signed(t, secret, jwt.MapClaims{"user_id": 7, "purpose": "reset", "exp": in(time.Hour)}))},
	)}
}

// short is the refusal of a secret that is too short, and the way out.
func short(t *testing.T) map[string]string {
	weak := []byte("s3cret")
	iss := authntest.NewIssuer(t, issuer, audience)
	_, refused := requireCaller(iss, weak, time.Now().Add(72*time.Hour))
	if refused == nil {
		t.Fatal("a short secret is accepted")
	}
	v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{
		Issuer: issuer, Audience: []string{audience}, Keys: iss,
		Legacy: &jwtauth.Legacy{Issuer: issuer, SubjectClaim: "user_id", MaxLifetime: time.Hour, Until: time.Now().Add(time.Hour),
			Secrets: []jwks.Secret{{Value: weak, DangerouslyShort: true}}},
	}))
	token := signed(t, weak, jwt.MapClaims{"user_id": 7, "exp": in(time.Minute)})
	if got := answer(guard(t, v).Handler(showCaller), bearer(token)); got != "200 `7`" {
		t.Errorf("with DangerouslyShort: %s", got)
	}
	return map[string]string{"short": refused.Error()}
}

// steps is the table about the rollback: which build accepts which tokens.
func steps(t *testing.T) map[string]string {
	iss := authntest.NewIssuer(t, issuer, audience)
	v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(requireCaller(iss, secret, time.Now().Add(72*time.Hour)))
	return map[string]string{"steps": compare(
		[]string{"the build of before", "the build with `Legacy`"},
		[]http.Handler{requireUser(secret, http.HandlerFunc(showUserID)), guard(t, v).Handler(showCaller)},
		try{"a token that the build of before has issued", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7, "exp": in(time.Hour)}))},
		try{"a token that the new issuer has issued", bearer(iss.Token("7"))},
	)}
}

// shadowed runs both sides for the same requests.
func shadowed(t *testing.T) map[string]string {
	iss := authntest.NewIssuer(t, issuer, audience)
	v := must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(requireCaller(iss, secret, time.Now().Add(72*time.Hour)))
	var log strings.Builder
	both := requireUser(secret, shadow(v, guard(t, v), func(s string) { log.WriteString(s + "\n") }, http.HandlerFunc(showUserID)))
	var rows [][]string
	for _, x := range []try{
		{"a token of before", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7, "exp": in(time.Hour)}))},
		{"with the claims `role` and `name`", bearer(signed(t, secret,
			jwt.MapClaims{"user_id": 7, "role": "admin", "name": "Ann", "exp": in(time.Hour)}))},
		{"without exp", bearer(signed(t, secret, jwt.MapClaims{"user_id": 7}))},
	} {
		log.Reset()
		status := answer(both, x.request)
		reported := "nothing"
		if log.Len() > 0 {
			reported = "`" + strings.ReplaceAll(strings.TrimSpace(log.String()), "\n", "`<br>`") + "`"
		}
		rows = append(rows, []string{x.name, status, reported})
	}
	return map[string]string{"shadow": page.Table([]string{"request", "answer", "reported"}, rows...)}
}
