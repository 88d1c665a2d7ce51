package jwtauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type plan struct {
	Tier  string `json:"tier"`
	Seats int8   `json:"seats,omitempty"`
}

type region struct {
	Region string `json:"region"`
}

type custom struct {
	region
	Plan    plan            `json:"plan"`
	Next    *custom         `json:"next"`
	List    []plan          `json:"list"`
	Map     map[string]plan `json:"map"`
	Free    any             `json:"free"`
	When    time.Time       `json:"when"`
	Subject string          `json:"sub"`
	Expires int64           `json:"exp"`
	Roles   []string        `json:"roles"`
}

func typed[C any](t testing.TB, cfg jwtauth.Config) *jwtauth.Verifier[C] {
	t.Helper()
	return mwtest.Must[*jwtauth.Verifier[C]](t)(jwtauth.NewTyped[C](cfg))
}

func TestTyped(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := typed[custom](t, config(s))
		m := newMiddleware(t, v, "")
		var got custom
		h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			token, ok := v.Token(r.Context())
			p, _ := authn.FromContext(r.Context())
			if !ok || token.Principal != p || token.Subject != "ann" {
				t.Errorf("%+v, %v, want the principal %+v", token, ok, p)
				return
			}
			got = token.Claims
		}))
		o := claims().with("region", `"eu"`).with("plan", `{"tier":"gold","seats":7}`).with("next", `{"plan":{"tier":"next"}}`).
			with("map", `{"Tier":{"tier":"in a map"}}`).with("free", `{"Tier":[1]}`).with("when", `"2026-11-22T00:00:00Z"`)
		h.ServeHTTP(mwtest.NewDiscard(), requestWith(bearer(s.token(s.header().json(), o.json()))))
		want := custom{
			region: region{"eu"}, Plan: plan{"gold", 7}, Next: &custom{Plan: plan{Tier: "next"}},
			Map: map[string]plan{"Tier": {Tier: "in a map"}}, Free: map[string]any{"Tier": []any{1.0}}, When: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
			Subject: "ann", Expires: got.Expires, Roles: []string{"admin", "editor"},
		}
		if !reflect.DeepEqual(got, want) || got.Expires == 0 {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// One token of each outcome. Package typedclaims has the table of names.
func TestTypedNames(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		site := newSite(t, typed[custom](t, config(s)))
		for _, a := range []attack{
			{"a variant", setClaim("Plan", "{}"), jwtauth.ErrMalformed},
			{"a variant deep inside", setClaim("next", `{"next":{"list":[{"Seats":1}]}}`), jwtauth.ErrMalformed},
			{"a variant by an escape", setClaim("plan", `{"ti\u0045r":"x"}`), jwtauth.ErrMalformed},
			{"another type", setClaim("plan", `{"seats":"1"}`), jwtauth.ErrClaims},
			{"null", setClaim("plan", "null"), nil},
			{"a name that no field has", setClaim("x", `{"Tier":1,"Plan":2}`), nil},
		} {
			t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
		}
	})
}

// encoding/json puts numbers of the token into its errors.
func TestDecodingErrorQuotesNoToken(t *testing.T) {
	s := signers()[2]
	v := typed[custom](t, config(s))
	_, err := v.Verify(t.Context(), setClaim("plan", `{"seats":31337}`)(s))
	if !errors.Is(err, jwtauth.ErrClaims) || strings.Contains(err.Error(), "31337") || !strings.Contains(err.Error(), "jwtauth_test.custom") {
		t.Error(err)
	}
}

// ownNames has claims of its own, whose names are case variants of claims that only inform.
type ownNames struct {
	Type string
	SID  int
}

// A field of C is a case variant of such a claim: then only the exact name is accepted.
func TestOwnNames(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Legacy = legacyOf()
	v := typed[ownNames](t, cfg)
	own := claims().without("sid")
	p, err := v.Verify(t.Context(), s.token(s.header().json(), own.with("Type", `"x"`).with("SID", "7").json()))
	if err != nil || p.SessionID != "" || p.Detail.(*jwtauth.Token[ownNames]).Claims != (ownNames{"x", 7}) {
		t.Errorf("%+v, %v", p, err)
	}
	for _, name := range []string{"type", "TYPE", "sid", "Sid"} {
		if _, err := v.Verify(t.Context(), s.token(s.header().json(), own.with(name, `"x"`).json())); !errors.Is(err, jwtauth.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The faults of C come with those of the Config.
func TestTypedFaults(t *testing.T) {
	withLegacy := config(signers()[2])
	withLegacy.Legacy = legacyOf()
	_, err := jwtauth.NewTyped[ownNames](withLegacy)
	mwtest.Faults(t, err)
	_, err = jwtauth.NewTyped[struct{ Org, Jti string }](config(signers()[2]))
	mwtest.Faults(t, err, "jwtauth: C.Org: differs from the claim org by case only", "jwtauth: C.Jti: differs from the claim jti")
	_, err = jwtauth.NewTyped[string](jwtauth.Config{})
	mwtest.Faults(t, err, "jwtauth: C: ", "jwtauth: Issuer: ", "jwtauth: Keys: ", "jwtauth: Audience: ")
}

// reads has a field for authorization_details, which may be in an embedded struct.
type reads[T any] struct{ details[T] }

type details[T any] struct {
	Details T `json:"authorization_details"`
}

// A token with authorization_details is refused unless C has the field (RFC 9396).
func TestAuthorizationDetails(t *testing.T) {
	type payment struct {
		Type  string `json:"type"`
		Limit int    `json:"limit"`
	}
	const pay = `[{"type":"payment","limit":100}]`
	eachSigner(t, func(t *testing.T, s *signer) {
		for _, cfg := range []jwtauth.Config{config(s), severalIssuers(s), cachedConfig(s, 8)} {
			v := typed[reads[[]payment]](t, cfg)
			site, without := newSite(t, v), newSite(t, typed[custom](t, cfg))
			for range 2 { // also from the cache
				site.runAttack(t, s, attack{"read", setClaim("authorization_details", pay), nil}, nil)
				without.runAttack(t, s, attack{"not read", setClaim("authorization_details", pay), jwtauth.ErrClaims}, nil)
			}
			site.runAttack(t, s, attack{"of another type", setClaim("authorization_details", `{}`), jwtauth.ErrClaims}, nil)
			site.runAttack(t, s, attack{"a variant", setClaim("Authorization_details", pay), jwtauth.ErrMalformed}, nil)
			site.runAttack(t, s, attack{"absent", (*signer).good, nil}, nil)
			p, err := v.Verify(t.Context(), setClaim("authorization_details", pay)(s))
			if err != nil || !reflect.DeepEqual(p.Detail.(*jwtauth.Token[reads[[]payment]]).Claims.Details, []payment{{"payment", 100}}) {
				t.Errorf("%+v, %v", p, err)
			}
		}
	})
	_, err := jwtauth.NewTyped[struct{ Authorization_Details any }](config(signers()[2])) //nolint:revive // the name is the fault
	mwtest.Faults(t, err, "jwtauth: C.Authorization_Details: differs from the claim authorization_details by case only")
}

// The claims are decoded into C only after all other checks passed.
func TestTypedDecodesLast(t *testing.T) {
	s := signers()[2]
	v := typed[valueValidated](t, config(s))
	old := time.Now().Add(-2 * time.Second)
	for name, token := range map[string]string{
		"expired": s.token(s.header().json(), claims().with("exp", at(old)).with("tier", "7").json()),
		"forged":  otherSigners()[s.alg].token(s.header().json(), claims().with("tier", "7").json()),
		"aud":     s.token(s.header().json(), claims().with("aud", `"x"`).with("tier", "7").json()),
	} {
		want := map[string]error{"expired": authn.ErrExpired, "forged": jwtauth.ErrSignature, "aud": jwtauth.ErrAudience}[name]
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errTier = errors.New("no such tier")

// valueValidated has a Validate with a value receiver, pointerValidated with a pointer
// receiver.
type valueValidated struct {
	Tier string `json:"tier"`
}

func (j valueValidated) Validate(ctx context.Context) error {
	if ctx.Value(tierKey{}) == "revoke gold" && j.Tier == "gold" || j.Tier == "lead" {
		return errTier
	}
	return nil
}

type tierKey struct{}

type pointerValidated struct {
	Tier string `json:"tier"`
}

func (j *pointerValidated) Validate(ctx context.Context) error {
	return valueValidated(*j).Validate(ctx)
}

func TestValidate(t *testing.T) {
	s := signers()[2]
	for _, cache := range []int{0, 8} {
		cfg := config(s)
		cfg.Cache = cache
		for name, v := range map[string]interface {
			Verify(context.Context, string) (*authn.Principal, error)
			Challenge(string, error) string
		}{"value": typed[valueValidated](t, cfg), "pointer": typed[pointerValidated](t, cfg)} {
			gold, lead := setClaim("tier", `"gold"`)(s), setClaim("tier", `"lead"`)(s)
			later := context.WithValue(t.Context(), tierKey{}, "revoke gold")
			for range 2 {
				if _, err := v.Verify(t.Context(), gold); err != nil {
					t.Error(name, err)
				}
				for token, ctx := range map[string]context.Context{lead: t.Context(), gold: later} {
					if _, err := v.Verify(ctx, token); !errors.Is(err, errTier) || !errors.Is(err, jwtauth.ErrClaims) || !errors.Is(err, authn.ErrInvalid) {
						t.Error(name, err)
					}
				}
			}
		}
	}
}

// A Validate may return any error. The error does not change the response.
func TestValidateCannotChangeTheRefusal(t *testing.T) {
	s := signers()[2]
	for _, err := range []error{authn.ErrExpired, authn.ErrNoCredentials, authn.ErrUnavailable, authn.ErrAmbiguous, context.Canceled} {
		validateErr.Store(&err)
		site := newSite(t, typed[rejectsAll](t, config(s)))
		site.expect(t, func(url string) *http.Request {
			r := httptest.NewRequest("GET", url, nil)
			r.Header.Set("Authorization", bearer(s.good()))
			return r
		}, jwtauth.ErrClaims)
	}
}

// rejectsAll refuses every token with validateErr.
type rejectsAll struct{}

var validateErr atomic.Pointer[error]

func (rejectsAll) Validate(context.Context) error { return *validateErr.Load() }

func TestTokenIsOfOneVerifier(t *testing.T) {
	s := signers()[2]
	a, b, none := typed[valueValidated](t, config(s)), typed[valueValidated](t, config(s)), build(t, config(s))
	other := typed[pointerValidated](t, config(s))
	p, err := a.Verify(t.Context(), setClaim("tier", `"gold"`)(s))
	if err != nil {
		t.Fatal(err)
	}
	ctx := authn.NewContext(t.Context(), p)
	if token, ok := a.Token(ctx); !ok || token.Claims.Tier != "gold" || token.TokenID != "t-1" {
		t.Errorf("%+v, %v", token, ok)
	}
	if token, ok := b.Token(ctx); ok || token != nil {
		t.Error("Token returns the token of another Verifier with the same C")
	}
	if _, ok := other.Token(ctx); ok {
		t.Error("Token returns a token with another C")
	}
	if _, ok := none.Token(ctx); ok {
		t.Error("Token returns a token with claims")
	}
	for _, ctx := range []context.Context{t.Context(), authn.NewContext(t.Context(), &authn.Principal{Subject: "ann", Detail: "x"}), authn.NewContext(t.Context(), nil)} {
		if _, ok := a.Token(ctx); ok {
			t.Error("Token returns a token that is not there")
		}
	}
	if p, err = none.Verify(t.Context(), s.good()); err != nil {
		t.Fatal(err)
	}
	if token, ok := none.Token(authn.NewContext(t.Context(), p)); !ok || token.Subject != "ann" {
		t.Errorf("%+v, %v", token, ok)
	}
	if _, err := json.Marshal(p); err != nil {
		t.Errorf("the principal cannot be logged: %v", err)
	}
}
