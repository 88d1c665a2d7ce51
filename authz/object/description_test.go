package object_test

import (
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authz/object"
)

func TestDescription(t *testing.T) {
	for want, d := range map[string]object.Description{
		"note {id}: owner":                {Name: "note", Wildcard: "id"},
		"note: owner":                     {Name: "note", Tenants: true},
		"note {id} under list: owner":     {Name: "note", Wildcard: "id", Under: "list"},
		"note {id}: owner, or role admin": {Name: "note", Wildcard: "id", OrRole: []string{"admin"}},
		"note {id}: owner, or role admin or clerk in the same tenant":   {Name: "note", Wildcard: "id", OrRole: []string{"admin", "clerk"}, Tenants: true},
		"note {id}: owner, or role admin of any tenant":                 {Name: "note", Wildcard: "id", OrRole: []string{"admin"}, Tenants: true, AcrossTenants: true},
		"user {id}: owner, or each other caller as a reader":            {Name: "user", Wildcard: "id", Others: true},
		"user {id}: owner, or role a, or each other caller as a reader": {Name: "user", Wildcard: "id", OrRole: []string{"a"}, Others: true},
		"article {id}: owner, or each other caller":                     {Name: "article", Wildcard: "id", Others: true, OthersAct: true},
	} {
		if got := d.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A guard describes itself as it is configured.
func TestDescriptionOfAGuard(t *testing.T) {
	cfg := newShelf().config()
	cfg.OrRole, cfg.AcrossTenants, cfg.OthersRead = []string{"admin"}, true, true
	d := build(t, cfg).Description()
	if d.Name != "note" || d.Wildcard != "id" || d.Under != "" || len(d.OrRole) != 1 || !d.AcrossTenants || !d.Tenants || !d.Others {
		t.Errorf("%+v", d)
	}
	f := newFamily()
	_, items := f.guards(t)
	if d := items.Description(); d.Under != "list" || !d.Tenants || d.Others || d.AcrossTenants || !slices.Equal(d.UnderWildcards, []string{"list"}) {
		t.Errorf("%+v", d)
	}
	parts := build(t, object.Config[*note, string]{Name: "part", Wildcard: "part", Load: f.item.Load, Under: object.ChildOf(items, func(n *note) string { return n.List })})
	parts.Description().UnderWildcards[0] = "changed" // is of a copy
	if d := parts.Description(); !slices.Equal(d.UnderWildcards, []string{"id", "list"}) {
		t.Errorf("%+v", d)
	}
}
