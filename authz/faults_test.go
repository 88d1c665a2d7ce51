package authz_test

import (
	"errors"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	var zero authz.Requirement
	for name, tc := range map[string]struct {
		require authz.Requirement
		want    []string
	}{
		"zero":               {zero, []string{"authz: Require: is missing"}},
		"no scopes":          {authz.Scopes(), []string{"authz: Require.Scopes: is empty; "}},
		"no scope":           {authz.AnyScope(), []string{"authz: Require.AnyScope: is empty; "}},
		"no roles":           {authz.AllRoles(), []string{"authz: Require.AllRoles: is empty; "}},
		"no role":            {authz.AnyRole(), []string{"authz: Require.AnyRole: is empty; "}},
		"empty All":          {authz.All(), []string{"authz: Require.All: has no parts; "}},
		"empty Any":          {authz.Any(), []string{"authz: Require.Any: has no parts; "}},
		"two scopes in one":  {authz.Scopes("a b"), []string{`authz: Require.Scopes[0]: "a b": is not one scope`}},
		"scope with a comma": {authz.Scopes("a,b"), nil},
		"scopes": {authz.AnyScope("a", "", "a", `"`, `\`, "\x7f", "é", "a\n"), []string{
			`authz: Require.AnyScope[1]: "": `, `authz: Require.AnyScope[2]: "a": is there twice`, `authz: Require.AnyScope[3]: "\"": `,
			`authz: Require.AnyScope[4]: "\\": `, `authz: Require.AnyScope[5]: "\x7f": `, `authz: Require.AnyScope[6]: "é": `, `authz: Require.AnyScope[7]: "a\n": `,
		}},
		"roles": {authz.AnyRole("Führung", "team lead", "", " a", "b\x00", "team lead"), []string{
			`authz: Require.AnyRole[2]: "": `, `authz: Require.AnyRole[3]: " a": `, `authz: Require.AnyRole[4]: "b\x00": `, `authz: Require.AnyRole[5]: "team lead": is there twice`,
		}},
		"several faults in nested parts": {
			authz.All(authz.Scopes("a"), authz.Any(zero, authz.All(authz.AllRoles("r", "r"))), authz.Scopes("b c"), authz.Scopes("a"), zero),
			[]string{
				"authz: Require.All[1].Any[0]: is missing", `authz: Require.All[1].Any[1].All[0].AllRoles[1]: "r": is there twice`,
				`authz: Require.All[2].Scopes[0]: "b c": `, `authz: Require.All[3]: "scopes(a)": is there twice`, "authz: Require.All[4]: is missing",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := authz.New(authz.Config{Require: tc.require})
			mwtest.Faults(t, err, tc.want...)
			if (m == nil) != (len(tc.want) > 0) {
				t.Errorf("middleware %v with error %v", m, err)
			}
			for _, leaf := range mwtest.Leaves(err) {
				if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Fix == "" || e.Reason == "" {
					t.Errorf("%T without reason and fix: %v", leaf, leaf)
				}
			}
		})
	}
}
