// Package allowedhosts refuses requests for hosts that the service does not answer for.
//
// # Use
//
//	hosts, err := allowedhosts.New(allowedhosts.Config{Hosts: []string{"example.com", "*.tenants.example.com"}})
//	handler = ip.Handler(hosts.Handler(next))
//
// # Options
//
//	Hosts          the hosts, or "*." and a domain for each host below it
//	Exempt         paths that are served for every host, for health checks
//	Deny, Observe  your own refusal and a hook for metrics
//
// # Threat
//
// The client chooses the Host field. A service that builds links, redirects, cookies or
// cache keys from it sends its users where an attacker wants: the link of a password
// reset, for example, and with it the token. And a web page can bind its own name to the
// address of a service on the local network (DNS rebinding); the browser then lets the
// page read the responses, because to the browser they come from the page's own origin.
//
// # Invariant
//
// Next sees only hosts of the list, and exempt paths. The host of clientip counts if it
// runs outside, otherwise the Host field. X-Forwarded-Host is never read here. Hosts are
// compared without their port, without the dot at the end, and without regard to case.
//
// # Refusals of honest clients
//
//	status  code          cause                       setting
//	421     unknown_host  a name that is not listed   Hosts
//	421     unknown_host  a health check by address   Exempt, or the address in Hosts
//
// # Place in the chain
//
// Inside httperr and clientip, outside every layer that reads the host. Package tlsconf
// checks the host of the requests that it redirects by itself.
package allowedhosts
