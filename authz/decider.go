package authz

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
)

// A Decider decides about requests with means from outside of this package: the policies of
// cedar or casbin, or a service such as OpenFGA. It must be safe for concurrent use.
//
// r has the method, the pattern and the values of the path. Decide must not read the body of
// r, and must return when r.Context() ends. The caller is the pair of p.Issuer and p.Subject.
// Pass them on as two values. A Decider that must join them to one text escapes both: "a:b"
// and "c" are not the same caller as "a" and "b:c". If several routes share the policies, make
// one Decider for each action, so that the rule in the record names the action; see Decide.
//
// An error means that there is no decision: the caller gets ErrUnavailable. After a panic the
// caller gets ErrForbidden. No decision is kept for a later request.
type Decider interface {
	Decide(r *http.Request, p *authn.Principal) (Ruling, error)
}

// A Ruling is the decision of a Decider. The zero Ruling denies.
type Ruling struct {
	Allow bool

	// Reason says why, such as the IDs of the policies. It is for the operators: it is in
	// Decision and in the record of the request. The caller never sees it. Write no text of
	// the request into it. Optional.
	Reason string
}

// Decide requires that d allows the request. Its rule is decide(name), where name is
// d.String() if d is a fmt.Stringer, and otherwise the type of d.
func Decide(d Decider) Requirement { return Requirement{op: opDecide, decider: d} }

// ask returns the verdict of d and keeps its reason.
func (in *query) ask(d Decider) verdict {
	if d == nil {
		return denied // a Requirement that New has not seen
	}
	ruling, err := decide(d, in.request, in.principal)
	switch {
	case err != nil:
		if in.err == nil {
			in.err = err
		}
		return unavailable
	case ruling.Allow:
		in.allowed = ruling.Reason
		return granted
	default:
		in.refused = ruling.Reason
		return denied
	}
}

// decide calls d. A panic is a Ruling that denies.
func decide(d Decider, r *http.Request, p *authn.Principal) (ruling Ruling, err error) {
	defer func() {
		if v := recover(); v != nil {
			ruling, err = Ruling{Reason: fmt.Sprintf("the Decider panicked: %v", v)}, nil
		}
	}()
	return d.Decide(r, p)
}

// deciderName returns the name of d in the rule. A String that panics must not stop New.
func deciderName(d Decider) (name string) {
	name = fmt.Sprintf("%T", d)
	defer func() { _ = recover() }()
	if s, ok := d.(fmt.Stringer); ok {
		return s.String()
	}
	return name
}
