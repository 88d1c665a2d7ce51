// Package source finds a credential in the places of a request that a browser can fill: a
// cookie and the subprotocols of a WebSocket. It also checks the origin of a request with a
// cookie.
//
// # Use
//
//	value, count := source.Cookie(r.Header, "__Host-token")
//	if count > 1 {
//		return errTwice
//	}
//	if err := source.CheckOrigin(protection, r); err != nil {
//		return authn.ErrCrossOrigin.With(err)
//	}
//
// # Threat
//
//   - A page of another site makes the browser send the cookie: with a form, or with a
//     WebSocket, which the same-origin policy does not cover.
//   - A subdomain sets a second cookie of the same name, and two readers choose different
//     ones.
//   - A WebSocket library answers with the subprotocol that is the token.
//
// # Invariant
//
// Cookie and Subprotocol allocate nothing. They return each value exactly as net/http reads
// it, and count more than one instead of choosing. WithoutSubprotocol never changes its
// request.
//
// # Place in the chain
//
// An authn.Authenticator calls it.
package source
