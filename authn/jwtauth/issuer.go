package jwtauth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A TrustedIssuer is an issuer whose tokens a Verifier accepts. With only Issuer, Audience
// and Keys set it accepts the access tokens of RFC 9068. Each further setting adapts to an
// issuer that does otherwise, or demands more; the price of a setting that accepts more is
// written beside it. Package idp has the settings of well-known identity providers.
type TrustedIssuer struct {
	// Issuer is the iss of accepted tokens. It is compared exactly: a slash at the end
	// counts. With Tenants or DangerouslyAnyTenant it contains {tenantid} once, in its
	// path. Required.
	Issuer string

	// Keys is the source of the keys of Issuer. Required.
	Keys jwks.Source

	// Audience lists the names of this service. A token is accepted if its aud is one of
	// them, or has one of them as a member, compared exactly. Required: without it, this
	// service would accept a token that a user gave to any other service of the issuer
	// (RFC 8725, section 3.9).
	Audience []string

	// AudienceFallback is the claim that is compared with Audience if the token has no aud,
	// such as "client_id" (Amazon Cognito) or "azp" (Clerk). A token with aud is never
	// accepted by this claim: otherwise a token that our client got for another service
	// would be accepted here. The price: an issuer that writes no aud has one token of a client
	// for all services, and each of them can use it here. Default: none, aud is required.
	AudienceFallback string

	// Clients lists the client IDs whose tokens are accepted, compared with ClientClaim. It
	// is a check in addition to Audience. Default: every client of the issuer.
	Clients []string

	// Types are the accepted values of typ, without "application/"; the case does not
	// matter. "" accepts a token without typ. Default: "at+jwt" alone (RFC 9068, section 4),
	// which refuses ID tokens, logout tokens and other kinds of token of the same issuer.
	// Any other type needs Kind, because other kinds of token have it too.
	Types []string

	// Kind tells the access tokens of the issuer from its other tokens, where typ does not: a
	// token is accepted only if it meets at least one of these rules. Use a claim that states
	// the kind, such as token_use with the value access, or a claim that only access tokens
	// of the issuer have, such as scp.
	Kind []ClaimRule

	// DangerouslyAnyKind accepts Types other than at+jwt without Kind. Any token of the
	// issuer for this Audience is then an access token: an ID token, and the link in an
	// e-mail if the issuer makes it a JWT.
	DangerouslyAnyKind bool

	// IDTokens accepts ID tokens in the place of access tokens, for an issuer whose access
	// tokens are not JWTs for this service, such as Google and Firebase. An ID token is made
	// for the client that logs a user in: Audience must be the client ID of this
	// application alone. Default: a token with nonce, at_hash or c_hash is refused, because
	// only ID tokens have these, and so is one whose type, typ or token_use is id or id_token.
	// Refresh tokens and tokens with events are refused all the same.
	IDTokens bool

	// Require are further rules, which a token must all meet.
	Require []ClaimRule

	// OptionalTokenID accepts tokens without jti. Config.Revoked then cannot revoke a single
	// one of them. A jti that cannot be read leaves Principal.TokenID empty, and refuses the
	// token only if Config.Revoked is set. Default: jti is required (RFC 9068, section 2.2).
	OptionalTokenID bool

	// ScopeClaim is the claim that fills Principal.Scopes: a string with spaces between the
	// scopes, or an array of strings. Default: "scope" (RFC 9068, section 2.2.3).
	//
	// The names of this field and of the next three may be paths: "realm_access.roles" is the
	// member roles of the claim realm_access. A name with "://" is never a path. A JSON
	// Pointer such as "/resource_access/my.client/roles" is for names with dots. A claim of
	// another form than expected leaves the field of the Principal empty, and the record of
	// the request has the event claims.unread. So does a claim of null, without the event.
	ScopeClaim string

	// RolesClaim is the claim that fills Principal.Roles: an array of strings, or one string
	// for one role. Default: no roles are read. RFC 9068 calls it "roles".
	RolesClaim string

	// TenantClaim is the claim that fills Principal.Tenant, a string. Default: no tenant is
	// read; with Tenants or DangerouslyAnyTenant it is "tid".
	TenantClaim string

	// ClientClaim is the claim that fills Principal.ClientID, a string. Default: "client_id".
	// Other names in use are "azp", "cid" and "appid".
	ClientClaim string

	// Tenants are the accepted values of {tenantid} in Issuer, in the form of a UUID in lower
	// case. After the signature is verified, TenantClaim must have the same value.
	Tenants []string

	// DangerouslyAnyTenant accepts every value of {tenantid}: everybody who has a tenant at
	// the issuer, which anybody can get, is a user of this service. Check Principal.Tenant in
	// each handler.
	DangerouslyAnyTenant bool

	// Leeway is the accepted difference to the clock of the issuer, up to 1 min. Default: 5 s.
	// A negative Leeway is none.
	Leeway time.Duration

	// MaxLifetime is the longest accepted time from iat to exp, up to 24 h; Leeway is added.
	// Default: 1 h. It bounds the harm that a stolen token or a wrongly configured issuer
	// can do. Without Config.Revoked nothing else ends a token before its exp.
	MaxLifetime time.Duration

	// DangerouslyLongLived accepts a MaxLifetime of more than 24 h, for an issuer that
	// cannot issue shorter tokens. A stolen token is then valid for that time.
	DangerouslyLongLived bool

	// MaxToken and MaxHeader are the longest accepted token and the longest accepted header,
	// in bytes. Defaults: 8 KiB for the token and 4 KiB for the decoded header, at most 64 KiB
	// each. Raise MaxToken for an issuer that writes long lists into its tokens, such as the
	// groups of a user. The work on an unsigned token grows with its size, also if it names
	// another issuer of the same Verifier.
	MaxToken, MaxHeader int
}

const (
	defaultLifetime = time.Hour
	maxLifetime     = 24 * time.Hour
	defaultLeeway   = 5 * time.Second
	defaultHeader   = 4 << 10
	maxSize         = 64 << 10
)

// A trustedIssuer is a compiled TrustedIssuer, or the compiled Legacy.
type trustedIssuer struct {
	at         string // the path of its settings in Config, for the log
	iss        string
	hasTenants bool // iss contains claim.TenantMark
	tenants    []string
	keys       jwks.Source
	secrets    bool // the keys are shared secrets
	audience   []string
	types      []string

	index       *strictjson.Index
	strictNames []string // the claims whose case variants refuse a token; nil for Legacy, which refuses all variants
	rules       strictjson.Rules
	subject     claimRef
	fallback    claimRef
	client      claimRef
	clients     []string
	scope       claimRef
	roles       claimRef
	tenant      claimRef
	kind        []claimRule
	require     []claimRule

	readsDetails bool // C has a field for authorization_details
	confirms     bool // Config.Confirm checks cnf

	idTokens    bool
	logout      bool // the tokens are logout tokens
	needTokenID bool
	strictIDs   bool // Config.Revoked decides by jti and sid

	leeway      time.Duration
	maxLifetime time.Duration
	maxToken    int
	maxHeader   int
	legacy      *Legacy // nil: a TrustedIssuer
	legacyKeys  []jwa.Key
	unlisted    []int // the slots of the registered claims that a legacy token must not have

	refuse refusals
}

// compileIssuer compiles t, and adds its faults with at in front of their fields.
func compileIssuer(f *httperr.ConfigFaults, at string, t *TrustedIssuer, revoked bool) *trustedIssuer {
	ti := &trustedIssuer{
		at:          at,
		iss:         t.Issuer,
		tenants:     slices.Clone(t.Tenants),
		keys:        t.Keys,
		audience:    slices.Clone(t.Audience),
		types:       slices.Clone(t.Types),
		clients:     slices.Clone(t.Clients),
		rules:       claimRules,
		idTokens:    t.IDTokens,
		needTokenID: !t.OptionalTokenID,
		strictIDs:   revoked,
		leeway:      max(0, cmp.Or(t.Leeway, defaultLeeway)),
		maxLifetime: cmp.Or(t.MaxLifetime, defaultLifetime),
		maxToken:    cmp.Or(t.MaxToken, claim.MaxToken),
		maxHeader:   cmp.Or(t.MaxHeader, defaultHeader),
	}
	if len(ti.types) == 0 {
		ti.types = []string{claim.DefaultType}
	}
	checkIssuer(f, at+"Issuer", t.Issuer)
	ti.checkTenants(f, t)
	_, ti.secrets = checkKeys(f, at+"Keys", t.Keys)
	checkList(f, at+"Audience", t.Audience)
	if len(t.Audience) == 0 {
		f.Add(at+"Audience", nil, "is empty", "set it to the aud that your issuer gives tokens for this service")
	}
	checkList(f, at+"Clients", t.Clients)
	ti.checkTypes(f, t)
	checkBounds(f, at, t)
	ti.compileClaims(f, t)
	ti.refuse = ti.buildRefusals()
	return ti
}

// compileClaims sets the claims that ti reads.
func (ti *trustedIssuer) compileClaims(f *httperr.ConfigFaults, t *TrustedIssuer) {
	n := newNames(f, ti.at)
	ti.subject = claimRef{slot: claim.Sub}
	ti.fallback = n.decides("AudienceFallback", t.AudienceFallback)
	if len(t.Clients) > 0 {
		ti.client = n.decides("ClientClaim", cmp.Or(t.ClientClaim, claim.DefaultClient))
	} else {
		ti.client = n.informs("ClientClaim", cmp.Or(t.ClientClaim, claim.DefaultClient))
	}
	ti.scope = n.informs("ScopeClaim", cmp.Or(t.ScopeClaim, claim.DefaultScope))
	ti.roles = n.informs("RolesClaim", t.RolesClaim)
	if ti.hasTenants {
		ti.tenant = n.decides("TenantClaim", cmp.Or(t.TenantClaim, "tid"))
	} else {
		ti.tenant = n.informs("TenantClaim", t.TenantClaim)
	}
	ti.kind = n.compileRules("Kind", t.Kind)
	ti.require = n.compileRules("Require", t.Require)
	ti.index, ti.strictNames = n.index(ti.strictIDs)
}

func checkIssuer(f *httperr.ConfigFaults, fieldName, iss string) {
	switch {
	case iss == "":
		f.Add(fieldName, nil, "is empty", "set it to the iss of your issuer's tokens")
	case !claim.Printable(iss):
		f.Add(fieldName, iss, "has a space, a control character or invalid UTF-8", "write it exactly as in the iss of a token")
	}
}

// checkList checks values that are compared with claims.
func checkList(f *httperr.ConfigFaults, fieldName string, values []string) {
	for i, s := range values {
		if !claim.Printable(s) {
			f.Add(fmt.Sprintf("%s[%d]", fieldName, i), s, "is empty, or has a space, a control character or invalid UTF-8",
				"write it exactly as in the claim of a token, one entry for each name")
		}
	}
}

func (ti *trustedIssuer) checkTypes(f *httperr.ConfigFaults, t *TrustedIssuer) {
	onlyAccess := true
	for i, typ := range t.Types {
		onlyAccess = onlyAccess && field.EqualFold(typ, claim.DefaultType)
		if typ != "" && !field.Token(typ) {
			f.Add(fmt.Sprintf("%sTypes[%d]", ti.at, i), typ, "is not a media type without its application/",
				`use "at+jwt", "JWT", or "" for a token without typ`)
		}
	}
	if !onlyAccess && len(t.Kind) == 0 && !t.DangerouslyAnyKind {
		f.Add(ti.at+"Kind", nil, "is empty, and tokens of other kinds have these Types too",
			"name a claim that only access tokens of this issuer have, as the functions of package idp do, or set DangerouslyAnyKind")
	}
}

func checkBounds(f *httperr.ConfigFaults, at string, t *TrustedIssuer) {
	if t.Leeway > claim.MaxLeeway {
		f.Add(at+"Leeway", t.Leeway, "is more than 1m0s", "write at most 1m; keep the clocks by NTP")
	}
	switch {
	case t.MaxLifetime < 0:
		f.Add(at+"MaxLifetime", t.MaxLifetime, "is negative", "use a positive duration, or 0 for 1h0m0s")
	case t.MaxLifetime > maxLifetime && !t.DangerouslyLongLived:
		f.Add(at+"MaxLifetime", t.MaxLifetime, "a stolen token is good for as long, and cannot be revoked",
			"write at most 24h and let clients renew their tokens, or set DangerouslyLongLived")
	}
	for _, size := range [...]struct {
		name  string
		bytes int
	}{{"MaxToken", t.MaxToken}, {"MaxHeader", t.MaxHeader}} {
		if size.bytes < 0 || size.bytes > maxSize {
			f.Add(at+size.name, size.bytes, "is not between 0 and 65536", "write a number of bytes, or 0 for the default")
		}
	}
}

// checkKeys adds the faults of source, and the faults of its keys if it is a source of
// package jwks. It reports whether these keys are shared secrets, and their number.
func checkKeys(f *httperr.ConfigFaults, fieldName string, source jwks.Source) (n int, secrets bool) {
	if nilcheck.Nil(source) {
		f.Add(fieldName, nil, "is nil", "use jwks.Remote, jwks.File or jwks.Static, or check the error of the function that returned it")
		return 0, false
	}
	c, ok := source.(jwa.Checker)
	if !ok {
		return 0, false
	}
	check, before := c.SelfCheck(), f.Len()
	f.AddAll("", check.Err())
	for _, err := range f.All()[before:] {
		e := err.(*httperr.ConfigError)
		e.Field = fieldName + strings.TrimPrefix(e.Field, "Keys") // the fields of a source begin with Keys
	}
	return check.Secrets()
}
