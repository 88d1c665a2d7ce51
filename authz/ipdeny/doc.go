// Package ipdeny refuses the requests of listed networks.
//
// # Use
//
//	deny, err := ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
//	if err != nil {
//		return err
//	}
//	handler := errs.Handler(ip.Handler(deny.Handler(router)))
//
// ip is the middleware of package clientip. The options of [Config] are:
//
//	Networks  the refused networks; required
//	Deny      writes the response to a refused request; default: httperr.Write
//	Observe   receives the error of each request, nil if it passes; default: no observer
//
// # Threat
//
// A list of refused addresses that is compared with the address of a proxy, and so refuses
// no client or all of them; a list that reads X-Forwarded-For, which the client writes.
//
// # Invariant
//
// A handler behind [Middleware] runs only for a client whose address is known and is not in
// Networks. Another request is refused with 403 address_denied. Without clientip around it
// each request is answered with 500 internal_error, and the record has the reason.
//
// The list closes doors and opens none: a client outside of it has no rights by that. This
// is why it is no Requirement of package authz, where each part adds rights. To admit some
// networks only, use authz.IPAllow.
//
// # Place in the chain
//
// Directly inside clientip, outside of authn and of the limiters: no credential is read
// for a refused network.
package ipdeny
