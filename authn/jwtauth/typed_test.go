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
	Tier  string   `json:"tier"`
	Seats int8     `json:"seats,omitempty"`
	Tags  []string `json:"tags"`
}

type region struct {
	Region string `json:"region"`
}

type Desk struct {
	Desk string `json:"desk"`
}

// custom has a field of each type in which a member name can be nested.
type custom struct {
	region
	*Desk
	Plan    plan                          `json:"plan"`
	Next    *custom                       `json:"next"`
	List    []plan                        `json:"list"`
	Fixed   [2]*plan                      `json:"fixed"`
	Map     map[string]plan               `json:"map"`
	Deep    map[string][]map[string]*plan `json:"deep"`
	Free    any                           `json:"free"`
	Raw     json.RawMessage               `json:"raw"`
	When    time.Time                     `json:"when"`
	Text    stamp                         `json:"text"`
	Kelvins string                        `json:"kelvins"`
	Subject string                        `json:"sub"`
	Expires int64                         `json:"exp"`
	Roles   []string                      `json:"roles"`
	Hidden  chan int                      `json:"-"`
}

// stamp has its own UnmarshalText.
type stamp struct{ Value, Kind string }

func (s *stamp) UnmarshalText(b []byte) error { s.Value = string(b); return nil }

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
		o := claims().with("region", `"eu"`).with("desk", `"d-1"`).with("plan", `{"tier":"gold","seats":7,"tags":["a"]}`).with("next", `{"plan":{"tier":"next"}}`).
			with("map", `{"Tier":{"tier":"in a map"}}`).with("free", `{"Tier":[1]}`).with("when", `"2026-11-22T00:00:00Z"`).with("text", `"x"`)
		h.ServeHTTP(mwtest.NewDiscard(), requestWith(bearer(s.token(s.header().json(), o.json()))))
		want := custom{
			region: region{"eu"}, Desk: &Desk{"d-1"}, Plan: plan{"gold", 7, []string{"a"}}, Next: &custom{Plan: plan{Tier: "next"}},
			Map: map[string]plan{"Tier": {Tier: "in a map"}}, Free: map[string]any{"Tier": []any{1.0}}, When: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
			Text: stamp{Value: "x"}, Subject: "ann", Expires: got.Expires, Roles: []string{"admin", "editor"},
		}
		if !reflect.DeepEqual(got, want) || got.Expires == 0 {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// nameAttacks are tokens with a claim of custom, and the expected errors.
func nameAttacks() []attack {
	var all []attack
	for _, raw := range [][2]string{
		{"Plan", "{}"}, {"PLAN", "1"}, {`pl\u0041n`, "{}"}, {"Region", `"x"`}, {"DESK", `"x"`}, {"\u212aelvins", `"x"`}, {"kelvin\u017f", `"x"`}, {`\u212AELVIN\u017f`, `"x"`},
		{"raW", "1"}, {"Free", "1"}, {"Next", "null"},
		{"plan", `{"Tier":"x"}`}, {"plan", `{"tier":"x","TIER":"y"}`}, {"plan", `{"ti\u0045r":"x"}`}, {"plan", `{"\u017feats":1}`}, {"plan", `{ "a" : 1 , "Tags" : [ ] }`},
		{"list", `[{},{"Tier":"x"}]`}, {"list", `[ { "tier" : "x" } , { "Tier" : "y" } ]`}, {"fixed", `[null,{"Tier":"x"}]`}, {"fixed", `[null,null,{"Tier":"beyond"}]`},
		{"map", `{"a":{},"Tier":{"Tier":"x"}}`}, {"deep", `{"a":[{},{"b":{"tAgs":[]}}]}`},
		{"next", `{"Plan":{}}`}, {"next", `{"next":{"next":{"list":[{"Seats":1}]}}}`}, {"next", `{"Sub":"admin"}`}, {"next", `{"Region":"x"}`}, {"next", `{"desK":"x"}`},
	} {
		all = append(all, attack{raw[0] + " " + raw[1], setClaim(raw[0], raw[1]), jwtauth.ErrMalformed})
	}
	for _, raw := range [][2]string{
		{"free", `{"Tier":1,"Plan":{"TIER":1}}`}, {"raw", `{"Tier":1}`}, {"map", `{"Tier":{},"TIER":{"tier":"x"}}`}, {"x", `{"Tier":1,"Plan":2}`}, {"tier", "1"}, {"Tier", "1"},
		{"Hidden", "1"}, {"secret", "1"}, {"Secret", "1"}, {"plan", `{"plan":1,"Plan":2,"x":{"Tier":1}}`}, {"plan", `{"tier\u0020":1}`}, {`pl\u0061n`, `{"tier":"x"}`}, {"plan", "null"}, {"list", "[]"},
	} {
		all = append(all, attack{raw[0] + " " + raw[1], setClaim(raw[0], raw[1]), nil})
	}
	for _, raw := range [][2]string{
		{"plan", "1"}, {"plan", "[]"}, {"plan", `{"tier":1}`}, {"plan", `{"seats":128}`}, {"plan", `{"seats":"1"}`}, {"plan", `{"seats":1.5}`}, {"list", "{}"}, {"map", "[]"}, {"fixed", "1"},
		{"when", `"yesterday"`}, {"when", "1"}, {"text", "{}"}, {"next", `{"exp":"x"}`}, {"region", "7"}, {"desk", "{}"}, {"kelvins", "[]"},
	} {
		all = append(all, attack{raw[0] + " " + raw[1], setClaim(raw[0], raw[1]), jwtauth.ErrClaims})
	}
	return all
}

func TestTypedNames(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		site := newSite(t, typed[custom](t, config(s)))
		for _, a := range nameAttacks() {
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
