package jwtauth

import (
	"strings"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The header parameters that mean something here (RFC 7515, section 4.1; RFC
// 7516 and 7797 for those that would change what the payload is).
const (
	headerAlg = iota
	headerKid
	headerTyp
	headerCty
	headerCrit
	headerB64
	headerZip
	headerEnc
	// These name or carry a key. They are read by nobody: a token does not say
	// which key is to be trusted (RFC 8725, section 3.10). They are in the list
	// so that their case variants are refused like all others.
	headerJwk
	headerJku
	headerX5u
	headerX5c
	headerCount
)

var headerNames = [headerCount]string{"alg", "kid", "typ", "cty", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"}

// header returns the header of a token that v may have a key for, and whether it
// is one that v does not know yet.
func (v *verifier) header(t token) (k knownHeader, isNew bool, err error) {
	if k := v.headers.find(t.header); k != nil {
		return *k, false, nil
	}
	text, err := t.decodeHeader()
	if err != nil {
		return k, false, err
	}
	k.segment = t.header
	if k.alg, k.kid, err = v.readHeader(text); err != nil {
		return k, false, err
	}
	// A source may have to ask the issuer; not for a token that no key fits.
	if !v.accepts(k.alg) {
		return k, false, refuseForeignAlg
	}
	return k, true, nil
}

var headerIndex = strictjson.NewIndex(headerNames[:])

// headerRules are narrow, for anybody can have a header read. It comes out of a
// JOSE library, which has no reason to write names with escapes.
var headerRules = strictjson.Rules{Members: 16, PlainNames: true}

// readHeader returns the alg and kid of a header that is fit for a token of the
// type that v accepts.
func (v *verifier) readHeader(text string) (alg, kid string, err error) {
	var raw [headerCount]string
	if err := headerIndex.Collect(text, headerRules, raw[:]); err != nil {
		return "", "", malformed(err)
	}
	// Nothing that crit could name is implemented, and an empty or malformed
	// crit must be refused as well (RFC 7515, section 4.1.11).
	if raw[headerCrit]+raw[headerB64]+raw[headerZip]+raw[headerEnc] != "" {
		return "", "", refuseCritical
	}
	if raw[headerCty] != "" {
		if cty, ok := strictjson.String(raw[headerCty]); !ok || mediaType(cty, "JWT") {
			return "", "", refuseNested
		}
	}
	if s, ok := strictjson.String(raw[headerTyp]); !ok || !mediaType(s, v.typ) {
		return "", "", v.refuse.typ
	}
	alg, ok := strictjson.String(raw[headerAlg])
	if !ok {
		return "", "", refuseAlg
	}
	kid, ok = strictjson.String(raw[headerKid])
	if !ok || kid == "" || len(kid) > jwa.MaxID {
		return "", "", refuseKeyID
	}
	return alg, kid, nil
}

// mediaType reports whether s is typ, with or without "application/", in any
// case (RFC 7515, section 4.1.9).
func mediaType(s, typ string) bool {
	const prefix = "application/"
	if len(s) == len(prefix)+len(typ) && field.EqualFold(s[:len(prefix)], prefix) {
		s = s[len(prefix):]
	}
	return field.EqualFold(s, typ)
}

// headers remembers the last few headers of tokens that were accepted, for an
// issuer writes the same one into each of them. A forger gets nothing in here:
// a header is kept only behind a good signature.
type headers [4]atomic.Pointer[knownHeader]

// A knownHeader does not change once it is in its place.
type knownHeader struct {
	segment  string // as it is in the token
	alg, kid string
}

// find returns what is known of a segment, or nil.
func (h *headers) find(segment string) *knownHeader {
	for i := range h {
		if k := h[i].Load(); k != nil && k.segment == segment {
			return k
		}
	}
	return nil
}

// keep remembers a header, in the place of another if there is none left.
func (h *headers) keep(k knownHeader) {
	k.segment = strings.Clone(k.segment) // and not the token that it is part of
	last := len(k.segment) - 1
	place := &h[(k.segment[last]+k.segment[last/2])%uint8(len(h))]
	for i := range h {
		if h[i].Load() == nil {
			place = &h[i]
			break
		}
	}
	place.Store(&k)
}
