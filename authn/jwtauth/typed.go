package jwtauth

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwtauth/internal/typedclaims"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// NoClaims is the C of a Verifier that reads only the claims of authn.Principal.
type NoClaims struct{}

// Token is the decoded form of a verified token. All code that runs for a request shares
// it, and with Config.Cache all requests with the token share it. Do not change it.
type Token[C any] struct {
	*authn.Principal
	Claims C

	verifier *verifier
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. They include the faults of the keys in a source of package jwks.
func New(cfg Config) (*Verifier[NoClaims], error) { return NewTyped[NoClaims](cfg) }

// NewTyped is New for a Verifier that also decodes the claims into C, a struct, by the
// rules of encoding/json. Only Validate and Config.Revoked run after that. A token whose
// claims do not decode is refused (ErrClaims). The method Token returns the result.
//
// A member whose name differs from the name of a field of C by case only is refused, like
// such a variant of a claim that decides. This holds at every depth at which encoding/json
// would decode the member into the field. So give the fields json tags with exactly the
// names that the issuer writes. A type with its own UnmarshalJSON or UnmarshalText reads
// names by its own rules.
//
// A token with authorization_details (RFC 9396) is refused, unless C has a field with that
// name: what the token permits is in this claim, and a service that does not read it would
// permit more. Check its values in Validate or in authz.
//
// If C or *C has a method Validate(context.Context) error, the Verifier calls it for each
// request, with the context of the request, also for a token in the cache. Several
// requests may then call it at once on the same claims, so it must not change them. Its
// error refuses the token, with ErrClaims and the error as the causes, which end up in
// the log.
//
// It is a fault if C is no struct or has a field that cannot be decoded. It is also a
// fault if the names of two fields are equal or differ by case only, if a name has
// characters other than printable ASCII, or if it differs by case only from a claim that
// decides or that a setting names. NewTyped does not check whether the type of a field can hold the values of
// its claim: if it cannot, each token is refused.
func NewTyped[C any](cfg Config) (*Verifier[C], error) {
	return newVerifier[C](func(v *verifier, f *httperr.ConfigFaults) { v.compile(f, cfg) })
}

// newVerifier returns a Verifier. compile sets the fields that do not depend on C, and adds
// the faults of the configuration.
func newVerifier[C any](compile func(*verifier, *httperr.ConfigFaults)) (*Verifier[C], error) {
	v := &Verifier[C]{}
	f := httperr.ConfigFaults{Package: "jwtauth"}
	compile(&v.verifier, &f)
	schema := typedclaims.Compile(&f, reflect.TypeFor[C](), v.namesRead())
	if err := f.Err(); err != nil {
		return nil, err
	}
	for _, ti := range v.issuers {
		ti.readsDetails = schema.Has(claim.Registered[claim.AuthorizationDetails])
	}
	v.newPrincipal = func() *authn.Principal {
		b := new(struct {
			principal authn.Principal
			token     Token[C]
		})
		b.token.Principal, b.token.verifier = &b.principal, &v.verifier
		b.principal.Detail = &b.token
		return &b.principal
	}
	if _, noClaims := any(v).(*Verifier[NoClaims]); noClaims {
		return v, nil
	}
	v.refuseSchema = newRefusal(ErrClaims, "the set of claims", fmt.Sprintf("one that decodes into %v", reflect.TypeFor[C]()), "")
	v.decodeClaims = func(p *authn.Principal, claims string) error {
		switch err := schema.Decode(claims, &p.Detail.(*Token[C]).Claims); err {
		case nil:
			return nil
		case typedclaims.ErrName:
			return refuseFieldVariant.err
		}
		return v.refuseSchema.err
	}
	if _, ok := any((*C)(nil)).(typedclaims.Validator); ok {
		v.validateClaims = func(ctx context.Context, p *authn.Principal) error {
			if err := any(&p.Detail.(*Token[C]).Claims).(typedclaims.Validator).Validate(ctx); err != nil {
				return authn.ErrInvalid.With(fmt.Errorf("%w: %w", ErrClaims, err))
			}
			return nil
		}
	}
	return v, nil
}

// Token returns the verified token of the request that ctx belongs to, or of the
// principal that authn.NewContext put into ctx. It returns false if ctx has no principal,
// or if another Verifier verified the token.
func (v *Verifier[C]) Token(ctx context.Context) (*Token[C], bool) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, false
	}
	t, ok := p.Detail.(*Token[C])
	if !ok || t.verifier != &v.verifier {
		return nil, false
	}
	return t, true
}

// namesRead returns the claims that decide, and those that a setting names. A field of C
// whose name differs from one of them by case only would refuse each token with that claim.
func (v *verifier) namesRead() []string {
	names := slices.Clone(claim.Registered[:claim.Sid])
	for _, ti := range append(v.issuers, v.legacy) {
		if ti != nil {
			names = append(append(names, ti.strictNames...), ti.index.Names()[claim.Count:]...)
		}
	}
	return names
}
