package jwtauth

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// NoClaims is the C of a Verifier that reads no claims beyond those of
// authn.Principal.
type NoClaims struct{}

// Token is what a Verifier found in a token. It is shared by everything that
// runs for a request, and with Config.Cache by all requests with the token: do
// not change it.
type Token[C any] struct {
	*authn.Principal
	Claims C

	by *verifier
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. Those of the keys in a source of package jwks are among
// them.
func New(cfg Config) (*Verifier[NoClaims], error) { return NewTyped[NoClaims](cfg) }

// NewTyped is New for a Verifier that also decodes the claims into C, a struct,
// by the rules of encoding/json, after all that can be wrong with a token has
// been looked at. A token whose claims do not decode is refused (ErrClaims).
// Token returns the result.
//
// A member that differs from the name of a field of C by case only is refused,
// as one of a registered claim is, at whatever depth encoding/json would have
// taken it for the field: so write the names as the issuer does, with json tags.
// What a type with an UnmarshalJSON or UnmarshalText of its own makes of names
// is its own affair.
//
// If C or *C has a method Validate(context.Context) error, it judges the claims
// of each request, with the context of the request, also those of a token that
// is remembered, and then of several requests at once: it must not change them.
// Its error refuses the token, with ErrClaims and the error as the causes, which
// end up in the log.
//
// It is a fault if C is no struct, has a field that cannot be decoded, names two
// fields alike, beyond printable ASCII, or as a registered claim but for the
// case, or gives a registered claim a type that does not hold it.
func NewTyped[C any](cfg Config) (*Verifier[C], error) {
	v := &Verifier[C]{}
	f := httperr.ConfigFaults{Package: "jwtauth"}
	v.compile(&f, cfg)
	root := compileSchema(&f, reflect.TypeFor[C](), v.claims.Names())
	if err := f.Err(); err != nil {
		return nil, err
	}
	v.blank = func() *authn.Principal {
		b := new(struct {
			principal authn.Principal
			token     Token[C]
		})
		b.token.Principal, b.token.by = &b.principal, &v.verifier
		b.principal.Detail = &b.token
		return &b.principal
	}
	if _, none := any(v).(*Verifier[NoClaims]); none {
		return v, nil
	}
	refuse := refusal(ErrClaims, fmt.Sprintf("the claims do not decode into %v", reflect.TypeFor[C]()))
	v.decode = func(p *authn.Principal, claims string) error {
		if !root.Fits(claims) {
			return refuseField
		}
		if json.Unmarshal([]byte(claims), &p.Detail.(*Token[C]).Claims) != nil {
			return refuse // its own error may quote the token
		}
		return nil
	}
	if _, ok := any((*C)(nil)).(validator); ok {
		v.validate = func(ctx context.Context, p *authn.Principal) error {
			if err := any(&p.Detail.(*Token[C]).Claims).(validator).Validate(ctx); err != nil {
				return authn.ErrInvalid.With(fmt.Errorf("%w: %w", ErrClaims, err))
			}
			return nil
		}
	}
	return v, nil
}

type validator interface {
	Validate(ctx context.Context) error
}

// Token returns the token of the request that ctx belongs to, or that was put
// into ctx with authn.NewContext. It is false if there is none, and if it was
// not this Verifier that vouched for it.
func (v *Verifier[C]) Token(ctx context.Context) (*Token[C], bool) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, false
	}
	t, ok := p.Detail.(*Token[C])
	if !ok || t.by != &v.verifier {
		return nil, false
	}
	return t, true
}
