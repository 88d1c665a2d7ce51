package authz_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/authz"
)

func TestArgumentsAreCopied(t *testing.T) {
	names := []string{"a"}
	parts := []authz.Requirement{authz.Scopes(names...), authz.AllRoles(names...)}
	all, some := authz.All(parts...), authz.Any(parts...)
	names[0], parts[0], parts[1] = "changed", authz.Scopes("changed"), authz.Scopes("changed")
	for _, got := range []string{all.String(), some.String()} {
		if got[3:] != "(scopes(a), all_roles(a))" {
			t.Errorf("the requirement became %s", got)
		}
	}
}

func TestString(t *testing.T) {
	for want, q := range map[string]authz.Requirement{
		"none()":                          {},
		"scopes(notes:write)":             authz.Scopes("notes:write"),
		"scopes(b a)":                     authz.Scopes("b", "a"),
		"any_scope(a b)":                  authz.AnyScope("a", "b"),
		"all_roles(a b)":                  authz.AllRoles("a", "b"),
		`any_role(admin "team lead")`:     authz.AnyRole("admin", "team lead"),
		`any_role("Führung" "a), any(b")`: authz.AnyRole("Führung", "a), any(b"),
		`scopes("f(x,y)")`:                authz.Scopes("f(x,y)"),
		"all(scopes(a), any(any_role(r), any_scope(b c)))": authz.All(authz.Scopes("a"), authz.Any(authz.AnyRole("r"), authz.AnyScope("b", "c"))),
	} {
		if got := q.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
