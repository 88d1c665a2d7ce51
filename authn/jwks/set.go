package jwks

import (
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const (
	maxSetSize = 1 << 20 // bytes of a text of keys, from wherever
	maxSetKeys = 64
)

var (
	jwkRules = strictjson.Rules{Members: 64}
	setIndex = strictjson.NewIndex([]string{"keys", "kty"})
	jwkIndex = strictjson.NewIndex(jwkNames[:])
)

// A keyReader collects the keys of one text. What only concerns a key, and may
// be right for somebody else, costs that key. What shows that the text is not
// what its author meant it to be, or that he has told a secret, costs all.
type keyReader struct {
	rsa     Algorithm // of RSA keys that do not say
	keys    map[string]Key
	seen    map[string]bool // IDs, those of skipped keys included
	refused httperr.ConfigFaults
	skipped httperr.ConfigFaults
}

func newKeyReader(rsa Algorithm) *keyReader {
	r := &keyReader{rsa: rsa, keys: map[string]Key{}, seen: map[string]bool{}}
	r.refused.Package, r.skipped.Package = pkg, pkg
	return r
}

// parseJWKS reads a JWK Set (RFC 7517, section 5). rsa is the algorithm of RSA
// keys without alg. The error joins all reasons to refuse the set; skipped are
// the reasons for which single keys are not in it.
func parseJWKS(data []byte, rsa Algorithm) (keys map[string]Key, skipped []error, err error) {
	r := newKeyReader(rsa)
	r.json(string(data), false)
	return r.done()
}

// done returns what has been read.
func (r *keyReader) done() (keys map[string]Key, skipped []error, err error) {
	skipped = r.skipped.All()
	if len(r.keys) == 0 && r.refused.Len() == 0 {
		r.refused.Add("keys", nil, "has no key that is fit to verify a token", "publish at least one with kty, kid, and use sig if any")
		for _, err := range skipped {
			e := err.(*httperr.ConfigError)
			r.refused.Add(e.Field, nil, e.Reason, e.Fix)
		}
	}
	if err := r.refused.Err(); err != nil {
		return nil, skipped, err
	}
	return r.keys, skipped, nil
}

// json reads a JWK Set or, if single is set, perhaps one JWK.
func (r *keyReader) json(text string, single bool) {
	if len(text) > maxSetSize {
		r.refused.Add("keys", nil, "is longer than 1 MiB", "publish the keys alone")
		return
	}
	var raw [2]string
	if err := setIndex.Collect(text, jwkRules, raw[:]); err != nil {
		r.refused.Add("keys", nil, err.Error(), "publish one object with an array called keys (RFC 7517, section 5)")
		return
	}
	keys, kty := raw[0], raw[1]
	if single && kty != "" {
		if keys != "" {
			r.refused.Add("keys", nil, "stands beside kty", "write one key or a set of keys, not both in one object")
			return
		}
		r.jwk("key", text)
		return
	}
	all, ok := strictjson.Elements(keys, maxSetKeys)
	switch {
	case !ok:
		r.refused.Add("keys", nil, "is not an array", "publish one object with an array called keys (RFC 7517, section 5)")
		return
	case len(all) > maxSetKeys:
		r.refused.Add("keys", nil, "has more than 64 keys", "publish only those that sign, or soon will, or whose tokens live")
		return
	}
	for i, one := range all {
		r.jwk(fmt.Sprintf("keys[%d]", i), one)
	}
}

// jwk reads one key, which is at a place of the set.
func (r *keyReader) jwk(at, text string) {
	var j jwk
	if err := jwkIndex.Collect(text, jwkRules, j[:]); err != nil {
		r.refused.Add(at, nil, err.Error(), "publish each key as an object of its own")
		return
	}
	secret := false
	for member := jwkD; member < jwkCount; member++ {
		if j[member] != "" {
			r.refused.Add(at+"."+jwkNames[member], nil, "is part of a private key", "replace the key, for it is known now, and publish public members alone")
			secret = true
		}
	}
	if j.text(jwkKty) == "oct" {
		r.refused.Add(at+".kty", "oct", "is a shared secret", "replace it, for it is known now, and sign with a private key")
		secret = true
	}
	kid := strings.Clone(j.text(jwkKid)) // not to keep the whole text
	if kid != "" && r.seen[kid] {
		r.refused.Add(at+".kid", fmt.Sprintf("%.32s", kid), "another key has this ID", "give each key an ID of its own")
	}
	r.seen[kid] = true
	if secret {
		return
	}
	const fix = "leave it as it is, unless it is to verify tokens"
	if member, reason := j.unfit(); reason != "" {
		r.skipped.Add(at+"."+jwkNames[member], nil, reason, fix)
		return
	}
	public, alg, member, reason := j.public()
	if reason != "" {
		r.skipped.Add(at+"."+jwkNames[member], nil, reason, fix)
		return
	}
	if alg == "" {
		alg = r.rsa
	}
	if own := j.text(jwkAlg); own != "" {
		alg = Algorithm(strings.Clone(own))
	}
	r.add(&r.skipped, at, Key{ID: kid, Algorithm: alg, Public: public})
}

// add adds a key, or says to f what is wrong with it.
func (r *keyReader) add(f *httperr.ConfigFaults, at string, k Key) {
	if k.ready = k.check(f, at+"."); k.ready != nil {
		r.keys[k.ID] = k
	}
}
