// Package oidcpeer logs users in at an OpenID provider that was written by others: the one of
// zitadel/oidc. A provider of this project could share a fault with its client.
package oidcpeer
