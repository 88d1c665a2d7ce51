package authz_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

var (
	allScopes = []string{"s0", "s1", "s2", "s3"}
	allRoles  = []string{"r0", "r1", "r2"}
)

// node is a slow reference implementation of a requirement.
type node struct {
	op    string
	names []string
	parts []node
}

func (n node) require() authz.Requirement {
	switch n.op {
	case "scopes":
		return authz.Scopes(n.names...)
	case "any_scope":
		return authz.AnyScope(n.names...)
	case "all_roles":
		return authz.AllRoles(n.names...)
	case "any_role":
		return authz.AnyRole(n.names...)
	}
	var parts []authz.Requirement
	for _, p := range n.parts {
		parts = append(parts, p.require())
	}
	if n.op == "all" {
		return authz.All(parts...)
	}
	return authz.Any(parts...)
}

func (n node) met(scopes, roles []string) bool {
	var has, want int
	have := roles
	if strings.Contains(n.op, "scope") {
		have = scopes
	}
	for _, name := range n.names {
		want++
		if slices.Contains(have, name) {
			has++
		}
	}
	for _, p := range n.parts {
		want++
		if p.met(scopes, roles) {
			has++
		}
	}
	if strings.HasPrefix(n.op, "any") {
		return has > 0
	}
	return has == want
}

func (n node) text() string {
	if n.parts == nil {
		return n.op + "(" + strings.Join(n.names, " ") + ")"
	}
	var parts []string
	for _, p := range n.parts {
		parts = append(parts, p.text())
	}
	return n.op + "(" + strings.Join(parts, ", ") + ")"
}

// dice is a source of numbers made of bytes, so that a fuzzer can choose them.
type dice []byte

func (d *dice) roll(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

func (d *dice) subset(of []string) (s []string) {
	bits := d.roll(1 << len(of))
	for i, name := range of {
		if bits>>i&1 == 1 {
			s = append(s, name)
		}
	}
	return s
}

// node returns a random requirement that New accepts.
func (d *dice) node(depth int) node {
	if depth > 0 && d.roll(2) == 1 {
		n := node{op: []string{"all", "any"}[d.roll(2)]}
		seen := map[string]bool{}
		for range 1 + d.roll(4) {
			if p := d.node(depth - 1); !seen[p.text()] {
				seen[p.text()] = true
				n.parts = append(n.parts, p)
			}
		}
		return n
	}
	n := node{op: []string{"scopes", "any_scope", "all_roles", "any_role"}[d.roll(4)]}
	from := allScopes
	if strings.Contains(n.op, "role") {
		from = allRoles
	}
	if n.names = d.subset(from); n.names == nil {
		n.names = from[:1]
	}
	return n
}

var listed = regexp.MustCompile(`^Bearer error="insufficient_scope"(?:, scope="([^"]+)")?$`)

// compare fails t if the middleware and the reference disagree about a requirement and
// a principal from d. It returns the expected error.
func compare(t *testing.T, d dice) error {
	n := d.node(4)
	scopes, roles := d.subset(allScopes), d.subset(allRoles)
	m, err := authz.New(authz.Config{Require: n.require()})
	if err != nil {
		t.Fatalf("%s: %v", n.text(), err)
	}
	if got := n.require().String(); got != n.text() {
		t.Fatalf("the rule of %s is %s", n.text(), got)
	}
	var want error
	switch {
	case n.met(scopes, roles):
	case n.met(allScopes, roles):
		want = authz.ErrInsufficientScope
	default:
		want = authz.ErrForbidden
	}
	got := m.Check(request(principal(scopes, roles)))
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		t.Fatalf("%s with %v %v: %v, the reference says %v", n.text(), scopes, roles, got, want)
	}
	if want != authz.ErrInsufficientScope {
		return want
	}
	// A principal that gets the scopes in the challenge passes.
	e, _ := errors.AsType[*httperr.Error](got)
	c := listed.FindStringSubmatch(e.Header.Get("WWW-Authenticate"))
	if c == nil {
		t.Fatalf("%s: challenge %q", n.text(), e.Header)
	}
	if c[1] != "" && !n.met(append(scopes, strings.Split(c[1], " ")...), roles) {
		t.Fatalf("%s with %v %v: the scopes %q do not suffice", n.text(), scopes, roles, c[1])
	}
	return want
}

func TestAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	count := map[error]int{}
	for range 8000 {
		d := make(dice, 64)
		for i := range d {
			d[i] = byte(rng.Uint32())
		}
		count[compare(t, d)]++
	}
	for _, err := range []error{nil, authz.ErrInsufficientScope, authz.ErrForbidden} {
		if count[err] < 500 {
			t.Errorf("only %d of 8000 cases of %v", count[err], err)
		}
	}
}

func FuzzAgainstReference(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 3, 0, 0, 1, 0, 3, 2, 0, 1, 7})
	f.Add([]byte("\x01\x01\x02\x01\x00\x01\x00\x02\x07\x00\x01\x0f\x0f\x07"))
	f.Fuzz(func(t *testing.T, d []byte) { _ = compare(t, d) })
}

// Every constructor against every combination of two scopes or roles.
func TestTruthTables(t *testing.T) {
	for _, tc := range []struct {
		require authz.Requirement
		met     func(a, b bool) bool
		with    func(names ...string) *authn.Principal
	}{
		{authz.Scopes("a", "b"), func(a, b bool) bool { return a && b }, withScopes},
		{authz.AnyScope("a", "b"), func(a, b bool) bool { return a || b }, withScopes},
		{authz.AllRoles("a", "b"), func(a, b bool) bool { return a && b }, withRoles},
		{authz.AnyRole("a", "b"), func(a, b bool) bool { return a || b }, withRoles},
		{authz.All(authz.Scopes("a"), authz.Scopes("b")), func(a, b bool) bool { return a && b }, withScopes},
		{authz.Any(authz.Scopes("a"), authz.Scopes("b")), func(a, b bool) bool { return a || b }, withScopes},
		{authz.All(authz.AnyRole("a")), func(a, _ bool) bool { return a }, withRoles},
		{authz.Any(authz.AllRoles("b")), func(_, b bool) bool { return b }, withRoles},
	} {
		m := build(t, authz.Config{Require: tc.require})
		for bits := range 4 {
			names := []string{"other"}
			a, b := bits&1 != 0, bits&2 != 0
			if b {
				names = append(names, "b")
			}
			if a {
				names = append(names, "a")
			}
			if err := m.Check(request(tc.with(names...))); (err == nil) != tc.met(a, b) {
				t.Errorf("%v with %v: %v", tc.require, names, err)
			}
		}
	}
}
