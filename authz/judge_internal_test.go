package authz

import (
	"testing"

	"github.com/go-sallyport/sallyport/authn"
)

// New refuses these. Should one get past it, it must deny: an empty "all" is
// true in logic, and here it would be an open door.
func TestNothingIsNeverGranted(t *testing.T) {
	p := &authn.Principal{Subject: "ann", Scopes: []string{""}, Roles: []string{""}}
	for _, q := range []Requirement{
		{}, {parts: []Requirement{Scopes("")}}, Scopes(), AnyScope(), AllRoles(), AnyRole(), All(), Any(),
		All(All()), Any(All()), All(Any(Scopes("")), Requirement{}),
	} {
		if q.judge(p) == granted {
			t.Errorf("%v is granted", q)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	q := All(Scopes("notes:read", "notes:write"), AnyRole("admin", "editor"))
	p := &authn.Principal{Subject: "ann", Scopes: []string{"notes:read", "notes:list", "notes:write"}, Roles: []string{"editor"}}
	b.ReportAllocs()
	for b.Loop() {
		if q.judge(p) != granted {
			b.Fatal("denied")
		}
	}
}
