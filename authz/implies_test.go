package authz_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
)

// verdictOf is a Decider with one answer.
type verdictOf struct{ authz.Ruling }

func (r verdictOf) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return r.Ruling, nil
}

// lists is a Decider that == cannot compare.
type lists struct {
	verdictOf
	_ []string
}

func TestImplies(t *testing.T) {
	wide, narrow := authz.IPAllow(netip.MustParsePrefix("10.0.0.0/8")), authz.IPAllow(netip.MustParsePrefix("10.1.0.0/16"))
	one, other := &verdictOf{}, &verdictOf{}
	for _, tc := range []struct {
		a, b authz.Requirement
		want bool
		back bool // b implies a
	}{
		{authz.Scopes("a"), authz.Scopes("a"), true, true},
		{authz.Scopes("a", "b"), authz.Scopes("b", "a"), true, true},
		{authz.Scopes("a", "b"), authz.All(authz.Scopes("b"), authz.Scopes("a")), true, true},
		{authz.Scopes("a", "b"), authz.Scopes("a"), true, false},
		{authz.Scopes("a"), authz.AnyScope("a", "b"), true, false},
		{authz.Scopes("a"), authz.AllRoles("a"), false, false},
		{authz.AllRoles("a"), authz.AnyRole("b", "a"), true, false},
		{authz.Tenant("acme"), authz.Tenant("acme", "umbrella"), true, false},
		{authz.ACR("gold"), authz.ACR("gold", "mfa"), true, false},
		{authz.Fresh(time.Minute), authz.Fresh(time.Hour), true, false},
		{narrow, wide, true, false},
		{authz.IPAllow(netip.MustParsePrefix("10.0.0.0/16")), wide, true, false},
		{authz.IPAllow(netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("10.2.0.0/16")), wide, true, false},
		{authz.IPAllow(netip.MustParsePrefix("2001:db8::/32")), wide, false, false},
		{authz.All(authz.Scopes("a"), authz.Fresh(time.Minute)), authz.Scopes("a"), true, false},
		{authz.Any(authz.Scopes("a"), authz.AnyRole("r")), authz.Any(authz.AnyRole("r", "s"), authz.Scopes("a")), true, false},
		{authz.Decide(one), authz.Decide(one), true, true},
		{authz.Decide(one), authz.Decide(other), false, false}, // they have one name
		{authz.Decide(lists{}), authz.Decide(lists{}), false, false},
		{authz.Decide(nil), authz.Decide(nil), false, false},
		{authz.Requirement{}, authz.Requirement{}, false, false},
		{authz.All(), authz.Scopes("a"), false, false},
		{authz.Any(), authz.Scopes("a"), false, false},
		{authz.Scopes(), authz.Scopes("a"), false, false},
	} {
		if got := tc.a.Implies(tc.b); got != tc.want {
			t.Errorf("%v implies %v: %v", tc.a, tc.b, got)
		}
		if got := tc.b.Implies(tc.a); got != tc.back {
			t.Errorf("%v implies %v: %v", tc.b, tc.a, got)
		}
	}
}
