package jwtissuer

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// custom returns the members of further claims, without braces. Everything that
// a Verifier would refuse is refused here, by the same reader.
func (i *Issuer) custom(f *httperr.ConfigFaults, claims any) string {
	if claims == nil {
		return ""
	}
	refuse := func(reason, fix string) string {
		f.Add("Grant.Claims", nil, reason, fix)
		return ""
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // it would only make them longer
	if err := enc.Encode(claims); err != nil {
		return refuse("cannot be marshalled: "+err.Error(), "pass what encoding/json can write")
	}
	text := strings.TrimSpace(buf.String())
	var found [claim.Count]string
	// As many members fewer as there are registered ones.
	err := i.claims.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers - claim.Count}, found[:len(i.claims.Names())])
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
	return strings.TrimSpace(text[1 : len(text)-1])
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

// name appends the name of a further member.
func (i *Issuer) name(b []byte, c int) []byte {
	b = append(b, ',', '"')
	b = append(b, i.claims.Names()[c]...)
	return append(b, '"', ':')
}

// appendString appends a string that is valid UTF-8 without control characters.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for n := range len(s) {
		if s[n] == '"' || s[n] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[n])
	}
	return append(b, '"')
}

func appendStrings(b []byte, all []string) []byte {
	b = append(b, '[')
	for n, s := range all {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}
