package tokens

import (
	"fmt"
	"net/http"
	"time"

	chijwt "github.com/go-chi/jwtauth/v5"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// page: before
func chiBefore(secret []byte) http.Handler {
	tokenAuth := chijwt.New("HS256", secret, nil)
	plan := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, claims, _ := chijwt.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s has the plan %v", token.Subject(), claims["plan"])
	})
	return chijwt.Verifier(tokenAuth)(chijwt.Authenticator(tokenAuth)(plan)) // from the header or from the cookie "jwt"
}

// page: end

// page: after
type claims struct {
	Plan string `json:"plan"`
}

func chiAfter(keys jwks.Source, secret []byte, lastOldToken time.Time) (*jwtauth.Verifier[claims], http.Handler, error) {
	v, err := jwtauth.NewTyped[claims](jwtauth.Config{
		Issuer:   issuer,
		Audience: []string{audience},
		Keys:     keys,
		Sources:  jwtauth.Sources{Cookie: "jwt", CrossOrigin: http.NewCrossOriginProtection()},
		Legacy: &jwtauth.Legacy{
			Issuer:      issuer,
			Secrets:     []jwks.Secret{{Value: secret}},
			Claims:      []string{"plan"}, // all others refuse the token
			MaxLifetime: 72 * time.Hour,
			Until:       lastOldToken,
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return v, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := v.Token(r.Context())
		_, _ = fmt.Fprintf(w, "%s has the plan %s", token.Subject, token.Claims.Plan)
	}), nil
}

// page: end
