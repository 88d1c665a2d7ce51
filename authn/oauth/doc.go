// Package oauth logs users in at an identity provider: OpenID Connect, or plain OAuth 2.0.
package oauth
