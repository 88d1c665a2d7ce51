package authz_test

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authz"
)

func TestNeeds(t *testing.T) {
	network := netip.MustParsePrefix("192.0.2.0/24")
	for _, tc := range []struct {
		require authz.Requirement
		want    authz.Needs
	}{
		{authz.Requirement{}, authz.Needs{}},
		{authz.Scopes("a", "b"), authz.Needs{Scope: true, Scopes: []string{"a", "b"}}},
		{authz.AnyScope("a", "b"), authz.Needs{Scope: true}},
		{authz.AnyScope("a"), authz.Needs{Scope: true, Scopes: []string{"a"}}},
		{authz.AllRoles("a"), authz.Needs{Role: true, Roles: []string{"a"}}},
		{authz.AnyRole("a", "b"), authz.Needs{Role: true}},
		{authz.Tenant("acme"), authz.Needs{Tenant: true}},
		{authz.IPAllow(network), authz.Needs{Address: true}},
		{authz.ACR("mfa"), authz.Needs{ACR: true}},
		{authz.Fresh(time.Minute), authz.Needs{MaxAge: time.Minute}},
		{authz.Decide(verdictOf{}), authz.Needs{Decider: true}},
		{authz.All(authz.Fresh(time.Hour), authz.Fresh(time.Minute), authz.Scopes("a"), authz.Scopes("a", "b")),
			authz.Needs{Scope: true, Scopes: []string{"a", "b"}, MaxAge: time.Minute}},
		{authz.All(authz.Scopes("a"), authz.Fresh(time.Minute)), authz.Needs{Scope: true, Scopes: []string{"a"}, MaxAge: time.Minute}},
		{authz.All(authz.Fresh(time.Minute), authz.Fresh(time.Hour)), authz.Needs{MaxAge: time.Minute}},
		{authz.Any(authz.Fresh(time.Hour), authz.Fresh(time.Minute)), authz.Needs{MaxAge: time.Hour}},
		{authz.Any(authz.Fresh(time.Hour), authz.AnyRole("a")), authz.Needs{}},
		{authz.Any(authz.Scopes("a", "b"), authz.Scopes("b", "c")), authz.Needs{Scope: true, Scopes: []string{"b"}}},
		{authz.Any(authz.AllRoles("a", "b"), authz.All(authz.AllRoles("b"), authz.Tenant("acme"))), authz.Needs{Role: true, Roles: []string{"b"}}},
	} {
		if got := tc.require.Needs(); !reflect.DeepEqual(normal(got), normal(tc.want)) {
			t.Errorf("%v: %+v, want %+v", tc.require, got, tc.want)
		}
		if got := tc.require.IsZero(); got != reflect.ValueOf(tc.require).IsZero() {
			t.Errorf("%v: IsZero %v", tc.require, got)
		}
	}
}

// normal returns n without the difference between a nil and an empty list.
func normal(n authz.Needs) authz.Needs {
	n.Scopes, n.Roles = append([]string{}, n.Scopes...), append([]string{}, n.Roles...)
	return n
}

// The lists of Needs belong to their caller.
func TestNeedsShareNothing(t *testing.T) {
	q := authz.Any(authz.Scopes("a", "b"), authz.Scopes("b", "a"))
	q.Needs().Scopes[0] = "x"
	authz.All(q, authz.Scopes("c")).Needs().Scopes[1] = "x"
	if got := q.Needs().Scopes; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("scopes %v", got)
	}
}

// Without a scope that Needs lists, no principal of the reference passes, and Implies is true
// only if each principal that passes one requirement passes the other.
func TestNeedsAndImpliesAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	implied, needed := 0, 0
	for range 4000 {
		d := make(dice, 96)
		for i := range d {
			d[i] = byte(rng.Uint32())
		}
		a, b := d.node(2), d.node(2)
		implies, needs := a.require().Implies(b.require()), a.require().Needs()
		if implies {
			implied++
		}
		needed += len(needs.Scopes) + len(needs.Roles)
		for scopes := range 1 << len(allScopes) {
			for roles := range 1 << len(allRoles) {
				s, r := pick(allScopes, scopes), pick(allRoles, roles)
				if !a.met(s, r) {
					continue
				}
				if implies && !b.met(s, r) {
					t.Fatalf("%s implies %s, but %v %v passes only the first", a.text(), b.text(), s, r)
				}
				if lacks(s, needs.Scopes) || lacks(r, needs.Roles) || needs.Scope && len(s) == 0 || needs.Role && len(r) == 0 {
					t.Fatalf("%s needs %+v, but %v %v passes", a.text(), needs, s, r)
				}
			}
		}
	}
	if implied < 200 || needed < 1000 {
		t.Errorf("only %d implications and %d needs in 4000 cases", implied, needed)
	}
}

func pick(from []string, bits int) []string {
	d := dice{byte(bits)}
	return d.subset(from)
}

func lacks(have, want []string) bool {
	return slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(have, s) })
}
