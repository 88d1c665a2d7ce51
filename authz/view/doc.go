// Package view sends only those members of a response that the caller may see, and
// refuses a request that sets a member that the caller may not set.
//
// # Use
//
//	type Profile struct {
//		ID       string `json:"id" view:"public"`
//		Name     string `json:"name" view:"public" write:"self"`
//		Email    string `json:"email" view:"self,admin" write:"self"`
//		Role     string `json:"role" view:"admin" write:"admin"`
//		Password string `json:"password"` // in no view
//	}
//
//	profiles, err := view.New[Profile](view.Config{
//		Views: map[string]authz.Requirement{"admin": authz.AnyRole("admin")},
//	})
//	…
//	return profiles.Write(w, r, http.StatusOK, profile) // in a httperr.HandlerFunc
//
// [View].Write answers with a Go value, and [View].Handler filters the bytes of a handler.
// [NewInput] makes the check of a request body by the write tags; put [Input].Handler in
// front of package validate. [AssertHidden] is for a test of your types.
//
// # Options
//
//	Views    the requirement of each view beyond public and self
//	Owners   the owner of the values of a type, made with OwnerOf; for lists
//	Issuer   the issuer of an owner without one
//	NoStore  Cache-Control: no-store instead of private
//	MaxBody  the largest body that Handler keeps, in bytes; default: 1 MiB
//	Deny     writes the response to a refused request; default: httperr.Write
//
// # Views
//
// Everybody gets public. A caller gets a view of Config.Views if it meets the requirement.
// self has two sources:
//
//   - a guard has loaded the object of the request and found that the caller owns it. The
//     guard says so in the record of the request. This self ends at lists and maps,
//     because their elements may belong to others;
//   - the Owner of a type finds that the value belongs to the caller, by issuer and
//     subject. For values of this type the guard has no effect. An empty issuer or
//     subject equals nothing.
//
// A route that creates an object has no guard. So its response and the elements of a list show
// public, unless their type has an Owner and [View].Write writes them: [View].Handler sees no Go
// value, and an Owner grants nothing there.
//
// A handler behind a guard must write the object that the guard has checked. The type of
// any other object needs an Owner. Without one the caller sees that object as its own.
//
// # Threat
//
// A new column of a table that the API sends to everybody (OWASP API3). A list that shows
// the e-mail address of each user. A MarshalJSON method or a raw value that adds a member.
// An escaped name ("pass\u0077ord") that a filter of texts does not find. A cache that
// sends the response for an administrator to other callers. A client that sets its own role.
//
// # Invariant
//
// A member is sent only if a tag of its field names a view of the caller. The filter
// decides by the names in the JSON text itself, after their escapes are decoded, so no
// method of a type can add a member. Text of another shape than the type is never sent:
// the response is then 500.
//
// A response that shows more than public says Cache-Control: private or no-store, and
// Vary: Authorization, Cookie, and the header of an API key. The ETag and the Content-Length are those of the filtered
// text. A GET with a matching If-None-Match is answered with 304. A shared cache that
// stores the public response may send it to the owner as well; say no-store where
// that matters.
//
// # Place in the chain
//
// View.Handler is outside of the handler and inside of authn. Refusals of httperr.Write
// pass it. Input.Handler is inside of authn and authz, and outside of validate.
package view
