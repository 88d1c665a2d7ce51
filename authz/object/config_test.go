package object_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// New returns all faults at once.
func TestFaults(t *testing.T) {
	number := func(*http.Request) (int, bool) { return 1, true }
	parent := build(t, newShelf().config())
	single := newShelf().config()
	single.Tenant, single.SingleTenant = nil, true
	lone := build(t, single)
	listOf := func(n *note) string { return n.List }
	good := newShelf().config()
	for name, tc := range map[string]struct {
		change func(*config)
		faults []string
	}{
		"good":            {func(*config) {}, nil},
		"zero":            {func(c *config) { *c = config{} }, []string{"object: Name", "object: Load", "object: Owner", "object: Tenant"}},
		"a blank name":    {func(c *config) { c.Name = " note" }, []string{`object: Name: " note": `}},
		"a bad wildcard":  {func(c *config) { c.Wildcard = "{id}" }, []string{`object: Wildcard: "{id}"`}},
		"a numeric one":   {func(c *config) { c.Wildcard = "1st" }, []string{`object: Wildcard: "1st"`}},
		"a good wildcard": {func(c *config) { c.Wildcard = "_note1" }, nil},
		"two keys":        {func(c *config) { c.Wildcard, c.Key = "id", func(*http.Request) (string, bool) { return "", true } }, []string{"object: Key"}},
		"both tenants":    {func(c *config) { c.SingleTenant = true }, []string{"object: SingleTenant"}},
		"no tenant":       {func(c *config) { c.Tenant = nil }, []string{"object: Tenant: is missing"}},
		"no owner":        {func(c *config) { c.Owner = nil }, []string{"object: Owner: is missing"}},
		"an issuer":       {func(c *config) { c.Issuer = "a\n" }, []string{"object: Issuer"}},
		"no roles":        {func(c *config) { c.OrRole = []string{} }, []string{"object: OrRole: names none"}},
		"roles":           {func(c *config) { c.OrRole = []string{"admin", "", "admin"} }, []string{`object: OrRole[1]: ""`, `object: OrRole[2]: "admin": is there twice`}},
		"across":          {func(c *config) { c.AcrossTenants = true }, []string{"object: AcrossTenants"}},
		"across one tenant": {func(c *config) {
			c.Tenant, c.SingleTenant, c.OrRole, c.AcrossTenants = nil, true, []string{"admin"}, true
		}, []string{"object: AcrossTenants"}},

		"readers twice": {func(c *config) { c.OthersRead, c.OthersAct = true, true }, []string{"object: OthersRead"}},

		"a child":                 {func(c *config) { c.Owner, c.Tenant, c.Under = nil, nil, object.ChildOf(parent, listOf) }, nil},
		"a child without tenants": {func(c *config) { c.Owner, c.Tenant, c.Under = nil, nil, object.ChildOf(lone, listOf) }, nil},
		"a child with a tenant":   {func(c *config) { c.Under = object.ChildOf(lone, listOf) }, nil},
		"a child of tenants":      {func(c *config) { c.Tenant, c.SingleTenant, c.Under = nil, true, object.ChildOf(parent, listOf) }, []string{"object: SingleTenant"}},
		"an issuer without owner": {func(c *config) { c.Owner, c.Issuer, c.Under = nil, issuer, object.ChildOf(parent, listOf) }, []string{"object: Issuer"}},
		"no parent":               {func(c *config) { c.Under = object.ChildOf((*object.Guard[*note, string])(nil), listOf) }, []string{"object: Under: has no guard"}},
		"no key of the parent":    {func(c *config) { c.Under = object.ChildOf[*note](parent, nil) }, []string{"object: Under: has no function"}},
		"across, by the parent": {func(c *config) {
			c.Tenant, c.OrRole, c.AcrossTenants, c.Under = nil, []string{"a"}, true, object.ChildOf(parent, listOf)
		}, nil},
		"across, no parent's either": {func(c *config) {
			c.Tenant, c.OrRole, c.AcrossTenants, c.Under = nil, []string{"a"}, true, object.ChildOf(lone, listOf)
		}, []string{"object: AcrossTenants"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tc.change(&cfg)
			g, err := object.New(cfg)
			mwtest.Faults(t, err, tc.faults...)
			if (g == nil) != (err != nil) {
				t.Error("a guard with faults, or none without")
			}
		})
	}
	load := func(context.Context, int) (*note, bool, error) { return nil, false, nil }
	_, err := object.New(object.Config[*note, int]{Name: "n", Load: load, Owner: ownerOf, Tenant: tenantOf})
	mwtest.Faults(t, err, "object: Parse: is missing, and the key is a int; write")
	_, err = object.New(object.Config[*note, int]{Name: "n", Load: load, Owner: ownerOf, Tenant: tenantOf, Parse: strconv.Atoi, Key: number})
	mwtest.Faults(t, err, "object: Key")
	type id string
	_, err = object.New(object.Config[*note, id]{Name: "n", Owner: ownerOf, Tenant: tenantOf, Load: func(context.Context, id) (*note, bool, error) { return nil, false, nil }})
	mwtest.Faults(t, err, "object: Parse")
}
