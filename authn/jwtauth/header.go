package jwtauth

import (
	"strings"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The header parameters that the verifier knows (RFC 7515, section 4.1). RFC 7516 and RFC
// 7797 define the parameters that would change the meaning of the payload.
const (
	headerAlg = iota
	headerKid
	headerTyp
	headerCty
	headerCrit
	headerB64
	headerZip
	headerEnc
	// These parameters name or carry a key. The verifier never reads them: a token must
	// not choose the key that verifies it (RFC 8725, section 3.10). They are in the list
	// so that their case variants are refused like all others.
	headerJwk
	headerJku
	headerX5u
	headerX5c
	headerCount
)

var headerNames = [headerCount]string{"alg", "kid", "typ", "cty", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"}

// parseHeader returns the header of t, or the refusal of a token that no key of v can
// verify. isNew reports whether the header is not yet in the cache of headers.
func (v *verifier) parseHeader(t token) (k knownHeader, isNew bool, err error) {
	if k := v.headers.find(t.header); k != nil {
		return *k, false, nil
	}
	text, err := t.decodeHeader(v.maxHeader)
	if err != nil {
		return k, false, err
	}
	k, err = readHeader(text)
	if err != nil {
		return k, false, err
	}
	// A source may send a request to the issuer. Refuse here the tokens that no key can
	// verify.
	if !v.acceptsAlg(k.alg) {
		return k, false, refuseUnknownAlg.err
	}
	k.segment = t.header
	return k, true, nil
}

var headerIndex = strictjson.NewIndex(headerNames[:])

// headerRules are narrow, because any client can have a header parsed. JOSE libraries
// write the headers, and they have no reason to write names with escapes.
var headerRules = strictjson.Rules{Members: 16, PlainNames: true}

// readHeader returns the parameters of a header. It refuses the headers that no issuer may
// write.
func readHeader(text string) (k knownHeader, err error) {
	var raw [headerCount]string
	if err := headerIndex.Collect(text, headerRules, raw[:]); err != nil {
		return k, jsonRefusal(err)
	}
	// The verifier implements no extension that crit could name. An empty or malformed
	// crit must be refused as well (RFC 7515, section 4.1.11).
	if raw[headerCrit]+raw[headerB64]+raw[headerZip]+raw[headerEnc] != "" {
		return k, refuseCritical.err
	}
	if raw[headerCty] != "" {
		if cty, ok := strictjson.String(raw[headerCty]); !ok || isMediaType(cty, "JWT") {
			return k, refuseNested.err
		}
	}
	k.size = len(text)
	if k.typ, k.badType = "", raw[headerTyp] != ""; k.badType {
		var ok bool
		k.typ, ok = strictjson.String(raw[headerTyp])
		k.badType = !ok || k.typ == ""
	}
	alg, ok := strictjson.String(raw[headerAlg])
	if !ok {
		return k, refuseAlg.err
	}
	k.alg = jwa.Canonical(alg)
	if raw[headerKid] != "" {
		k.kid, ok = strictjson.String(raw[headerKid])
		if !ok || k.kid == "" || len(k.kid) > jwa.MaxID {
			return k, refuseKeyID.err
		}
	}
	return k, nil
}

// acceptsType reports whether tokens of ti may have the typ of a header.
func (ti *trustedIssuer) acceptsType(k *knownHeader) bool {
	if k.badType {
		return false
	}
	for _, typ := range ti.types {
		if typ == k.typ || typ != "" && isMediaType(k.typ, typ) {
			return true
		}
	}
	return false
}

// isMediaType reports whether s is typ, with or without "application/", in any case (RFC
// 7515, section 4.1.9).
func isMediaType(s, typ string) bool {
	const prefix = "application/"
	if len(s) == len(prefix)+len(typ) && field.EqualFold(s[:len(prefix)], prefix) {
		s = s[len(prefix):]
	}
	return field.EqualFold(s, typ)
}

// headerCache holds the last few headers of accepted tokens, because an issuer writes the
// same header into each token. A forger cannot fill it: a header is stored only after its
// signature was verified.
type headerCache [4]atomic.Pointer[knownHeader]

// A knownHeader does not change after it is stored in its slot.
type knownHeader struct {
	segment  string // in base64url, as in the token
	size     int    // bytes, decoded
	alg, kid string // kid is "" if the header has none
	typ      string // "" if the header has none
	badType  bool   // typ is not a string, or is empty
}

// find returns the header with this segment, or nil.
func (h *headerCache) find(segment string) *knownHeader {
	for i := range h {
		if k := h[i].Load(); k != nil && k.segment == segment {
			return k
		}
	}
	return nil
}

// put stores a header. If no slot is free, it replaces another header.
func (h *headerCache) put(k knownHeader) {
	k.segment = strings.Clone(k.segment) // do not keep the whole token in memory
	last := len(k.segment) - 1
	slot := &h[(k.segment[last]+k.segment[last/2])%uint8(len(h))]
	for i := range h {
		if h[i].Load() == nil {
			slot = &h[i]
			break
		}
	}
	slot.Store(&k)
}
