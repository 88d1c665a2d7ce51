package jwtauth

import (
	"strings"
	"sync/atomic"
)

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
