// Package lifecycle announces that a resource is deprecated and when it goes away, and
// refuses requests from then on if you want that.
//
// # Use
//
//	v1, err := lifecycle.New(lifecycle.Config{
//		Deprecated:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
//		Sunset:        time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC),
//		SuccessorLink: "/v2/notes",
//	})
//	mux.Handle("GET /v1/notes", v1.Handler(notes))
//
// # Options
//
//	Deprecated       Deprecation (RFC 9745)
//	Sunset           Sunset (RFC 8594)
//	DeprecationLink  Link, with the relation deprecation
//	SunsetLink       Link, with the relation sunset
//	SuccessorLink    Link, with the relation successor-version
//	Gone             410 gone from Sunset on; default: only the headers
//	Deny, Observe    your own refusal and a hook for metrics
//
// # Threat
//
// A header that no client can read: a Sunset in UTC instead of GMT, a Deprecation that is
// "true" as in old drafts, a Sunset before Deprecated. A version that everybody calls dead
// and that still answers.
//
// # Invariant
//
// Each response has the headers, refusals and errors included. With Gone, no handler runs
// from the second of Sunset on.
//
// # Place in the chain
//
// Around the handlers of the old resource, inside of the router.
package lifecycle
