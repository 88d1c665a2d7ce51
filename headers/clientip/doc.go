// Package clientip finds out who sent a request when proxies stand in front:
// the address of the client, the scheme and the host it asked for.
//
// # Threat
//
// X-Forwarded-For is a list that the client begins. Whoever reads it from the
// left, or reads it at all from a peer that is no proxy, lets every client
// choose its address, and with that its rate limit, its place on an allowlist
// and its name in the log (GHSA-3fxj-6jh8-hvhx, GHSA-rjr7-jggh-pgcp,
// GHSA-9g5q-2w5x-hmxf, GHSA-j6qf-3m9c-vwj3).
//
// # Invariant
//
// The address is the farthest one that an unbroken row of trusted proxies
// vouches for. The connection comes first: unless its peer is a proxy of
// yours, the peer is the client and no header is read. Then the entries of the
// one header that was chosen, from the right: each was written by the hop
// found before it, and the first that names no trusted proxy is the client.
// What stands left of it is never looked at. An entry that names nobody ends
// the walk at the hop that wrote it. So the result is never an address that
// the client chose, and no request is refused here.
//
// # Place in the chain
//
// Inside errors, outside everything else: what is found goes into the record
// of the request, from where ratelimit, headers, tls and the log take it.
// RemoteAddr and the headers of the request are left as they are.
//
// # What the caller must do
//
// List the addresses of the proxies and nothing more: a whole network in which
// clients live as well lets them lie. Make each proxy append to the header, or
// set it, and never pass it on untouched. Set X-Forwarded-Proto in the proxy
// next to the clients, or remove it there.
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
// # Verify before going live
//
// A wrong model answers every request and looks right. Log Client and Reason
// of each [Decision] with Config.Observe, and go through this list against the
// real installation:
//
//  1. From outside, through all proxies: curl https://service.example/.
//     Client is your public address, Reason is "resolved". If Client is an
//     address of a proxy, that proxy is missing from Proxies; if Reason is
//     "absent", the proxies write another header.
//  2. The same with a lie: curl -H 'X-Forwarded-For: 192.0.2.1' (or
//     -H 'Forwarded: for=192.0.2.1'). Client must still be your own address.
//     If it is 192.0.2.1, a proxy passes the header on as it is.
//  3. With the lie on two lines: give curl the option -H twice. The same.
//  4. With X-Forwarded-Proto: http and X-Forwarded-Host: evil.example. Scheme
//     must still be https, and Host your own.
//  5. Past the proxies, if the network lets you: curl http://origin:8080/ with
//     the lie of step 2. Reason is "untrusted_peer" and Client the address of
//     the machine that you are on. If you are believed, Proxies is too wide.
//  6. After a day: "malformed", "unidentified", "too_many_hops" and "absent"
//     should not occur, save for the health checks of the proxies themselves.
package clientip
