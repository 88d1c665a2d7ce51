package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

// readPolicies parses a file of policies. The ID of a policy is its annotation @id, which
// each policy must have, so that a reason in the record names the policy.
func readPolicies(file string, text []byte) (*cedar.PolicySet, error) {
	list, err := cedar.NewPolicyListFromBytes(file, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: there is no policy, so each request would be denied", file)
	}
	var faults []error
	set := cedar.NewPolicySet()
	for _, policy := range list {
		line := policy.Position().Line
		switch id := cedar.PolicyID(policy.Annotations()["id"]); {
		case id == "":
			faults = append(faults, fmt.Errorf("%s:%d: the policy has no @id", file, line))
		case !set.Add(id, policy):
			faults = append(faults, fmt.Errorf("%s:%d: two policies have the ID %s", file, line, id))
		}
	}
	return set, errors.Join(faults...)
}

// A decider asks the policies about one action. Make one for each action: its name is in the
// rule of the record, as decide(notes:share).
type decider struct {
	policies *cedar.PolicySet
	action   string
	resource func(*http.Request) (cedar.Entity, error)
}

// String returns the name for the rule.
func (d decider) String() string { return d.action }

// Decide implements authz.Decider. The reason is the IDs of the policies that decided.
//
// cedar skips a policy that it cannot evaluate. Then a forbid has no effect, and a denial has
// the wrong reason. So each such error is an error of the decision, and the response is 503.
func (d decider) Decide(r *http.Request, p *authn.Principal) (authz.Ruling, error) {
	resource, err := d.resource(r)
	if err != nil {
		return authz.Ruling{}, err
	}
	caller := callerOf(p)
	decision, diagnostic := cedar.Authorize(d.policies, cedar.EntityMap{caller.UID: caller, resource.UID: resource}, cedar.Request{
		Principal: caller.UID,
		Action:    cedar.NewEntityUID("Action", cedar.String(d.action)),
		Resource:  resource.UID,
		Context:   contextOf(r),
	})
	if len(diagnostic.Errors) > 0 {
		var texts []string
		for _, e := range diagnostic.Errors {
			texts = append(texts, e.String())
		}
		slices.Sort(texts) // cedar evaluates the policies in a random order
		return authz.Ruling{}, errors.New(strings.Join(texts, "; "))
	}
	return authz.Ruling{Allow: decision == cedar.Allow, Reason: reasonOf(diagnostic)}, nil
}

func reasonOf(d cedar.Diagnostic) string {
	if len(d.Reasons) == 0 {
		return "no policy permits it"
	}
	var ids []string
	for _, reason := range d.Reasons {
		ids = append(ids, string(reason.PolicyID))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// callerOf returns the entity of p. An entity of cedar has one text as its ID, and an identity
// is two texts. So the ID is the same for all callers, and the identity is two attributes.
//
// An attribute without a value is left out: two empty tenants would be equal. A policy asks
// with "principal has tenant" first. Otherwise a caller without a tenant causes 503.
func callerOf(p *authn.Principal) cedar.Entity {
	attributes := cedar.RecordMap{
		"issuer":  cedar.String(p.Issuer),
		"subject": cedar.String(p.Subject),
		"scopes":  setOf(p.Scopes),
		"roles":   setOf(p.Roles),
	}
	if p.Tenant != "" {
		attributes["tenant"] = cedar.String(p.Tenant)
	}
	return cedar.Entity{UID: cedar.NewEntityUID("Caller", "caller"), Attributes: cedar.NewRecord(attributes)}
}

// contextOf returns the context of r: the address of the client that package clientip found.
func contextOf(r *http.Request) cedar.Record {
	client, ok := clientip.FromContext(r.Context())
	if !ok {
		return cedar.NewRecord(nil)
	}
	return cedar.NewRecord(cedar.RecordMap{"client": cedar.IPAddr(netip.PrefixFrom(client, client.BitLen()))})
}

func setOf(texts []string) cedar.Set {
	values := make([]cedar.Value, 0, len(texts))
	for _, s := range texts {
		values = append(values, cedar.String(s))
	}
	return cedar.NewSet(values...)
}
