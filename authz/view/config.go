package view

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a View or an Input. The zero Config has the views public and self.
type Config struct {
	_ [0]func()

	// Views has the requirement of each view beyond public and self:
	//
	//	map[string]authz.Requirement{"admin": authz.AnyRole("admin")}
	//
	// New refuses the names public and self, a name that no tag uses, and a requirement
	// that authz.New refuses. A caller gets the members of all views that it is granted.
	Views map[string]authz.Requirement

	// Owners tell the owner of a value of a type; make each with OwnerOf. The Owner alone
	// decides about the view self of such a value. In a list it decides about each element.
	// New refuses two Owners of one type, and NewInput refuses any Owner.
	Owners []Owner

	// Issuer is the issuer of each owner that has a subject but no issuer.
	Issuer string

	// NoStore is for responses that no cache may keep. A response that shows more than the
	// view public then says Cache-Control: no-store, and otherwise private.
	NoStore bool

	// MaxBody is the largest response of Handler and the largest body of an Input, in
	// bytes. Zero means 1 MiB. A negative value is refused.
	MaxBody int

	// Deny answers a refused request. Nil means httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)
}

// An Owner tells the owner of the values of one type. Make one with OwnerOf.
type Owner struct {
	typ reflect.Type
	of  func(value any) (issuer, subject string)
}

// OwnerOf returns the Owner of the values of type E. An empty subject is no owner. An
// empty issuer means Config.Issuer.
func OwnerOf[E any](of func(*E) (issuer, subject string)) Owner {
	if of == nil {
		return Owner{}
	}
	return Owner{reflect.TypeFor[E](), func(value any) (string, string) { return of(value.(*E)) }}
}

// A mask is a set of views.
type mask uint64

const (
	public mask = 1 << iota // granted to every caller
	self                    // granted to the owner

	firstOther  = 2 // bit of the first view of Config.Views
	maxViews    = 62
	defaultBody = 1 << 20
)

// rules are the compiled Config.
type rules struct {
	names   map[string]mask
	grants  []*authz.Middleware // the bit of grants[i] is firstOther+i
	owners  map[reflect.Type]func(any) (string, string)
	issuer  string
	noStore bool
	maxBody int
	deny    func(http.ResponseWriter, *http.Request, error)
}

func compileConfig(cfg Config, f *httperr.ConfigFaults) *rules {
	c := &rules{
		names: map[string]mask{"public": public, "self": self}, owners: map[reflect.Type]func(any) (string, string){},
		issuer: cfg.Issuer, noStore: cfg.NoStore, maxBody: cfg.MaxBody, deny: cfg.Deny,
	}
	if len(cfg.Views) > maxViews {
		f.Add("Views", len(cfg.Views), "has more than 62 views", "join views that differ in few members")
		return c
	}
	for i, name := range slices.Sorted(maps.Keys(cfg.Views)) {
		at := "Views[" + name + "]"
		if name == "public" || name == "self" {
			f.Add(at, nil, "has a requirement of its own: everybody, or the owner", "choose another name")
		} else if !validView(name) {
			f.Add(at, nil, "is not the name of a view", "write lower-case letters, digits and _")
		}
		m, err := authz.New(authz.Config{Require: cfg.Views[name]})
		f.AddAll(at+".", err)
		c.grants = append(c.grants, m)
		if _, reserved := c.names[name]; !reserved {
			c.names[name] = 1 << (firstOther + i)
		}
	}
	for _, o := range cfg.Owners {
		switch {
		case o.typ == nil:
			f.Add("Owners", nil, "has an empty Owner", "make it with view.OwnerOf")
		case o.typ.Kind() != reflect.Struct:
			f.Add("Owners", o.typ.String(), "is not a struct", "give the owner of a struct, without a pointer")
		case c.owners[o.typ] != nil:
			f.Add("Owners", o.typ.String(), "has two owners", "remove one")
		default:
			c.owners[o.typ] = o.of
		}
	}
	switch {
	case c.maxBody < 0:
		f.Add("MaxBody", c.maxBody, "is negative", "give bytes, or 0 for 1 MiB")
	case c.maxBody == 0:
		c.maxBody = defaultBody
	}
	if c.deny == nil {
		c.deny = httperr.Write
	}
	return c
}

func validView(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}
