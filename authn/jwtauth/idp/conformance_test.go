package idp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
)

// A provider has the documented forms of one kind of token and of its key set.
type provider struct {
	name    string
	issuers func() []jwtauth.TrustedIssuer
	keysURL string
	keys    func() []object
	header  object
	claims  func() object
	want    authn.Principal // the fields that the claims fill

	// siblings are other tokens that the provider signs with the same key, as changes to the
	// header and the claims of the accepted token. All of them must be refused.
	siblings map[string][2]object
}

func one(t jwtauth.TrustedIssuer) func() []jwtauth.TrustedIssuer {
	return func() []jwtauth.TrustedIssuer { return []jwtauth.TrustedIssuer{t} }
}

const (
	tenant      = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	otherTenant = "11111111-86f1-41af-91ab-2d7cd011db47"
	app         = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
	client      = "0oa1client"
	cognitoPool = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example"
	realm       = "https://sso.example/realms/staff"
	userAgent   = "https://app.example"
)

// logout is the change that makes a token a back-channel logout token.
var logout = [2]object{{"typ": "logout+jwt"}, {"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}}

// logoutAs is a logout token with the typ of an access token.
var logoutAs = [2]object{nil, logout[1]}

func auth0Keys() []object {
	return []object{
		rsaJWK().with(object{"alg": "RS256", "use": "sig", "x5t": "RkI5MjI5OUY5", "x5c": []string{"MIIDBzCCAe+gAwIBAgIJ"}}),
		rsaJWK().with(object{"kid": "next", "alg": "RS256", "use": "sig", "x5t": "RkI5MjI5OUY6", "x5c": []string{"MIIDBzCCAe+gAwIBAgIK"}}),
	}
}

func plainKeys() []object { return []object{rsaJWK().with(object{"alg": "RS256", "use": "sig"})} }

func providers() []provider {
	return []provider{
		{
			name:    "Auth0",
			issuers: one(idp.Auth0("my-domain.auth0.com", "https://example.com/health-api")),
			keysURL: "https://my-domain.auth0.com/.well-known/jwks.json",
			keys:    auth0Keys,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"iss": "https://my-domain.auth0.com/", "sub": "auth0|123456", "azp": "my_client_id", "scope": "openid profile read:patients",
					"aud": []string{"https://example.com/health-api", "https://my-domain.auth0.com/userinfo"}, "iat": in(0), "exp": in(24 * time.Hour),
				}
			},
			want: authn.Principal{Subject: "auth0|123456", ClientID: "my_client_id", Scopes: []string{"openid", "profile", "read:patients"}},
			siblings: map[string][2]object{
				"an ID token":                      {nil, {"aud": "my_client_id", "scope": nil, "azp": nil, "nonce": "n", "sid": "s", "email": "a@example.com"}},
				"an ID token for the API's name":   {nil, {"scope": nil, "azp": nil, "email": "a@example.com"}},
				"an ID token with nonce and azp":   {nil, {"nonce": "n"}},
				"for another API":                  {nil, {"aud": []string{"https://other", "https://my-domain.auth0.com/userinfo"}}},
				"another API with azp as audience": {nil, {"aud": "https://other", "azp": "https://example.com/health-api"}},
				"of another tenant":                {nil, {"iss": "https://other.auth0.com/"}},
				"without the slash":                {nil, {"iss": "https://my-domain.auth0.com"}},
				"a logout token":                   logoutAs,
			},
		},
		{
			name:    "Auth0, RFC 9068",
			issuers: one(idp.Auth0RFC9068("my-domain.auth0.com", "https://example.com/health-api")),
			keysURL: "https://my-domain.auth0.com/.well-known/jwks.json",
			keys:    auth0Keys,
			header:  object{"typ": "at+jwt"},
			claims: func() object {
				return object{
					"iss": "https://my-domain.auth0.com/", "sub": "auth0|123456", "client_id": "my_client_id", "scope": "openid", "jti": "73WakrfVbNJBaAmhQtEeDv",
					"aud": "https://example.com/health-api", "iat": in(0), "exp": in(24 * time.Hour), "permissions": []string{"read:patients"},
				}
			},
			want: authn.Principal{Subject: "auth0|123456", ClientID: "my_client_id", TokenID: "73WakrfVbNJBaAmhQtEeDv", Scopes: []string{"openid"}},
			siblings: map[string][2]object{
				"an ID token":        {{"typ": "JWT"}, {"aud": "my_client_id"}},
				"of the old profile": {{"typ": "JWT"}, nil},
				"a logout token":     logout,
				"for another API":    {nil, {"aud": "https://other"}},
			},
		},
		{
			name:    "Okta",
			issuers: one(idp.Okta("dev-1.okta.com", "default", "api://default")),
			keysURL: "https://dev-1.okta.com/oauth2/default/v1/keys",
			keys:    plainKeys,
			claims: func() object {
				return object{
					"ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": "https://dev-1.okta.com/oauth2/default", "aud": "api://default",
					"sub": "user@example.com", "iat": in(0), "exp": in(time.Hour), "cid": client, "uid": "00uixa271s6x7qt8I0h7", "scp": []string{"openid", "email"}, "auth_time": in(-time.Minute),
				}
			},
			want: authn.Principal{Subject: "user@example.com", ClientID: client, TokenID: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", Scopes: []string{"openid", "email"}},
			siblings: map[string][2]object{
				"an ID token":                {nil, {"jti": "ID.1", "aud": client, "cid": nil, "scp": nil, "idp": "00o1", "amr": []string{"pwd"}, "at_hash": "x"}},
				"an ID token, same audience": {nil, {"cid": nil, "scp": nil, "amr": []string{"pwd"}}},
				"of another server":          {nil, {"iss": "https://dev-1.okta.com/oauth2/other"}},
				"of the org server":          {nil, {"iss": "https://dev-1.okta.com", "aud": "https://dev-1.okta.com"}},
				"a logout token":             logoutAs,
			},
		},
		{
			name:    "Okta, org server",
			issuers: one(idp.OktaOrg("dev-1.okta.com", client)),
			keysURL: "https://dev-1.okta.com/oauth2/v1/keys",
			keys:    plainKeys,
			claims: func() object {
				return object{
					"ver": 1, "jti": "AT.1", "iss": "https://dev-1.okta.com", "aud": "https://dev-1.okta.com", "sub": "user@example.com",
					"iat": in(0), "exp": in(time.Hour), "cid": client, "uid": "00u", "scp": []string{"openid"},
				}
			},
			want: authn.Principal{Subject: "user@example.com", ClientID: client, TokenID: "AT.1", Scopes: []string{"openid"}},
			siblings: map[string][2]object{
				"of another client": {nil, {"cid": "0oa2"}},
				"without a client":  {nil, {"cid": null}},
				"an ID token":       {nil, {"cid": nil, "scp": nil, "aud": client}},
			},
		},
		{
			name:    "Entra",
			issuers: one(idp.Entra(tenant, app)),
			keysURL: "https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys",
			keys:    entraKeys,
			header:  object{"typ": "JWT"},
			claims:  entraClaims,
			want:    authn.Principal{Subject: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", ClientID: app, Tenant: tenant, Scopes: []string{"access_as_user"}, Roles: []string{"Reader"}},
			siblings: map[string][2]object{
				"an ID token":        {nil, {"scp": nil, "azp": nil, "azpacr": nil, "nonce": "12345"}},
				"an ID token, plain": {nil, {"scp": nil, "azp": nil, "azpacr": nil}},
				"of an application":  {nil, {"scp": nil, "idtyp": "app"}},
				"for another API":    {nil, {"aud": "00000003-0000-0000-c000-000000000000", "azp": app}},
				"of another tenant":  {nil, {"iss": "https://login.microsoftonline.com/" + otherTenant + "/v2.0", "tid": otherTenant}},
				"of version 1":       {nil, {"iss": "https://sts.windows.net/" + tenant + "/", "ver": "1.0"}},
				"a logout token":     logoutAs,
			},
		},
		{
			name:    "Entra, version 1",
			issuers: one(idp.EntraV1(tenant, "api://"+app)),
			keysURL: "https://login.microsoftonline.com/" + tenant + "/discovery/keys",
			keys:    entraV1Keys,
			header:  object{"typ": "JWT", "x5t": kid},
			claims: func() object {
				return object{
					"aud": "api://" + app, "iss": "https://sts.windows.net/" + tenant + "/", "iat": in(-300 * time.Second), "nbf": in(-300 * time.Second), "exp": in(90 * time.Minute),
					"acr": "1", "amr": []string{"pwd"}, "appid": app, "appidacr": "0", "scp": "access_as_user", "sub": "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA", "tid": tenant, "uti": "aTHNSjUuKEmx", "ver": "1.0",
				}
			},
			want: authn.Principal{Subject: "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA", ClientID: app, Tenant: tenant, ACR: "1", Scopes: []string{"access_as_user"}},
			siblings: map[string][2]object{
				"an ID token":       {nil, {"scp": nil, "appid": nil, "appidacr": nil}},
				"of another tenant": {nil, {"iss": "https://sts.windows.net/" + otherTenant + "/"}},
			},
		},
		{
			name:    "Entra, several tenants",
			issuers: one(idp.EntraMultiTenant(app, tenant, "22222222-86f1-41af-91ab-2d7cd011db47")),
			keysURL: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
			keys:    entraKeys,
			header:  object{"typ": "JWT"},
			claims:  entraClaims,
			want:    authn.Principal{Subject: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", ClientID: app, Tenant: tenant, Scopes: []string{"access_as_user"}, Roles: []string{"Reader"}},
			siblings: map[string][2]object{
				"of a tenant that is not listed": {nil, {"iss": "https://login.microsoftonline.com/" + otherTenant + "/v2.0", "tid": otherTenant}},
				"with the tid of another":        {nil, {"tid": "22222222-86f1-41af-91ab-2d7cd011db47"}},
				"without tid":                    {nil, {"tid": nil}},
				"the template":                   {nil, {"iss": "https://login.microsoftonline.com/{tenantid}/v2.0", "tid": "{tenantid}"}},
				"common":                         {nil, {"iss": "https://login.microsoftonline.com/common/v2.0", "tid": "common"}},
				"a host in upper case":           {nil, {"iss": "https://LOGIN.microsoftonline.com/" + tenant + "/v2.0"}},
				"a user in the URL":              {nil, {"iss": "https://login.microsoftonline.com@evil.example/" + tenant + "/v2.0"}},
				"another host":                   {nil, {"iss": "https://evil.example/" + tenant + "/v2.0"}},
				"a tenant in upper case":         {nil, {"iss": "https://login.microsoftonline.com/72F988BF-86f1-41af-91ab-2d7cd011db47/v2.0"}},
				"an ID token":                    {nil, {"scp": nil, "azp": nil, "nonce": "n"}},
			},
		},
		{
			name:    "Entra, application with a role",
			issuers: one(idp.EntraAppRoles(idp.Entra(tenant, app), "Task.Read")),
			keysURL: "https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys",
			keys:    entraKeys,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return entraClaims().with(object{"scp": nil, "roles": []string{"Other", "Task.Read"}, "oid": "o", "sub": "o", "azpacr": "1"})
			},
			want: authn.Principal{Subject: "o", ClientID: app, Tenant: tenant, Roles: []string{"Other", "Task.Read"}},
			siblings: map[string][2]object{
				"of a user with the role": {nil, {"scp": "access_as_user"}},
				"with another role":       {nil, {"roles": []string{"Other"}}},
				"without a role":          {nil, {"roles": nil}},
				"an ID token":             {nil, {"azp": nil, "azpacr": nil}},
			},
		},
		{
			name:    "Entra, application with version 1",
			issuers: one(idp.EntraAppClients(idp.EntraV1(tenant, "api://"+app), "caller")),
			keysURL: "https://login.microsoftonline.com/" + tenant + "/discovery/keys",
			keys:    entraV1Keys,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"aud": "api://" + app, "iss": "https://sts.windows.net/" + tenant + "/", "iat": in(0), "nbf": in(0), "exp": in(time.Hour),
					"appid": "caller", "appidacr": "1", "oid": "o", "sub": "o", "tid": tenant, "uti": "u", "ver": "1.0",
				}
			},
			want: authn.Principal{Subject: "o", ClientID: "caller", Tenant: tenant},
			siblings: map[string][2]object{
				"of another client": {nil, {"appid": "other"}},
				"of a user":         {nil, {"scp": "access_as_user"}},
			},
		},
		{
			name:    "Cognito",
			issuers: one(idp.Cognito("us-west-2", "us-west-2_example", "xxxxxxxxxxxxexample")),
			keysURL: cognitoPool + "/.well-known/jwks.json",
			keys: func() []object {
				return []object{rsaJWK().with(object{"alg": "RS256", "use": "sig"}), rsaJWK().with(object{"kid": "other=", "alg": "RS256", "use": "sig"})}
			},
			claims: func() object {
				return object{
					"sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": []string{"admin"}, "iss": cognitoPool, "version": 2, "client_id": "xxxxxxxxxxxxexample",
					"origin_jti": "o", "token_use": "access", "scope": "phone openid", "auth_time": in(0), "exp": in(time.Hour), "iat": in(0), "jti": "j", "username": "my-test-user",
				}
			},
			want: authn.Principal{Subject: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ClientID: "xxxxxxxxxxxxexample", TokenID: "j", Scopes: []string{"phone", "openid"}, Roles: []string{"admin"}},
			siblings: map[string][2]object{
				"an ID token":              {nil, {"token_use": "id", "aud": "xxxxxxxxxxxxexample", "client_id": nil, "scope": nil}},
				"of another client":        {nil, {"client_id": "other"}},
				"for another API":          {nil, {"aud": "https://other"}},
				"without a client":         {nil, {"client_id": nil}},
				"of another pool":          {nil, {"iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_other"}},
				"of another region":        {nil, {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/us-west-2_example"}},
				"without token_use":        {nil, {"token_use": nil}},
				"token_use as an array":    {nil, {"token_use": []any{[]string{"access"}}}},
				"with an array of clients": {nil, {"client_id": []any{1}}},
			},
		},
		{
			name:    "Cognito, ID token",
			issuers: one(idp.CognitoID("us-west-2", "us-west-2_example", "xxxxxxxxxxxxexample")),
			keysURL: cognitoPool + "/.well-known/jwks.json",
			keys:    plainKeys,
			claims: func() object {
				return object{
					"sub": "aaaaaaaa", "cognito:groups": []string{"admin"}, "iss": cognitoPool, "aud": "xxxxxxxxxxxxexample", "at_hash": "h", "nonce": "n",
					"token_use": "id", "auth_time": in(0), "exp": in(time.Hour), "iat": in(0), "jti": "j", "email": "a@example.com", "email_verified": true,
				}
			},
			want: authn.Principal{Subject: "aaaaaaaa", TokenID: "j", Roles: []string{"admin"}},
			siblings: map[string][2]object{
				"an access token":   {nil, {"token_use": "access", "aud": nil, "client_id": "xxxxxxxxxxxxexample"}},
				"of another client": {nil, {"aud": "other"}},
				"a logout token":    logoutAs,
			},
		},
		{
			name:    "Keycloak",
			issuers: one(idp.Keycloak(realm, "notes")),
			keysURL: realm + "/protocol/openid-connect/certs",
			keys: func() []object {
				return []object{
					rsaJWK().with(object{"kid": "enc", "alg": "RSA-OAEP", "use": "enc", "x5c": []string{"MIICmzCC"}, "x5t": "a", "x5t#S256": "b"}),
					rsaJWK().with(object{"alg": "RS256", "use": "sig", "x5c": []string{"MIICmzCD"}, "x5t": "c", "x5t#S256": "d"}),
				}
			},
			header: object{"typ": "JWT"},
			claims: func() object {
				return object{
					"exp": in(5 * time.Minute), "iat": in(0), "auth_time": 0, "jti": "onrtac:7b1c", "iss": realm, "aud": []string{"notes", "account"}, "sub": "f:1:ann", "typ": "Bearer", "azp": "web",
					"sid": "s", "acr": "1", "allowed-origins": []string{"*"}, "realm_access": object{"roles": []string{"offline_access", "admin"}},
					"resource_access": object{"account": object{"roles": []string{"manage-account"}}}, "scope": "profile email", "preferred_username": "ann",
				}
			},
			want: authn.Principal{Subject: "f:1:ann", ClientID: "web", TokenID: "onrtac:7b1c", SessionID: "s", ACR: "1", Scopes: []string{"profile", "email"}, Roles: []string{"offline_access", "admin"}},
			siblings: map[string][2]object{
				"an ID token":       {nil, {"typ": "ID", "aud": "notes", "at_hash": "h"}},
				"a refresh token":   {nil, {"typ": "Refresh"}},
				"an offline token":  {nil, {"typ": "Offline"}},
				"a logout token":    {nil, {"typ": "Logout", "events": logout[1]["events"]}},
				"an action token":   {nil, {"typ": "execute-actions"}},
				"of another realm":  {nil, {"iss": "https://sso.example/realms/other"}},
				"for the account":   {nil, {"aud": "account"}},
				"without typ claim": {nil, {"typ": nil}},
			},
		},
		{
			name: "Google, people",
			issuers: func() []jwtauth.TrustedIssuer {
				return idp.GoogleUsers("web.apps.googleusercontent.com", "android.apps.googleusercontent.com")
			},
			keysURL: "https://www.googleapis.com/oauth2/v3/certs",
			keys:    googleKeySet,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"iss": "https://accounts.google.com", "azp": "android.apps.googleusercontent.com", "aud": "web.apps.googleusercontent.com", "sub": "110169484474386276334",
					"email": "ann@example.com", "email_verified": true, "nonce": "n", "at_hash": "h", "iat": in(0), "exp": in(time.Hour), "hd": "example.com",
				}
			},
			want: authn.Principal{Subject: "110169484474386276334", ClientID: "android.apps.googleusercontent.com"},
			siblings: map[string][2]object{
				"of a service account":      {nil, {"azp": "112233445566778899001", "sub": "112233445566778899001", "email": "x@p.iam.gserviceaccount.com", "nonce": nil, "at_hash": nil}},
				"for another application":   {nil, {"aud": "other.apps.googleusercontent.com"}},
				"without azp":               {nil, {"azp": nil}},
				"a security event":          logoutAs,
				"of an application for us":  {nil, {"azp": "other.apps.googleusercontent.com"}},
				"of Firebase, the same key": {nil, {"iss": "https://securetoken.google.com/p"}},
			},
		},
		{
			name:    "Google, service accounts",
			issuers: one(idp.GoogleServiceAccounts("https://svc.a.run.app", "112233445566778899001", "caller@p.iam.gserviceaccount.com")),
			keysURL: "https://www.googleapis.com/oauth2/v3/certs",
			keys:    googleKeySet,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"iss": "https://accounts.google.com", "azp": "112233445566778899001", "aud": "https://svc.a.run.app", "sub": "112233445566778899001",
					"email": "old-name@p.iam.gserviceaccount.com", "email_verified": true, "iat": in(0), "exp": in(time.Hour),
				}
			},
			want: authn.Principal{Subject: "112233445566778899001", ClientID: "112233445566778899001"},
			siblings: map[string][2]object{
				"of another account":     {nil, {"sub": "1", "azp": "1", "email": "mallory@p.iam.gserviceaccount.com"}},
				"with an unproven email": {nil, {"sub": "1", "azp": "1", "email": "caller@p.iam.gserviceaccount.com", "email_verified": false}},
				"for another service":    {nil, {"aud": "https://other.a.run.app"}},
				"without any name":       {nil, {"sub": "1", "azp": "1", "email": nil, "email_verified": nil}},
			},
		},
		{
			name:    "Google, service accounts by e-mail",
			issuers: one(idp.GoogleServiceAccounts("https://svc.a.run.app", "tasks@p.iam.gserviceaccount.com")),
			keysURL: "https://www.googleapis.com/oauth2/v3/certs",
			keys:    googleKeySet,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"iss": "https://accounts.google.com", "azp": "2", "aud": "https://svc.a.run.app", "sub": "2",
					"email": "tasks@p.iam.gserviceaccount.com", "email_verified": true, "iat": in(0), "exp": in(time.Hour),
				}
			},
			want: authn.Principal{Subject: "2", ClientID: "2"},
			siblings: map[string][2]object{
				"of another account":          {nil, {"email": "mallory@p.iam.gserviceaccount.com"}},
				"with an unproven email":      {nil, {"email_verified": false}},
				"without email_verified":      {nil, {"email_verified": nil}},
				"with null in email_verified": {nil, {"email_verified": null}},
				"without an email":            {nil, {"email": nil}},
				"for another service":         {nil, {"aud": "https://other.a.run.app"}},
			},
		},
		{
			name:    "Supabase",
			issuers: one(idp.Supabase("ref")),
			keysURL: "https://ref.supabase.co/auth/v1/.well-known/jwks.json",
			keys: func() []object {
				return []object{ecJWK().with(object{"alg": "ES256", "ext": true, "key_ops": []string{"verify"}})}
			},
			header: object{"alg": "ES256", "typ": "JWT"},
			claims: func() object {
				return object{
					"aud": "authenticated", "iss": "https://ref.supabase.co/auth/v1", "sub": "ef0493c9-3582-425f-a362-aef909588df7", "role": "authenticated", "aal": "aal1",
					"session_id": "9dda1498", "is_anonymous": false, "email": "a@example.com", "iat": in(0), "exp": in(time.Hour), "amr": []object{{"method": "password", "timestamp": 1}},
				}
			},
			want: authn.Principal{Subject: "ef0493c9-3582-425f-a362-aef909588df7"},
			siblings: map[string][2]object{
				"an anonymous user":           {nil, {"is_anonymous": true}},
				"of the app of a third party": {nil, {"client_id": "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d"}},
				"the key anon":                {nil, {"role": "anon"}},
				"the key service_role":        {nil, {"role": "service_role"}},
				"of another project":          {nil, {"iss": "https://other.supabase.co/auth/v1"}},
				"an unreadable is_anonymous":  {nil, {"is_anonymous": object{}}},
			},
		},
		{
			name:    "Firebase",
			issuers: one(idp.Firebase("p")),
			keysURL: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
			keys:    googleKeySet,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"iss": "https://securetoken.google.com/p", "aud": "p", "sub": "u", "user_id": "u", "auth_time": in(0), "iat": in(0), "exp": in(time.Hour),
					"firebase": object{"identities": object{"email": []string{"a@example.com"}}, "sign_in_provider": "password"},
				}
			},
			want: authn.Principal{Subject: "u"},
			siblings: map[string][2]object{
				"an anonymous user":        {nil, {"firebase": object{"sign_in_provider": "anonymous"}}},
				"without a provider":       {nil, {"firebase": object{"identities": object{}}}},
				"of another project":       {nil, {"iss": "https://securetoken.google.com/q", "aud": "q"}},
				"for another project":      {nil, {"aud": "q"}},
				"a session cookie":         {nil, {"iss": "https://session.firebase.google.com/p"}},
				"without the claim":        {nil, {"firebase": nil}},
				"a provider of other form": {nil, {"firebase": object{"sign_in_provider": object{}}}},
			},
		},
		{
			name:    "Clerk",
			issuers: one(idp.Clerk("https://clerk.example.com", userAgent)),
			keysURL: "https://clerk.example.com/.well-known/jwks.json",
			keys:    plainKeys,
			header:  object{"typ": "JWT"},
			claims: func() object {
				return object{
					"azp": userAgent, "iss": "https://clerk.example.com", "sub": "user_1", "sid": "sess_1", "jti": "j", "nbf": in(-10 * time.Second), "iat": in(0), "exp": in(time.Minute), "v": 2, "fva": []int{0, -1}, "sts": "active",
				}
			},
			want: authn.Principal{Subject: "user_1", TokenID: "j", SessionID: "sess_1"},
			siblings: map[string][2]object{
				"of another front end": {nil, {"azp": "https://evil.example"}},
				"of a pending session": {nil, {"sts": "pending"}},
				"of a JWT template":    {nil, {"sid": nil}},
				"of another instance":  {nil, {"iss": "https://clerk.other.example"}},
				"for another audience": {nil, {"aud": "https://other"}},
				"without any audience": {nil, {"azp": nil}},
				"aud null and no azp":  {nil, {"aud": null, "azp": nil}},
				"an ID token":          {nil, {"at_hash": "h", "nonce": "n"}},
			},
		},
	}
}

func entraKeys() []object {
	return []object{
		rsaJWK().with(object{"use": "sig", "x5t": kid, "x5c": []string{"MIIC/TCC"}, "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
		rsaJWK().with(object{"kid": "msa", "use": "sig", "issuer": "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}),
	}
}

func entraV1Keys() []object {
	return []object{rsaJWK().with(object{"use": "sig", "x5t": kid, "x5c": []string{"MIIC/TCCAeWgAwIBAgIIUd7j"}})}
}

func entraClaims() object {
	return object{
		"aud": app, "iss": "https://login.microsoftonline.com/" + tenant + "/v2.0", "iat": in(-300 * time.Second), "nbf": in(-300 * time.Second), "exp": in(90 * time.Minute),
		"azp": app, "azpacr": "0", "name": "Ann", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "rh": "I", "roles": []string{"Reader"}, "scp": "access_as_user",
		"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": tenant, "uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0",
	}
}

func googleKeySet() []object {
	return []object{rsaJWK().with(object{"use": "sig", "alg": "RS256"}), rsaJWK().with(object{"kid": "older", "use": "sig", "alg": "RS256"})}
}

// Each function accepts the token and the key set that its provider documents.
func TestProviders(t *testing.T) {
	for _, p := range providers() {
		t.Run(p.name, func(t *testing.T) {
			v := build(t, issuersOf(t, p))
			token := sign(t, p.header, p.claims())
			got, err := v.Verify(t.Context(), token)
			if err != nil {
				t.Fatalf("%v\n%v", err, v.Explain(t.Context(), token))
			}
			if why := v.Explain(t.Context(), token); why != nil {
				t.Errorf("an accepted token has problems: %v", why)
			}
			w := p.want
			if got.Kind != "jwt" || got.Issuer != p.claims()["iss"] || got.Subject != w.Subject || got.ClientID != w.ClientID || got.TokenID != w.TokenID ||
				got.SessionID != w.SessionID || got.ACR != w.ACR || got.Tenant != w.Tenant || !slices.Equal(got.Scopes, w.Scopes) || !slices.Equal(got.Roles, w.Roles) {
				t.Errorf("got  %+v\nwant %+v", got, w)
			}
		})
	}
}

// No function accepts a token of another kind, application, tenant or project that the
// provider signs with the same key.
func TestSiblings(t *testing.T) {
	for _, p := range providers() {
		t.Run(p.name, func(t *testing.T) {
			v := build(t, issuersOf(t, p))
			if len(p.siblings) < 2 {
				t.Error("too few siblings")
			}
			for name, change := range p.siblings {
				token := sign(t, p.header.with(change[0]), p.claims().with(change[1]))
				got, err := v.Verify(t.Context(), token)
				if err == nil {
					t.Errorf("%s is accepted: %+v", name, got)
				} else if why := v.Explain(t.Context(), token); len(why) == 0 {
					t.Errorf("%s: %v, which Explain does not explain", name, err)
				}
			}
		})
	}
}

// No function accepts the token of another provider, even if both providers had one key.
func TestOtherProviders(t *testing.T) {
	all := providers()
	for _, p := range all {
		v := build(t, issuersOf(t, p))
		for _, other := range all {
			claims := other.claims()
			if p.name == other.name || claims["iss"] == p.claims()["iss"] && sameToken(p, other) {
				continue
			}
			if _, err := v.Verify(t.Context(), sign(t, other.header, claims)); err == nil {
				t.Errorf("%s accepts a token of %s", p.name, other.name)
			}
		}
	}
}

// sameToken reports whether two functions are for the same tokens, such as Entra for one tenant
// and for several.
func sameToken(p, other provider) bool {
	return p.want.Subject == other.want.Subject && slices.Equal(p.want.Scopes, other.want.Scopes)
}

// A Verifier takes all providers at once, and the settings of one do not reach another.
func TestAllProvidersTogether(t *testing.T) {
	var issuers []jwtauth.TrustedIssuer
	trusted := map[any]bool{}
	var chosen []provider
	for _, p := range providers() {
		if iss := p.claims()["iss"]; !trusted[iss] {
			trusted[iss] = true
			chosen = append(chosen, p)
		}
	}
	for _, p := range chosen {
		issuers = append(issuers, issuersOf(t, p)...)
	}
	v := build(t, issuers)
	for _, p := range chosen {
		if _, err := v.Verify(t.Context(), sign(t, p.header, p.claims())); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		for name, change := range p.siblings {
			claims := p.claims().with(change[1])
			if claims["iss"] != p.claims()["iss"] && trusted[claims["iss"]] {
				continue // it is a good token of another provider
			}
			if got, err := v.Verify(t.Context(), sign(t, p.header.with(change[0]), claims)); err == nil {
				t.Errorf("%s, %s is accepted: %+v", p.name, name, got)
			}
		}
	}
}

// The rules of Supabase can be replaced, as its documentation says.
func TestSupabaseApplications(t *testing.T) {
	all := providers()
	p := all[slices.IndexFunc(all, func(p provider) bool { return p.name == "Supabase" })]
	issuers := issuersOf(t, p)
	issuers[0].Require[1] = jwtauth.ClaimRule{Claim: "client_id", In: []string{"app-1", "app-2"}, Optional: true}
	v := build(t, issuers)
	for name, tc := range map[string]struct {
		changes object
		ok      bool
	}{
		"our own":                     {nil, true},
		"of an accepted application":  {object{"client_id": "app-2"}, true},
		"of another application":      {object{"client_id": "app-3"}, false},
		"of one with a number":        {object{"client_id": 7}, false},
		"anonymous, of an accepted":   {object{"client_id": "app-1", "is_anonymous": true}, false},
		"of one with an empty string": {object{"client_id": ""}, false},
	} {
		got, err := v.Verify(t.Context(), sign(t, p.header, p.claims().with(tc.changes)))
		if client, _ := tc.changes["client_id"].(string); (err == nil) != tc.ok || tc.ok && got.ClientID != client {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
