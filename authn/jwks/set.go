package jwks

import (
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const (
	maxSetSize = 1 << 20 // bytes of a text of keys, from any source
	maxSetKeys = 64
)

var (
	jwkRules = strictjson.Rules{Members: 64}
	setIndex = strictjson.NewIndex([]string{"keys", "kty"})
	jwkIndex = strictjson.NewIndex(jwkNames[:])
)

// A keyReader collects the keys of one text. A fault that concerns only one key, and may
// be intended for another reader, skips that key. A fault that shows that the text is not
// valid, or that its author revealed a secret, refuses the whole text.
type keyReader struct {
	rsaAlgorithm Algorithm // of RSA keys without alg
	keys         map[string]Key
	seenIDs      map[string]bool // also the IDs of skipped keys
	faults       httperr.ConfigFaults
	skipped      httperr.ConfigFaults
}

func newKeyReader(rsaAlgorithm Algorithm) *keyReader {
	r := &keyReader{rsaAlgorithm: rsaAlgorithm, keys: map[string]Key{}, seenIDs: map[string]bool{}}
	r.faults.Package, r.skipped.Package = pkg, pkg
	return r
}

// parseJWKS reads a JWK Set (RFC 7517, section 5). rsaAlgorithm is the algorithm of RSA
// keys without alg. The error joins all reasons to refuse the set. skipped has the
// reasons for which single keys are left out.
func parseJWKS(data []byte, rsaAlgorithm Algorithm) (keys map[string]Key, skipped []error, err error) {
	r := newKeyReader(rsaAlgorithm)
	r.readJSON(string(data), false)
	return r.result()
}

// result returns the keys that were read, or the faults of the text.
func (r *keyReader) result() (keys map[string]Key, skipped []error, err error) {
	skipped = r.skipped.All()
	if len(r.keys) == 0 && r.faults.Len() == 0 {
		r.faults.Add("keys", nil, "has no key that is fit to verify a token", "publish at least one with kty, kid, and use sig if any")
		for _, err := range skipped {
			e := err.(*httperr.ConfigError)
			r.faults.Add(e.Field, nil, e.Reason, e.Fix)
		}
	}
	if err := r.faults.Err(); err != nil {
		return nil, skipped, err
	}
	return r.keys, skipped, nil
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
	var j jwk
	if err := jwkIndex.Collect(text, jwkRules, j[:]); err != nil {
		r.faults.Add(fieldName, nil, err.Error(), "publish each key as an object of its own")
		return
	}
	secret := false
	for member := jwkD; member < jwkCount; member++ {
		if j[member] != "" {
			r.faults.Add(fieldName+"."+jwkNames[member], nil, "is part of a private key",
				"replace the key, for it is known now, and publish public members alone")
			secret = true
		}
	}
	if j.stringMember(jwkKty) == "oct" {
		r.faults.Add(fieldName+".kty", "oct", "is a shared secret", "replace it, for it is known now, and sign with a private key")
		secret = true
	}
	kid := strings.Clone(j.stringMember(jwkKid)) // do not keep the whole text in memory
	if kid != "" && r.seenIDs[kid] {
		r.faults.Add(fieldName+".kid", fmt.Sprintf("%.32s", kid), "another key has this ID", "give each key an ID of its own")
	}
	r.seenIDs[kid] = true
	if secret {
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
	r.addKey(&r.skipped, fieldName, Key{ID: kid, Algorithm: alg, Public: public})
}

// addKey adds k, or adds the faults of k to f.
func (r *keyReader) addKey(f *httperr.ConfigFaults, fieldName string, k Key) {
	if k.checked = k.check(f, fieldName+"."); k.checked != nil {
		r.keys[k.ID] = k
	}
}
