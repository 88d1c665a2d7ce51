// Package clientip finds the client of a request behind proxies: its address,
// and the scheme and the host that it asked for.
//
// # Use
//
// There is no safe default, so a Config must choose one model:
//
//	clientip.New(clientip.Direct()) // no proxy: the peer is the client
//	clientip.New(clientip.Config{
//		Proxies: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/28")},
//		Header:  clientip.XForwardedFor,
//	})
//
// Handlers read the result with [FromContext], [Scheme] and [Host]. Read section
// "Verify before going live" before you trust it.
//
// # Options
//
//	Proxies             the addresses of the trusted proxies
//	DangerouslyAnyPeer  trusts every peer, where the platform does not publish its addresses
//	Header              XForwardedFor, Forwarded or SingleHeader: the one header that is read
//	TrustedHops         the number of entries that the proxies add, if their addresses are not known
//	ProtoHeader         the header of the scheme, X-Forwarded-Proto by default
//	UnixSocket          also trusts every peer on a Unix-domain socket
//	ForwardedHost       also trusts the host that the proxies name
//	MaxHops             how many proxies in a row are trusted, 8 by default
//	Observe             a hook for metrics and for the steps below
//
// # Deployments
//
// Each row is a test, with the headers that the platform documents. Private stands for the
// networks of your own proxies. Restrict the inner proxy to the outer one where there are
// two (security groups, authenticated origin pulls): with TrustedHops, a request that
// skips the outer proxy can bring any address.
//
//	nginx, Envoy           XForwardedFor                                Proxies: private
//	Kubernetes ingress     XForwardedFor                                Proxies: the network of its pods
//	AWS ALB                XForwardedFor                                Proxies: its subnets
//	AWS CloudFront, ALB    XForwardedFor, TrustedHops 2, or             Proxies: the subnets of the ALB
//	                       SingleHeader("CloudFront-Viewer-Address"),
//	                       each with ProtoHeader CloudFront-Forwarded-Proto
//	Cloudflare             SingleHeader("CF-Connecting-IP")             Proxies: www.cloudflare.com/ips
//	Google Cloud           XForwardedFor, TrustedHops 2                 Proxies: 35.191.0.0/16, 130.211.0.0/22
//	Azure App Gateway      XForwardedFor                                Proxies: its subnet
//	Fly                    SingleHeader("Fly-Client-IP")                DangerouslyAnyPeer
//	Heroku                 XForwardedFor                                Proxies: 10.0.0.0/8
//	Render                 XForwardedFor, TrustedHops 2                 DangerouslyAnyPeer
//
// # Threat
//
// X-Forwarded-For is a list whose first entries the client can write. Some
// programs read the list from the left, or accept it from a peer that is no
// proxy. Every client can then choose its address, and with it its rate limit,
// its place on an allowlist and its name in the log (GHSA-3fxj-6jh8-hvhx,
// GHSA-rjr7-jggh-pgcp, GHSA-9g5q-2w5x-hmxf, GHSA-j6qf-3m9c-vwj3).
//
// # Invariant
//
// The address is the farthest one that an unbroken row of trusted proxies
// vouches for:
//
//   - The connection comes first. If its peer is not trusted, the peer is
//     the client and no header is read.
//   - Then the entries of the configured header are read from the right. Each
//     entry was written by the hop found before it. The first entry that is not
//     the address of a trusted proxy is the client. Entries to its left are
//     never read.
//   - If an entry has no address, the client is the hop that wrote the entry.
//
// With TrustedHops the entry is found by its number instead, and with a SingleHeader there
// is one. So the result is never an address that the client chose, unless it reached a
// trusted peer without the proxies before it. This package refuses no request.
//
// # Place in the chain
//
// Inside httperr, outside every other layer: the result goes into the record of
// the request, and ratelimit, headers, tlsconf and the log take it from there.
// RemoteAddr and the headers of the request do not change.
//
// # What the caller must do
//
// List the addresses of the proxies and no others: clients in a listed network
// can forge their address. Make each proxy append to the header, or set it, and
// never pass it on unchanged. Let the proxy next to the clients set
// X-Forwarded-Proto or remove it.
//
// # Verify before going live
//
// With a wrong model every request is still answered, and all looks right. Log
// Client and Reason of each [Decision] with Config.Observe, and follow this list
// in the real installation:
//
//  1. From outside, through all proxies: curl https://service.example/.
//     Client must be your public address, and Reason "resolved". If Client is an
//     address of a proxy, that proxy is missing from Proxies. If Reason is
//     "absent", the proxies write another header.
//  2. The same with a forged address: curl -H 'X-Forwarded-For: 192.0.2.1' (or
//     -H 'Forwarded: for=192.0.2.1'). Client must still be your own address.
//     If it is 192.0.2.1, a proxy passes the header on unchanged.
//  3. With the forged address on two lines: give curl the option -H twice.
//     Client must still be your own address.
//  4. With X-Forwarded-Proto: http and X-Forwarded-Host: evil.example. Scheme
//     must still be https, SchemeReason "proxy", and Host your own. If SchemeReason is
//     "conflict", a proxy appends to the header: let the outermost one overwrite it.
//  5. Not through the proxies, if the network lets you: curl
//     http://origin:8080/ with the forged address of step 2. Reason must be
//     "untrusted_peer", and Client the address of your machine. If Client is
//     the forged address, Proxies is too wide.
//  6. After a day: "malformed", "unidentified", "too_many_hops", "too_few_hops" and
//     "absent" should not occur, except for the health checks of the proxies themselves.
package clientip
