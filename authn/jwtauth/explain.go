package jwtauth

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// A Problem is one reason for which a token is refused.
type Problem struct {
	// Claim is the claim, the header parameter or the part of the token.
	Claim string

	// Found is the value of iss, aud, a date, typ, alg or kid. Of any other claim it is only
	// the JSON type, and the name if it is not in Legacy.Claims. It is "missing" if there is
	// no value.
	Found string

	Wanted  string // the accepted values
	Setting string // the field of Config that would accept the token; "" if there is no such field
}

const missing = "missing"

// String returns the problem as one line.
func (p Problem) String() string {
	s := p.Claim + ": found " + p.Found
	if p.Found == missing {
		s = p.Claim + " is missing"
	}
	s += ", wanted " + p.Wanted
	if p.Setting != "" {
		s += " (" + p.Setting + ")"
	}
	return s
}

// Explain returns everything that is wrong with a token, nil if Verify accepts it. It is for
// developers and for the log at debug level: never put it into a response, because it would
// tell an attacker how close a guess was. After a wrong signature Explain also checks the
// claims, so the problems of the claims may be those of a forged token. Explain calls the source
// of keys as Verify does. It calls neither Config.Revoked nor Config.Confirm: it has no request, so
// each token that is bound to a key has a problem with cnf, as for Verify. If the issuer of the token is
// unknown, Explain checks only the header and iss, because each issuer has its own settings.
func (v *verifier) Explain(ctx context.Context, token string) []Problem {
	x := explanation{seen: map[*refusal]bool{}}
	if len(token) > v.maxToken {
		x.add(refuseSize, fmt.Sprintf("%d bytes", len(token)))
		return x.problems
	}
	t, err := splitToken(token)
	if err != nil {
		return x.addError("token", err)
	}
	header, headerOK := x.explainHeader(v, t)
	payload, signature, err := t.decode()
	if err != nil {
		return x.addError("token", err)
	}
	claims := string(payload)
	ti := v.single
	var iss string
	if ti != nil {
		iss = ti.iss
	} else if ti, iss, err = v.selectIssuer(claims); err != nil {
		return x.explainIssuer(v, claims, err)
	}
	if headerOK {
		x.explainKey(ctx, v, ti, iss, t, header, signature, len(token))
	}
	x.explainClaims(ctx, v, ti, iss, claims)
	return x.problems
}

// An explanation collects problems, each refusal once.
type explanation struct {
	problems []Problem
	seen     map[*refusal]bool
}

func (x *explanation) add(why *refusal, found string) {
	if !x.seen[why] {
		x.seen[why] = true
		x.problems = append(x.problems, Problem{why.claim, found, why.wanted, why.setting})
	}
}

// addError adds err, the reason why a part of the token is not well-formed. part names that
// part. Such an error contains no text of the token.
func (x *explanation) addError(part string, err error) []Problem {
	for _, why := range formRefusals {
		if why.err == err {
			x.add(why, "another form")
			return x.problems
		}
	}
	found := "another form"
	for fault, refusal := range refuseJSON {
		if refusal == err {
			found = fault.Error()
		}
	}
	x.problems = append(x.problems, Problem{Claim: part, Found: found, Wanted: "one strict JSON object"})
	return x.problems
}

// explainHeader returns the header. ok is false if it cannot be read.
func (x *explanation) explainHeader(v *verifier, t token) (k knownHeader, ok bool) {
	text, err := t.decodeHeader(v.maxHeader)
	if err == nil {
		k, err = readHeader(text)
	}
	if err != nil {
		x.addError("header", err)
	}
	return k, err == nil
}

// explainIssuer adds the problem of a token for which selectIssuer returned err.
func (x *explanation) explainIssuer(v *verifier, claims string, err error) []Problem {
	if err != v.refuse.err {
		return x.addError("claims", err)
	}
	var raw [1]string
	_ = issuerIndex.Collect(claims, claimRules, raw[:]) // selectIssuer has already collected iss without an error
	x.add(v.refuse, describeValue(claim.Iss, raw[0]))
	return x.problems
}

// explainKey adds the problems of the header, of the key and of the signature.
func (x *explanation) explainKey(
	ctx context.Context, v *verifier, ti *trustedIssuer, iss string, t token, h knownHeader, signature []byte, size int,
) {
	if !ti.acceptsType(&h) {
		found := quoted(h.typ)
		if h.badType {
			found = "another form"
		}
		x.add(ti.refuse.typ, found)
	}
	if size > ti.maxToken {
		x.add(ti.refuse.tokenSize, fmt.Sprintf("%d bytes", size))
	}
	if h.size > ti.maxHeader {
		x.add(ti.refuse.headerSize, fmt.Sprintf("%d bytes", h.size))
	}
	if !v.acceptsAlg(h.alg) || !ti.ofFamily(h.alg) {
		x.add(refuseUnknownAlg, quoted(h.alg))
		return
	}
	switch _, why, err := ti.signingKey(ctx, iss, &h, t.signingInput, signature); {
	case err != nil:
		x.problems = append(x.problems, Problem{"kid", err.Error(), "an answer of the source of keys", settingPath(ti.at, "Keys")})
	case why == refuseSignature:
		x.add(why, "another signature")
	case why == refuseAlgorithm:
		x.add(why, quoted(h.alg))
	case why != nil:
		x.add(why, quoted(h.kid))
	}
}

// explainClaims adds the problems of the claims.
func (x *explanation) explainClaims(ctx context.Context, v *verifier, ti *trustedIssuer, iss, claims string) {
	var raw rawClaims
	err := ti.collect(claims, &raw)
	if ti.legacy != nil && err == ti.refuse.unlisted.err {
		x.add(ti.refuse.unlisted, ti.unlistedNames(claims))
		lenient := *ti // to explain the listed claims too
		lenient.rules.Closed, raw = false, rawClaims{}
		err = lenient.collect(claims, &raw)
	}
	if err != nil {
		x.addError("claims", err)
		return
	}
	out := reading{principal: v.newPrincipal(), all: true}
	ti.read(iss, &raw, &out)
	for _, why := range out.refusals {
		x.add(why, ti.describeFound(why, &raw))
	}
	if out.bound != nil {
		x.add(refuseProof, describeValue(claim.Cnf, raw[claim.Cnf]))
	}
	x.explainTimes(ti, out.times, &raw)
	if v.decodeClaims == nil {
		return
	}
	if err := v.decodeClaims(out.principal, claims); err != nil {
		if err == v.refuseSchema.err {
			x.add(v.refuseSchema, "claims of other types")
		} else {
			x.addError("claims", err)
		}
		return
	}
	// The error of Validate may quote the token.
	if v.validateClaims != nil && v.validateClaims(ctx, out.principal) != nil {
		x.add(refuseValidate, "other values")
	}
}

// explainTimes adds every problem of the dates. It replaces each refused date with an
// accepted date, and checks all dates again.
func (x *explanation) explainTimes(ti *trustedIssuer, ts times, raw *rawClaims) {
	now := time.Now()
	hasExp := !ts.exp.IsZero()
	if !hasExp {
		ts.exp = now.Add(time.Second)
	}
	acceptedIat := func() time.Time {
		if iat := ts.exp.Add(-time.Second); iat.Before(now) {
			return iat
		}
		return now
	}
	if ts.iat.IsZero() && ti.legacy == nil {
		ts.iat = acceptedIat()
	}
	for range 8 { // checkTimes has 8 cases
		why, aboutExp := ti.checkTimes(&ts, now), true
		switch {
		case why == nil:
			return
		case why == ti.refuse.issuedAt:
			ts.iat, aboutExp = acceptedIat(), false
		case why == ti.refuse.notBefore:
			ts.nbf, aboutExp = time.Time{}, false
		case why == ti.refuse.authTime:
			ts.authTime, aboutExp = time.Time{}, false
		case why == ti.refuse.lifetime && ti.legacy != nil:
			ts.exp = now.Add(time.Second)
		case why == ti.refuse.lifetime || why == ti.refuse.expBeforeIat:
			ts.iat = acceptedIat()
		case why == ti.refuse.ended && !now.Before(ts.exp.Add(ti.leeway)):
			x.add(expired, ti.describeFound(expired, raw))
		}
		if hasExp || !aboutExp { // read has already refused a missing exp
			x.add(why, ti.describeFound(why, raw))
		}
	}
}

// unlistedNames returns the claims of a legacy token that Legacy.Claims does not have.
func (ti *trustedIssuer) unlistedNames(claims string) string {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(claims), &all) != nil {
		return "another claim"
	}
	for slot, name := range ti.index.Names() {
		if !slices.Contains(ti.unlisted, slot) {
			delete(all, name)
		}
	}
	return listNames(slices.Sorted(maps.Keys(all)))
}

// listNames returns up to 8 names of claims.
func listNames(names []string) string {
	const most = 8
	more := ""
	if len(names) > most {
		names, more = names[:most], " and more"
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quoted(name)
	}
	return strings.Join(all, ", ") + more
}

// describeFound describes the value of the claim that a refusal is about.
func (ti *trustedIssuer) describeFound(why *refusal, raw *rawClaims) string {
	if why == ti.refuse.kind {
		all := make([]string, len(ti.kind))
		for i := range ti.kind {
			all[i] = ti.kind[i].name + " " + describeClaim(&ti.kind[i].claimRef, raw)
		}
		return strings.Join(all, ", ")
	}
	if why == ti.refuse.unlisted {
		var names []string
		for _, slot := range ti.unlisted {
			if raw[slot] != "" {
				names = append(names, ti.index.Names()[slot])
			}
		}
		return listNames(names)
	}
	for i := range ti.require {
		if ti.require[i].refuse == why {
			return describeClaim(&ti.require[i].claimRef, raw)
		}
	}
	for _, c := range [...]*claimRef{&ti.subject, &ti.client, &ti.tenant} {
		if c.slot > 0 && c.name == why.claim {
			return describeClaim(c, raw)
		}
	}
	for slot, name := range ti.index.Names() {
		if name == why.claim {
			return describeValue(slot, raw[slot])
		}
	}
	return "another claim"
}

// describeClaim describes the value of a claim, which may be inside an object.
func describeClaim(c *claimRef, raw *rawClaims) string {
	value, ok := c.value(raw)
	if !ok {
		return "another form"
	}
	return describeValue(c.slot, value)
}

// describeValue describes the value of the claim at slot.
func describeValue(slot int, value string) string {
	switch slot {
	case claim.Iss, claim.Aud:
		if value != "" {
			return fmt.Sprintf("%.200s", value)
		}
	case claim.Exp, claim.Iat, claim.Nbf, claim.AuthTime:
		if date, ok := strictjson.Date(value); ok {
			return date.Format(time.RFC3339)
		}
	}
	return jsonType(value)
}

// jsonType names the type of a JSON value.
func jsonType(raw string) string {
	if raw == "" {
		return missing
	}
	switch raw[0] {
	case '"':
		return "a string"
	case '[':
		return "an array"
	case '{':
		return "an object"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// quoted returns a header parameter in quotes, or missing.
func quoted(s string) string {
	if s == "" {
		return missing
	}
	return fmt.Sprintf("%.64q", s)
}
