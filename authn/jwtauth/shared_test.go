package jwtauth_test

import (
	"testing"
)

// What handlers append to the scopes and roles that they were given is theirs:
// with a cache, two requests have one principal at the same time.
func TestSharedPrincipalCannotBeGrown(t *testing.T) {
	s := signers()[2]
	v := build(t, cached(s, 8))
	for _, list := range []string{`"a"`, `"a b"`, `"a "`, `" a  b   "`, `["a"]`, `["a","b"]`, `[]`} {
		cl := claims().with("scope", list)
		if list[0] == '[' {
			cl = cl.with("roles", list)
		} else {
			cl = cl.with("roles", `["a,b,c"]`)
		}
		p, err := v.Verify(t.Context(), s.token(s.header().json(), cl.json()))
		if err != nil {
			t.Fatal(err)
		}
		for _, all := range [][]string{p.Scopes, p.Roles} {
			grown := func(by string) []string { return append(all, by) }
			mine, theirs := grown("mine"), grown("theirs")
			if mine[len(all)] != "mine" || theirs[len(all)] != "theirs" {
				t.Errorf("%s: what one request appends, another sees", list)
			}
		}
	}
}
