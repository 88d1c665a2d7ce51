package object_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A family is a list and its items.
type family struct {
	lists, items *shelf
	list         config
	item         config
}

// newFamily returns list 9 of ann with item 1, list 8 of bob with item 2, and item 3 without a
// list.
func newFamily() *family {
	f := &family{
		lists: newShelf(
			&note{ID: "9", Issuer: issuer, Subject: "ann", Tenant: "acme"},
			&note{ID: "8", Issuer: issuer, Subject: "bob", Tenant: "acme"},
		),
		items: newShelf(&note{ID: "1", List: "9"}, &note{ID: "2", List: "8"}, &note{ID: "3"}),
	}
	f.list = f.lists.config()
	f.list.Name, f.list.Wildcard = "list", "list"
	f.item = object.Config[*note, string]{Name: "item", Load: f.items.load}
	return f
}

// guards returns the guards. Changes of f.item are in the second one.
func (f *family) guards(t *testing.T) (lists, items *object.Guard[*note, string]) {
	lists = build(t, f.list)
	f.item.Under = object.ChildOf(lists, func(n *note) string { return n.List })
	return lists, build(t, f.item)
}

func requestItem(p *authn.Principal, method, list, id string) *http.Request {
	r := request(p, method, id)
	r.SetPathValue("list", list)
	return r
}

func TestChildOf(t *testing.T) {
	bob := changed(func(p *authn.Principal) { p.Subject = "bob" })
	admin := changed(func(p *authn.Principal) { p.Subject, p.Roles = "root", []string{"admin"} })
	foreignAdmin := changed(func(p *authn.Principal) { p.Subject, p.Roles, p.Tenant = "root", []string{"admin"}, "other" })
	roles := func(f *family) { f.list.OrRole, f.item.OrRole = []string{"admin"}, []string{"admin"} }
	parentOnly := func(f *family) { f.list.OrRole = []string{"admin"} }
	across := func(f *family) {
		roles(f)
		f.list.AcrossTenants = true
	}
	acrossBoth := func(f *family) {
		across(f)
		f.item.AcrossTenants = true
	}
	readers := func(f *family) { f.list.OthersRead, f.item.OthersRead = true, true }
	ownItems := func(f *family) {
		f.list.OthersRead = true
		f.item.Owner = ownerOf
		f.items.notes["1"].Issuer, f.items.notes["1"].Subject = issuer, "bob"
	}
	for name, tc := range map[string]struct {
		p            *authn.Principal
		method       string
		list, id     string
		change       func(*family)
		want         error
		owned        bool
		lists, items int64 // calls of Load
	}{
		"my list, my item":                      {p: ann(), list: "9", id: "1", owned: true, lists: 1, items: 1},
		"my list, an item of another list":      {p: ann(), list: "9", id: "2", want: httperr.ErrNotFound, lists: 1, items: 1},
		"my list, an item without a list":       {p: ann(), list: "9", id: "3", want: httperr.ErrNotFound, lists: 1, items: 1},
		"my list, a missing item":               {p: ann(), list: "9", id: "4", want: httperr.ErrNotFound, lists: 1, items: 1},
		"a foreign list":                        {p: ann(), list: "8", id: "2", want: httperr.ErrNotFound, lists: 1},
		"a foreign list, my item":               {p: ann(), list: "8", id: "1", want: httperr.ErrNotFound, lists: 1},
		"a missing list":                        {p: ann(), list: "7", id: "1", want: httperr.ErrNotFound, lists: 1},
		"no key of the list":                    {p: ann(), list: "", id: "1", want: httperr.ErrNotFound},
		"no key of the item":                    {p: ann(), list: "9", id: "", want: httperr.ErrNotFound, lists: 1},
		"no principal":                          {list: "9", id: "1", want: authn.ErrNoCredentials},
		"a role of both":                        {p: admin, list: "9", id: "1", change: roles, lists: 1, items: 1},
		"a role of the parent alone":            {p: admin, list: "9", id: "1", change: parentOnly, want: httperr.ErrNotFound, lists: 1, items: 1},
		"across tenants at the parent alone":    {p: foreignAdmin, list: "9", id: "1", change: across, want: httperr.ErrNotFound, lists: 1, items: 1},
		"across tenants at both":                {p: foreignAdmin, list: "9", id: "1", change: acrossBoth, lists: 1, items: 1},
		"a reader of both":                      {p: bob, list: "9", id: "1", change: readers, lists: 1, items: 1},
		"my item in the open list of another":   {p: bob, list: "9", id: "1", change: ownItems, owned: true, lists: 1, items: 1},
		"my list, an item of another owner":     {p: ann(), list: "9", id: "1", change: ownItems, want: httperr.ErrNotFound, lists: 1, items: 1},
		"an item of another owner, many tenant": {p: foreignAdmin, list: "9", id: "1", change: ownItems, want: httperr.ErrNotFound, lists: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFamily()
			if tc.change != nil {
				tc.change(f)
			}
			lists, items := f.guards(t)
			method := "GET"
			if tc.method != "" {
				method = tc.method
			}
			got, err := items.Check(requestItem(tc.p, method, tc.list, tc.id))
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || (got == nil) != (err != nil) {
				t.Errorf("Check: %v, %v, want %v", got, err, tc.want)
			}
			for kind, wrap := range map[string]func(http.Handler) http.Handler{
				"alone":             items.Handler,
				"inside the parent": func(next http.Handler) http.Handler { return lists.Handler(items.Handler(next)) },
			} {
				f.lists.loads.Store(0)
				f.items.loads.Store(0)
				spy := &mwtest.Spy{Respond: func(_ http.ResponseWriter, r *http.Request) {
					item, ok := items.From(r.Context())
					list, listed := lists.From(r.Context())
					if !ok || !listed || item.ID != tc.id || list.ID != tc.list {
						t.Errorf("%s: item %v of list %v", kind, item, list)
					}
					if owned := carrier.From(r.Context()).Facts().Owned; owned != tc.owned {
						t.Errorf("%s: owned %v", kind, owned)
					}
				}}
				wrap(spy).ServeHTTP(httptest.NewRecorder(), requestItem(tc.p, method, tc.list, tc.id))
				if (spy.Calls() == 1) != (tc.want == nil) {
					t.Errorf("%s: the handler ran %d times", kind, spy.Calls())
				}
				if l, i := f.lists.loads.Load(), f.items.loads.Load(); l != tc.lists || i != tc.items {
					t.Errorf("%s: %d loads of lists and %d of items, want %d and %d", kind, l, i, tc.lists, tc.items)
				}
			}
		})
	}
}

// A parent may have a parent of its own, and the outermost one is checked first.
func TestGrandchild(t *testing.T) {
	f := newFamily()
	lists, items := f.guards(t)
	comments := newShelf(&note{ID: "c", List: "1"}, &note{ID: "d", List: "2"})
	guard := build(t, object.Config[*note, string]{
		Name: "comment", Wildcard: "comment", Load: comments.load,
		Under: object.ChildOf(items, func(n *note) string { return n.List }),
	})
	for _, tc := range []struct {
		list, item, comment string
		ok                  bool
	}{{"9", "1", "c", true}, {"9", "1", "d", false}, {"9", "2", "d", false}, {"8", "1", "c", false}, {"8", "2", "d", false}} {
		r := requestItem(ann(), "GET", tc.list, tc.item)
		r.SetPathValue("comment", tc.comment)
		spy := &mwtest.Spy{}
		guard.Handler(spy).ServeHTTP(httptest.NewRecorder(), r)
		if _, err := guard.Check(r); (err == nil) != tc.ok || (spy.Calls() == 1) != tc.ok {
			t.Errorf("%+v: %v, and the handler ran %d times", tc, err, spy.Calls())
		}
		if spy.Calls() == 1 {
			if list, ok := lists.From(spy.Last().Context()); !ok || list.ID != tc.list {
				t.Errorf("%+v: list %v", tc, list)
			}
		}
	}
	if d := guard.Description(); d.Under != "item" || !d.Tenants {
		t.Errorf("%+v", d)
	}
}

// A decision about the parent counts only for the caller of that decision.
func TestParentOfAnotherCaller(t *testing.T) {
	f := newFamily()
	lists, items := f.guards(t)
	bob := changed(func(p *authn.Principal) { p.Subject = "bob" })
	spy := &mwtest.Spy{}
	res := mwtest.Do(lists.Handler(as(bob, items.Handler(spy))), requestItem(ann(), "GET", "9", "1"))
	if res.StatusCode != 404 || spy.Calls() != 0 {
		t.Errorf("status %d, and %d calls", res.StatusCode, spy.Calls())
	}
}

// The refusal of the parent is answered by the parent, and the zero key is no parent.
func TestDenyOfTheParent(t *testing.T) {
	f := newFamily()
	f.list.Deny = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(410) }
	_, items := f.guards(t)
	if res := mwtest.Do(items.Handler(&mwtest.Spy{}), requestItem(ann(), "GET", "8", "2")); res.StatusCode != 410 {
		t.Errorf("status %d", res.StatusCode)
	}

	type row struct{ parent int }
	roots := build(t, object.Config[row, int]{
		Name: "root", Key: func(*http.Request) (int, bool) { return 0, true }, SingleTenant: true,
		Load:  func(context.Context, int) (row, bool, error) { return row{}, true, nil },
		Owner: func(row) object.Owner { return object.Owner{Issuer: issuer, Subject: "ann"} },
	})
	leaves := build(t, object.Config[row, string]{
		Name:  "leaf",
		Load:  func(context.Context, string) (row, bool, error) { return row{}, true, nil },
		Under: object.ChildOf(roots, func(r row) int { return r.parent }),
	})
	if _, err := leaves.Check(request(ann(), "GET", "1")); !errors.Is(err, httperr.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// The owner of a comment deletes it under the article of another author, which others may only
// read.
func TestOwnChildOfAForeignParent(t *testing.T) {
	bob := changed(func(p *authn.Principal) { p.Subject = "bob" })
	f := newFamily()
	f.list.OthersRead, f.item.Owner = true, ownerOf
	f.items.notes["1"].Issuer, f.items.notes["1"].Subject = issuer, "bob"
	lists, items := f.guards(t)
	spy := &mwtest.Spy{}
	items.Handler(spy).ServeHTTP(httptest.NewRecorder(), requestItem(bob, "DELETE", "9", "1"))
	if _, err := items.Check(requestItem(bob, "DELETE", "9", "1")); err != nil || spy.Calls() != 1 {
		t.Errorf("%v, and %d calls", err, spy.Calls())
	}
	if _, err := items.Check(requestItem(ann(), "DELETE", "9", "1")); !errors.Is(err, httperr.ErrNotFound) {
		t.Errorf("the author of the article: %v", err)
	}
	r := requestItem(bob, "DELETE", "9", "1")
	if res := mwtest.Do(lists.Handler(spy), r); res.StatusCode != 404 {
		t.Errorf("the article itself: %d", res.StatusCode)
	}
}
