package jwtissuer

import (
	"encoding/json"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// maxGrantClaims is the room for the claims that the fields of a Grant become, which a Verifier
// counts too. There are 14 today.
const maxGrantClaims = 18

// marshalCustomClaims returns the JSON of further claims, or "". It refuses every text
// that a Verifier would refuse, with the same parser.
func (i *Issuer) marshalCustomClaims(f *httperr.ConfigFaults, claims any) string {
	if claims == nil {
		return ""
	}
	refuse := func(reason, fix string) string {
		f.Add("Grant.Claims", nil, reason, fix)
		return ""
	}
	text, err := marshalJSON(claims)
	if err != nil {
		return refuse("cannot be marshalled: "+err.Error(), "pass what encoding/json can write")
	}
	found := make([]string, len(i.claims.Names()))
	err = i.claims.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers - maxGrantClaims}, found)
	for c, raw := range found {
		if raw != "" && c != claim.AuthorizationDetails { // its types are those of the services (RFC 9396)
			refuse("has "+i.claims.Names()[c]+", which has a meaning of its own",
				"set the field of Grant for it, if there is one, or use another name")
		}
	}
	switch err {
	case nil:
	case strictjson.ErrObject:
		return refuse("is not an object", "pass a struct or a map that is not nil")
	case strictjson.ErrVariant:
		return refuse("has a name that differs from a registered claim by case only", "use another name")
	case strictjson.ErrDuplicate:
		return refuse("has two members of one name", "use each once")
	case strictjson.ErrDepth, strictjson.ErrMembers:
		return refuse("is nested too deeply, or has too many members, for a Verifier", "leave out what the services can look up")
	default:
		return refuse("is not JSON that a Verifier accepts", "use valid UTF-8, also in a json.RawMessage")
	}
	if hasReplacementEscape(text) {
		return refuse("has a string that is not valid UTF-8", "encode bytes with base64")
	}
	refuseSecrets(f, text, i.publicClaims)
	return text
}

// marshalJSON does not escape for HTML, because that only makes the token longer.
func marshalJSON(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// joinObjects returns an object with the members of a and of b. b may be "", which has no
// members.
func joinObjects(a, b string) string {
	if b == "" || strings.TrimSpace(b[1:len(b)-1]) == "" {
		return a
	}
	return a[:len(a)-1] + "," + b[1:]
}

// hasReplacementEscape reports whether text has the escape that encoding/json writes for
// invalid UTF-8. encoding/json does not escape a U+FFFD that was already in the string.
func hasReplacementEscape(text string) bool {
	const escape = `\ufffd`
	for {
		n := strings.Index(text, escape)
		if n < 0 {
			return false
		}
		before := text[:n]
		if slashes := len(before) - len(strings.TrimRight(before, `\`)); slashes%2 == 0 {
			return true
		}
		text = text[n+len(escape):]
	}
}
