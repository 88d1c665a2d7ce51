package authz

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// New refuses these requirements. If one got past New, its verdict must be denied: in
// logic an empty "all" is true, and here it would let every caller pass.
func TestEmptyRequirementIsDenied(t *testing.T) {
	p := &authn.Principal{Subject: "ann", Scopes: []string{""}, Roles: []string{""}}
	for _, q := range []Requirement{
		{}, {parts: []Requirement{Scopes("")}}, Scopes(), AnyScope(), AllRoles(), AnyRole(), All(), Any(),
		Tenant(), Tenant(""), IPAllow(), ACR(), ACR(""), Fresh(0), Decide(nil), Any(Decide(nil)),
		All(All()), Any(All()), All(Any(Scopes("")), Requirement{}),
	} {
		in := query{request: httptest.NewRequest("GET", "/", nil), principal: p}
		if q.evaluate(&in) == granted {
			t.Errorf("%v is granted", q)
		}
	}
}

// New refuses an unknown op. It also returns a specific fault for each known op without
// arguments, so that a new op needs a case in check. Neither panics.
func TestUnknownRequirementIsRefused(t *testing.T) {
	unknown := Requirement{op: op(len(ops)), names: []string{"a"}, parts: []Requirement{Scopes("a")}}
	_, err := New(Config{Require: All(Scopes("a"), unknown)})
	mwtest.Faults(t, err, "authz: Require.All[1]: is an unknown requirement; ")
	if unknown.evaluate(&query{principal: &authn.Principal{Subject: "ann", Scopes: []string{"a"}, Roles: []string{"a"}}}) != denied {
		t.Error("an unknown requirement is met")
	}
	for o := range ops {
		_, err := New(Config{Require: Requirement{op: op(o)}})
		if err == nil || strings.Contains(err.Error(), "unknown") {
			t.Errorf("%s without arguments: the fault is %v", ops[o].rule, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	q := All(Scopes("notes:read", "notes:write"), AnyRole("admin", "editor"))
	p := &authn.Principal{Subject: "ann", Scopes: []string{"notes:read", "notes:list", "notes:write"}, Roles: []string{"editor"}}
	b.ReportAllocs()
	for b.Loop() {
		if q.evaluate(&query{principal: p}) != granted {
			b.Fatal("denied")
		}
	}
}
