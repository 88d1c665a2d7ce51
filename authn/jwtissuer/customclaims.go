package jwtissuer

import (
	"encoding/json"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// custom returns the JSON of further claims, or "". Everything that
// a Verifier would refuse is refused here, by the same reader.
func (i *Issuer) custom(f *httperr.ConfigFaults, claims any) string {
	if claims == nil {
		return ""
	}
	refuse := func(reason, fix string) string {
		f.Add("Grant.Claims", nil, reason, fix)
		return ""
	}
	text, err := marshal(claims)
	if err != nil {
		return refuse("cannot be marshalled: "+err.Error(), "pass what encoding/json can write")
	}
	var found [claim.Count]string
	// As many members fewer as there are registered ones.
	err = i.claims.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers - claim.Count}, found[:len(i.claims.Names())])
	for c, raw := range found {
		if raw != "" {
			refuse("has "+i.claims.Names()[c]+", which has a meaning of its own", "set the field of Grant for it, if there is one, or use another name")
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
	if replaced(text) {
		return refuse("has a string that is not valid UTF-8", "encode bytes with base64")
	}
	return text
}

// marshal does not escape for HTML, which would only make the token longer.
func marshal(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// join returns the object with the members of a and of b, which has none if it is "".
func join(a, b string) string {
	if b == "" || strings.TrimSpace(b[1:len(b)-1]) == "" {
		return a
	}
	return a[:len(a)-1] + "," + b[1:]
}

// replaced reports whether text has the escape that encoding/json writes in the
// place of what is not UTF-8. A U+FFFD that was in the string it leaves as it is.
func replaced(text string) bool {
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
