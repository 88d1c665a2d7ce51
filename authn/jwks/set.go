package jwks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const (
	maxSetSize = keyfile.MaxSize // bytes of a text of keys, from any source
	maxSetKeys = 64
)

var (
	jwkRules = strictjson.Rules{Members: 64}
	setIndex = strictjson.NewIndex([]string{"keys", "kty"})
	jwkIndex = strictjson.NewIndex(jwkNames[:])

	exactIndex = strictjson.NewIndex(jwkNames[:], jwkNames[:]...) // ignores case variants
)

// A keyReader collects the keys of one text. A fault of one key of a JWK Set skips that
// key. Any other fault refuses the whole text.
type keyReader struct {
	rsaAlgorithm Algorithm // of RSA keys without alg
	found        []foundKey
	exposed      map[string]bool // the public parts, or else the IDs, of keys whose private part is in the text
	faults       httperr.ConfigFaults
	skipped      httperr.ConfigFaults
	ofSecrets    *httperr.ConfigFaults // of private keys and shared secrets in the text
}

// A foundKey is a checked key and its position in the text.
type foundKey struct {
	boundKey
	fieldName string
	parts     []string // its public parts, if the key is a JWK
}

func newKeyReader(rsaAlgorithm Algorithm) *keyReader {
	r := &keyReader{rsaAlgorithm: rsaAlgorithm, exposed: map[string]bool{}}
	r.faults.Package, r.skipped.Package = pkg, pkg
	r.ofSecrets = &r.skipped
	return r
}

// parseJWKS reads a JWK Set (RFC 7517, section 5). rsaAlgorithm is the algorithm of RSA
// keys without alg. The error joins all reasons to refuse the set. skipped has the
// reasons for which single keys are left out.
func parseJWKS(data []byte, rsaAlgorithm Algorithm) (keys *keySet, skipped []error, err error) {
	r := newKeyReader(rsaAlgorithm)
	r.readJSON(string(data), false)
	return r.result()
}

// result returns the keys that were read, or the faults of the text.
func (r *keyReader) result() (keys *keySet, skipped []error, err error) {
	keys = r.usableKeys()
	skipped = r.skipped.All()
	if keys.size() == 0 && r.faults.Len() == 0 {
		r.faults.Add("keys", nil, "has no key that is fit to verify a token", "publish at least one with kty, kid, and use sig if any")
		for _, err := range skipped {
			e := err.(*httperr.ConfigError)
			r.faults.Add(e.Field, nil, e.Reason, e.Fix)
		}
	}
	if err := r.faults.Err(); err != nil {
		if len(r.exposed) > 0 {
			err = &exposedError{err, r.exposed}
		}
		return nil, skipped, err
	}
	return keys, skipped, nil
}

// An exposedError is the error for a set that reveals private keys and has no other key. It
// has the exposed public parts, for the keys that were read before.
type exposedError struct {
	error
	parts map[string]bool
}

func (e *exposedError) Unwrap() []error { return []error{e.error} }

// usableKeys returns the found keys without exact copies, without the keys whose private
// part is known, and without the keys that cannot be told apart.
func (r *keyReader) usableKeys() *keySet {
	keys := newKeySet()
	for i, k := range r.found {
		switch {
		case r.isExposed(k):
			r.skipped.Add(k.fieldName, nil, "has the public part of a private key in this text",
				"replace the key, for the private key is known now")
		case slices.ContainsFunc(r.found, k.clashesWith):
			r.skipped.Add(k.fieldName+".kid", fmt.Sprintf("%.32s", k.ID), "another key has this ID and algorithm",
				"give each key an ID of its own (RFC 7517, section 4.5)")
		case !slices.ContainsFunc(r.found[:i], k.isCopyOf):
			usable := k.boundKey
			keys.add(&usable)
		}
	}
	return keys
}

// isExposed reports whether the private part of k is in the text.
func (r *keyReader) isExposed(k foundKey) bool {
	return slices.ContainsFunc(k.parts, func(part string) bool { return r.exposed[part] }) || k.ID != "" && r.exposed["kid"+k.ID]
}

// clashesWith reports whether a token cannot tell k and other apart. Keys without ID do not
// clash: a token without kid is refused for them by ErrSeveralKeys.
func (k foundKey) clashesWith(other foundKey) bool {
	return k.ID != "" && k.ID == other.ID && k.Algorithm == other.Algorithm && !k.checked.Same(other.checked)
}

func (k foundKey) isCopyOf(other foundKey) bool {
	return k.issuer == other.issuer && k.checked.Same(other.checked)
}

// readJSON reads a JWK Set or, if single is set, a JWK Set or one JWK.
func (r *keyReader) readJSON(text string, single bool) {
	if len(text) > maxSetSize {
		r.faults.Add("keys", nil, "is longer than 1 MiB", "publish the keys alone")
		return
	}
	var raw [2]string
	if err := setIndex.Collect(text, jwkRules, raw[:]); err != nil {
		r.faults.Add("keys", nil, err.Error(), "publish one object with an array called keys (RFC 7517, section 5)")
		return
	}
	keys, kty := raw[0], raw[1]
	if single && kty != "" {
		if keys != "" {
			r.faults.Add("keys", nil, "stands beside kty", "write one key or a set of keys, not both in one object")
			return
		}
		r.readJWK("key", text)
		return
	}
	all, ok := strictjson.Elements(keys, maxSetKeys)
	switch {
	case !ok:
		r.faults.Add("keys", nil, "is not an array", "publish one object with an array called keys (RFC 7517, section 5)")
		return
	case len(all) > maxSetKeys:
		r.faults.Add("keys", nil, "has more than 64 keys", "publish only those that sign, or soon will, or whose tokens live")
		return
	}
	for i, one := range all {
		r.readJWK(fmt.Sprintf("keys[%d]", i), one)
	}
}

// readJWK reads one key. fieldName is its position in the text.
func (r *keyReader) readJWK(fieldName, text string) {
	j, err := parseJWK(text)
	if err != nil {
		r.skipped.Add(fieldName, nil, err.Error(), "publish each key as an object of its own, with the member names of RFC 7517")
	}
	kid := strings.Clone(j.stringMember(jwkKid)) // do not keep the whole text in memory
	if j.hasSecret(r.ofSecrets, fieldName) {
		r.expose(j, kid)
		return
	}
	if err != nil {
		return
	}
	const fix = "leave it as it is, unless it is to verify tokens"
	if member, reason := j.checkMetadata(); reason != "" {
		r.skipped.Add(fieldName+"."+jwkNames[member], nil, reason, fix)
		return
	}
	public, alg, member, reason := j.publicKey()
	if reason != "" {
		r.skipped.Add(fieldName+"."+jwkNames[member], nil, reason, fix)
		return
	}
	if alg == "" {
		alg = r.rsaAlgorithm
	}
	if own := j.stringMember(jwkAlg); own != "" {
		alg = Algorithm(strings.Clone(own))
	}
	k := foundKey{fieldName: fieldName, parts: j.publicParts()}
	k.Key, k.issuer = Key{ID: kid, Algorithm: alg, Public: public}, strings.Clone(j.stringMember(jwkIssuer))
	r.addKey(&r.skipped, k)
}

// expose notes that the private part of j is known. If j has no public part to compare, all
// keys with its ID count as exposed.
func (r *keyReader) expose(j jwk, kid string) {
	parts := j.publicParts()
	if len(parts) == 0 && kid != "" && j.stringMember(jwkKty) != "oct" {
		parts = []string{"kid" + kid}
	}
	for _, part := range parts {
		r.exposed[part] = true
	}
}

// addKey adds k, or adds the faults of k to f.
func (r *keyReader) addKey(f *httperr.ConfigFaults, k foundKey) {
	if k.checked = k.check(f, k.fieldName+"."); k.checked != nil {
		k.Algorithm = Algorithm(k.checked.Algorithm())
		r.found = append(r.found, k)
	}
}
