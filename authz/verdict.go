package authz

import (
	"net/http"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
)

// verdict is the result of evaluating a requirement for a principal. The order of the
// values matters: the verdict of All is the least verdict of its parts, the verdict of
// Any is the greatest, and the response tells the caller that verdict.
//
// A verdict for a refusal that the caller can remedy is between denied and needsScopes. It
// is greater than denied, so that All returns denied if another part has no remedy. It is
// less than needsScopes, which says that more scopes alone would suffice: All must not
// return it while something else is missing.
//
// A verdict for a part without an answer is between needsScopes and granted. A part that
// refuses decides All without that answer, and a part that grants decides Any without it.
type verdict uint8

const (
	denied      verdict = iota // refused, with any scopes
	needsLogin                 // refused, but granted after a new or a stronger login
	needsScopes                // refused, but granted with more scopes
	unavailable                // a Decider has failed
	misplaced                  // the address of the client is unknown: clientip is missing
	granted                    // the requirement is met
)

// A query is the input of evaluate, and the answers of the Deciders that it asked.
type query struct {
	request   *http.Request
	principal *authn.Principal

	allowed string // reason of the last Ruling that allowed
	refused string // reason of the last Ruling that did not
	err     error  // first error of a Decider
}

// evaluate runs for every request and must not allocate. An All or Any without parts
// is denied.
func (q *Requirement) evaluate(in *query) verdict {
	p := in.principal
	switch q.op {
	case opScopes:
		met := len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasScope(s) })
		return grantIf(met, needsScopes)
	case opAnyScope:
		return grantIf(slices.ContainsFunc(q.names, p.HasScope), needsScopes)
	case opAllRoles:
		met := len(q.names) > 0 && !slices.ContainsFunc(q.names, func(s string) bool { return !p.HasRole(s) })
		return grantIf(met, denied)
	case opAnyRole:
		return grantIf(slices.ContainsFunc(q.names, p.HasRole), denied)
	case opTenant:
		return grantIf(p.Tenant != "" && slices.Contains(q.names, p.Tenant), denied)
	case opIPAllow:
		return q.evaluateAddress(in.request)
	case opFresh:
		return grantIf(isFresh(p.AuthTime, q.maxAge), needsLogin)
	case opACR:
		return grantIf(p.ACR != "" && slices.Contains(q.names, p.ACR), needsLogin)
	case opDecide:
		return in.ask(q.decider)
	case opAll:
		return q.evaluateAll(in)
	case opAny:
		return q.evaluateAny(in)
	default:
		return denied
	}
}

func (q *Requirement) evaluateAll(in *query) verdict {
	v := granted
	for i := range q.parts {
		if v == denied {
			return v
		}
		// The caller is refused in any case. A question to another service would cost
		// time, and a caller without rights could ask as many as it likes.
		if v < unavailable && q.parts[i].asks() {
			continue
		}
		v = min(v, q.parts[i].evaluate(in))
	}
	if len(q.parts) == 0 {
		return denied
	}
	return v
}

func (q *Requirement) evaluateAny(in *query) verdict {
	v := denied
	for i := range q.parts {
		if v = max(v, q.parts[i].evaluate(in)); v == granted {
			break
		}
	}
	return v
}

// asks reports whether q has a Decider.
func (q *Requirement) asks() bool {
	if q.op == opDecide {
		return true
	}
	for i := range q.parts {
		if q.parts[i].asks() {
			return true
		}
	}
	return false
}

// grantIf returns granted if the requirement is met, and otherwise the verdict unmet.
func grantIf(met bool, unmet verdict) verdict {
	if met {
		return granted
	}
	return unmet
}
