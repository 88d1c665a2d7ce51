// Package isolation refuses requests that pages of other sites cause: images, scripts,
// fetches, forms and WebSocket handshakes. It reads the Sec-Fetch fields (W3C Fetch Metadata),
// which browsers set and scripts cannot change.
//
// # Use
//
//	iso, err := isolation.New(isolation.Config{})
//	handler := errs.Handler(hdr.Handler(iso.Handler(mux)))
//
// Beside package cors, the origins that cors lists may pass:
//
//	iso, err := isolation.New(isolation.Config{Allow: func(r *http.Request) bool {
//		d, _ := xo.Check(r)
//		return d.Granted
//	}})
//	handler := errs.Handler(hdr.Handler(xo.Handler(iso.Handler(mux))))
//
// # Options
//
//	AllowSameSite   requests of other origins of the same site pass
//	Allow           requests for which the function is true pass
//	Exempt          patterns of http.ServeMux: their requests pass
//	Deny, Observe   your own refusal and a hook for metrics
//
// # Which requests pass
//
//	no Sec-Fetch-Site                  programs and old browsers; a WebSocket
//	                                   handshake only if its Origin is the host
//	"same-origin"                      always
//	"none"                             always: the user typed the address
//	"same-site"                        with AllowSameSite
//	"cross-site", or an unknown value  navigations by GET, except into object and embed
//
// Any other request passes with Allow or Exempt, or it is refused with 403
// cross_site_denied.
//
// # Threat
//
// Another site learns the facts that a response reveals without CORS: the size of an image, the
// errors of a script, the time that an answer takes, the memory of its process. Or it opens
// a WebSocket with the cookies of the user: neither CORS nor [net/http.CrossOriginProtection]
// concerns a handshake, which is a GET.
//
// # Invariant
//
// A handler inside runs for a cross-site request of a browser with Sec-Fetch fields only if
// the table above, Allow or Exempt lets it pass. Check does not allocate, except to compare
// a request that it would refuse with the patterns of Exempt.
//
// # Place in the chain
//
// Inside of cors, because a preflight carries Sec-Fetch-Site too and cors answers it, and
// outside of authn. Browsers send the fields over HTTPS and to localhost only.
//
// # What the caller must do
//
// Use [net/http.CrossOriginProtection] for requests that change something: it also covers
// browsers without Sec-Fetch fields. Refuse frames with the policy of package headers: a
// page in a frame is a navigation. Exempt resources that other sites embed, and the routes
// of a cors policy with AllowAnyOrigin: Allow with such a policy lets every origin pass.
package isolation
