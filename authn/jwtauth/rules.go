package jwtauth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A ClaimRule is a condition on one claim. Without In and NotIn, the claim must be present and
// not empty. With them, its value is a string, a boolean or an integer, or an array of
// strings.
type ClaimRule struct {
	// Claim is the name of the claim, or a path as in TrustedIssuer.ScopeClaim.
	Claim string

	// In are the accepted values: the claim is one of them, or an array with one of them.
	// Booleans are "true" and "false", integers are written in decimal. Default: every value.
	In []string

	// NotIn are the refused values. A claim in a form that cannot be compared is refused too.
	NotIn []string

	// Optional accepts a token without the claim, or with null. A path through a value that
	// is not an object is refused all the same.
	Optional bool

	// Absent refuses a token that has the claim with any value but null. It stands alone.
	Absent bool
}

// maxClaims is the most claims that the rules and names of one issuer can use, in addition
// to the registered claims.
const maxClaims = 14

// A rawClaims has the values of the claims of a token, by their slots: first the claims of
// package claim, then the claims that the settings name.
type rawClaims [claim.Count + maxClaims]string

// A claimRef is a claim, or a member of an object in a claim. The zero claimRef is no claim:
// the claim at slot 0 is iss, which no setting names.
type claimRef struct {
	name string
	slot int
	path []*strictjson.Index // one for each object around the value
}

// value returns the value of the claim in its JSON text, "" if it is absent or null. ok is
// false if the path leads through a value that is not an object, or, for a claim that
// decides, past a case variant of a name.
func (c *claimRef) value(raw *rawClaims) (v string, ok bool) {
	if c.slot == 0 {
		return "", true
	}
	v = raw[c.slot]
	for _, inner := range c.path {
		if v == "" || v == "null" {
			return "", true
		}
		var one [1]string
		if v[0] != '{' || inner.Collect(v, claimRules, one[:]) != nil {
			return "", false
		}
		v = one[0]
	}
	if v == "null" {
		return "", true
	}
	return v, true
}

// A claimRule is a compiled ClaimRule.
type claimRule struct {
	claimRef
	in, notIn []string
	optional  bool
	absent    bool
	refuse    *refusal
}

// met reports whether the claims meet the rule.
func (r *claimRule) met(raw *rawClaims) bool {
	v, ok := r.value(raw)
	switch {
	case !ok:
		return false
	case r.absent:
		return v == ""
	case v == "":
		return r.optional
	case len(r.in) > 0:
		return slices.Contains(r.in, scalar(v)) || v[0] == '[' && strictjson.MemberOf(v, r.in)
	case len(r.notIn) > 0:
		if s := scalar(v); s != "" {
			return !slices.Contains(r.notIn, s)
		}
		list, ok := strictjson.Strings(v)
		return ok && len(list) > 0 && !slices.ContainsFunc(list, func(s string) bool { return slices.Contains(r.notIn, s) })
	}
	inner := strings.TrimLeft(v[1:], " \t\r\n")
	return v[0] != '"' && v[0] != '[' && v[0] != '{' || len(inner) > 1 // not "", [] and {}
}

// scalar returns the text of a string, a boolean or an integer; of other values it returns "".
func scalar(raw string) string {
	if s, ok := strictjson.String(raw); ok {
		return s
	}
	if raw == "true" || raw == "false" {
		return raw
	}
	s, _ := integer(raw)
	return s
}

// names collects the claims that the settings of one issuer name.
type names struct {
	faults *httperr.ConfigFaults
	at     string
	all    []string
	strict map[string]bool // a case variant of the name refuses the token
	readAs map[string]string
}

func newNames(f *httperr.ConfigFaults, at string) *names {
	return &names{faults: f, at: at, all: slices.Clone(claim.Registered[:]), strict: map[string]bool{}, readAs: map[string]string{}}
}

// decides returns the claim that a setting names, and which decides about a token. Case
// variants of its name refuse a token, at each level of a path. The name "" is no claim.
func (n *names) decides(setting, name string) claimRef {
	c := n.ref(setting, name, true)
	n.strict[n.all[c.slot]] = true
	return c
}

// informs returns the claim that a setting names, and which only fills the Principal. Two
// settings cannot read one claim, and none can read a claim that decides by itself.
func (n *names) informs(setting, name string) claimRef {
	c := n.ref(setting, name, false)
	if len(c.path) == 0 && (c.slot == claim.Sub || c.slot == claim.Jti) {
		n.faults.Add(n.at+setting, name, "is a registered claim with a meaning of its own", "use another claim")
	}
	if name != "" && n.readAs[name] != "" {
		n.faults.Add(n.at+setting, name, "is already read as "+n.readAs[name], "use a claim of its own")
	}
	n.readAs[name] = setting
	return c
}

// ref returns the claim called name, and gives it a slot.
func (n *names) ref(setting, name string, decides bool) claimRef {
	if name == "" {
		return claimRef{}
	}
	path, ok := claim.Path(name)
	if !ok || len(path) > strictjson.MaxDepth {
		n.faults.Add(n.at+setting, name, "is not the name of a claim, or a path of names with dots between",
			`use the name of the claim as it is in a token, such as "roles", "realm_access.roles" or "/realm_access/roles"`)
		return claimRef{}
	}
	slot := slices.Index(n.all, path[0])
	if 0 <= slot && slot < claim.Sid && (len(path) > 1 || slot != claim.Sub && slot != claim.Jti) {
		n.faults.Add(n.at+setting, name, "is a registered claim with a meaning of its own", "use another claim")
		return claimRef{}
	}
	if i := slices.IndexFunc(n.all, func(other string) bool { return other != path[0] && field.EqualFold(other, path[0]) }); i >= 0 {
		n.faults.Add(n.at+setting, name,
			"differs from "+n.all[i]+" by case only, which a Verifier reads as well", "use a claim with another name")
		return claimRef{}
	}
	if slot < 0 {
		if slot = len(n.all); slot == len(rawClaims{}) {
			n.faults.Add(n.at+setting, name,
				fmt.Sprintf("is one claim more than the %d that settings can name", maxClaims), "check further claims in a Validate method")
			return claimRef{}
		}
		n.all = append(n.all, path[0])
	}
	c := claimRef{name: name, slot: slot}
	for _, member := range path[1:] {
		var exact []string
		if !decides {
			exact = []string{member}
		}
		c.path = append(c.path, strictjson.NewIndex([]string{member}, exact...))
	}
	return c
}

// compileRules compiles the rules of a setting.
func (n *names) compileRules(setting string, rules []ClaimRule) []claimRule {
	out := make([]claimRule, len(rules))
	for i, r := range rules {
		at := fmt.Sprintf("%s[%d].", setting, i)
		if setting == "Kind" && (r.Optional || r.Absent || len(r.NotIn) > 0) {
			n.faults.Add(n.at+at+"Claim", r.Claim,
				"has a rule that tokens of kinds not yet known meet too", "use In, or the presence of the claim; put the rule into Require")
		}
		if r.Claim == "" {
			n.faults.Add(n.at+at+"Claim", nil, "is empty", "name a claim")
		}
		if len(r.In) > 0 && len(r.NotIn) > 0 || r.Absent && (len(r.In)+len(r.NotIn) > 0 || r.Optional) {
			n.faults.Add(n.at+at+"Claim", r.Claim,
				"has a rule with more than one of In, NotIn and Absent, or with Absent and Optional", "keep one of them")
		}
		if setting == "Kind" && r.Claim == "sub" && len(r.In) == 0 {
			n.faults.Add(n.at+at+"Claim", r.Claim, "is a claim that tokens of every kind have", "name another claim, or the values in In")
		}
		out[i] = claimRule{
			claimRef: n.decides(at+"Claim", r.Claim),
			in:       slices.Clone(r.In),
			notIn:    slices.Clone(r.NotIn),
			optional: r.Optional,
			absent:   r.Absent,
		}
		wanted := "present and not empty"
		switch {
		case r.Absent:
			wanted = "absent"
		case len(r.In) > 0:
			wanted = oneOf(r.In)
		case len(r.NotIn) > 0:
			wanted = fmt.Sprintf("a value outside %q", r.NotIn)
		}
		out[i].refuse = newRefusal(ErrClaims, r.Claim, wanted, settingPath(n.at, strings.TrimSuffix(at, ".")))
	}
	return out
}

// index returns the index of all claims, and the claims that decide. The case variants of
// the others are claims of their own. strictIDs tells that jti and sid decide.
func (n *names) index(strictIDs bool) (x *strictjson.Index, strict []string) {
	var exact []string
	for slot, name := range n.all {
		if slot < claim.Sid && slot != claim.Jti || n.strict[name] || strictIDs && (slot == claim.Jti || slot == claim.Sid) {
			strict = append(strict, name)
		} else {
			exact = append(exact, name)
		}
	}
	return strictjson.NewIndex(n.all, exact...), strict
}
