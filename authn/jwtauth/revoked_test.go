package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type revokedKey struct{}

// Revocation is asked for each request, also about a token that is remembered
// (CVE-2021-32701: a cached answer that skipped the checks).
func TestRevoked(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{0, 8} {
		t.Run(fmt.Sprintf("cache of %d", size), func(t *testing.T) {
			revoked, down, asked := false, error(nil), 0
			cfg := cached(s, size)
			cfg.Revoked = func(ctx context.Context, p *authn.Principal) (bool, error) {
				asked++
				if ctx.Value(revokedKey{}) != "here" || p.TokenID != "t-1" || p.SessionID != "s-1" || p.Subject != "ann" || p.IssuedAt.IsZero() {
					t.Errorf("asked about %+v", p)
				}
				return revoked, down
			}
			v, token := build(t, cfg), s.good()
			ctx := context.WithValue(t.Context(), revokedKey{}, "here")
			for _, tc := range []struct {
				revoked bool
				down    error
				want    error
			}{{}, {}, {true, nil, jwtauth.ErrRevoked}, {true, nil, authn.ErrInvalid}, {}, {false, errors.New("down"), authn.ErrUnavailable}, {true, errors.New("down"), authn.ErrUnavailable}, {}} {
				revoked, down = tc.revoked, tc.down
				if _, err := v.Verify(ctx, token); !errors.Is(err, tc.want) || tc.down != nil && !errors.Is(err, tc.down) {
					t.Errorf("%+v: %v", tc, err)
				}
			}
			if asked != 8 {
				t.Errorf("asked %d times", asked)
			}
			asked = 0
			for _, bad := range []string{
				strangers()[s.alg].good(), claim("aud", `"x"`)(s), "x.y.z",
				s.token(s.header().json(), claims().with("exp", at(time.Now().Add(-2*time.Second))).json()),
			} {
				if _, err := v.Verify(ctx, bad); err == nil {
					t.Error("accepted")
				}
			}
			if asked != 0 {
				t.Error("asked about a token that is not good")
			}
		})
	}
}

func TestRevokedIsNotRemembered(t *testing.T) {
	s := signers()[2]
	cfg := cached(s, 8)
	cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return true, nil }
	v := build(t, cfg)
	if _, err := v.Verify(t.Context(), s.good()); !errors.Is(err, jwtauth.ErrRevoked) || jwtauth.Remembered(v) != 0 {
		t.Errorf("%v, %d remembered", err, jwtauth.Remembered(v))
	}
}

func TestRevokedOverTheWire(t *testing.T) {
	s := signers()[2]
	for status, revoked := range map[int]func(context.Context, *authn.Principal) (bool, error){
		401: func(context.Context, *authn.Principal) (bool, error) { return true, nil },
		503: func(context.Context, *authn.Principal) (bool, error) {
			return false, errors.New("dial 10.0.0.1: hunter2")
		},
	} {
		cfg := config(s)
		cfg.Revoked = revoked
		m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(t, cfg)}})
		if err != nil {
			t.Fatal(err)
		}
		w, spy := httptest.NewRecorder(), &mwtest.Spy{}
		m.Handler(spy).ServeHTTP(w, requestWith(bearer(s.good())))
		mwtest.Refused(t, w.Result(), status, map[int]string{401: "invalid_credentials", 503: "authentication_unavailable"}[status])
		if spy.Calls() != 0 {
			t.Error("next ran")
		}
	}
}

// A client that leaves meanwhile is no outage.
func TestCancelledWhileRevocationIsAsked(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{0, 8} {
		ctx, cancel := context.WithCancel(t.Context())
		first := true
		cfg := cached(s, size)
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) {
			if first {
				first = false
				return false, nil
			}
			cancel()
			return false, fmt.Errorf("get: %w", context.Canceled)
		}
		v, token := build(t, cfg), s.good()
		if _, err := v.Verify(ctx, token); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(ctx, token); !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
			t.Error(err)
		}
	}
}
