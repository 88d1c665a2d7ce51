package object

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
)

// A Parent says to which object the objects of a guard belong. Make one with ChildOf.
type Parent[T any] struct {
	given       bool
	fault       string
	description Description
	handler     func(http.Handler) http.Handler
	admit       func(*http.Request) (*http.Request, error)
	find        func(context.Context, *authn.Principal) (standing, bool)
	has         func(context.Context, *authn.Principal, T) bool
}

// ChildOf returns the Parent for Config.Under. parent is the guard of the parent, and key
// returns the key of the parent to which a child belongs. The zero key is no parent.
//
//	Under: object.ChildOf(lists, func(i *Item) string { return i.ListID }),
func ChildOf[T, P any, PK comparable](parent *Guard[P, PK], key func(child T) PK) Parent[T] {
	switch {
	case parent == nil:
		return Parent[T]{given: true, fault: "has no guard of the parent"}
	case key == nil:
		return Parent[T]{given: true, fault: "has no function for the key of the parent"}
	}
	return Parent[T]{
		given:       true,
		description: parent.description,
		handler:     func(child http.Handler) http.Handler { return parent.handler(child, true) },
		admit:       parent.admit,
		find: func(ctx context.Context, p *authn.Principal) (standing, bool) {
			if f := parent.lookup(ctx, p); f != nil {
				return f.standing, true
			}
			return standing{}, false
		},
		has: func(ctx context.Context, p *authn.Principal, child T) bool {
			var zero PK
			f, k := parent.lookup(ctx, p), key(child)
			return f != nil && k != zero && k == f.key
		},
	}
}
