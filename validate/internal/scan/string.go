package scan

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// readString reads the string at the position of the scan. It returns the text between the
// quotes, and the number of bytes that decoding its escapes saves: 0 means that it has no escapes.
func (s *scanner) readString() (raw []byte, saved int, ok bool) {
	in := s.in[s.pos+1:]
	if n := jsonlex.PlainRun(in); n < len(in) && in[n] == '"' { // no escapes
		s.pos += n + 2
		return in[:n], 0, true
	}
	n, saved, bad := jsonlex.String(s.in[s.pos:])
	if bad != jsonlex.OK {
		return nil, 0, s.stopString(bad)
	}
	raw = s.in[s.pos+1 : s.pos+n-1]
	s.pos += n
	return raw, saved, true
}

// stopString notes that the text at the position of the scan is not a string.
func (s *scanner) stopString(bad jsonlex.Fault) bool {
	if bad == jsonlex.Surrogate {
		return s.stopMalformed(plan.FaultSurrogate)
	}
	return s.stopMalformed(plan.FaultSyntax)
}

// scanString scans a string where the plan has a string.
func (s *scanner) scanString(p *plan.Slot) bool {
	raw, saved, ok := s.readString()
	switch {
	case !ok:
		return false
	case len(raw)-saved > p.MaxBytes:
		return s.addUnsafe(p.Length.TooLong(p.MaxBytes))
	case p.Length != nil && len(raw)-saved > p.Length.Most && utf8.RuneCount(s.unescape(raw, saved)) > p.Length.Most:
		return s.addFault(p.Length.Fault)
	case p.Node.Form != nil:
		return p.Node.Form.Admits(s.unescape(raw, saved)) || s.addFault(p.Node.Form.FaultOf())
	case p.Node.Kind != plan.KindBytes:
		return true
	}
	return strictBase64(s.unescape(raw, saved)) || s.addFault(plan.FaultBase64)
}

// strictBase64 reports whether b is the one spelling of its bytes in base64 (RFC 4648,
// section 4). encoding/json also accepts line breaks in b, and bits after the end that
// belong to no byte. The text is decoded into a small buffer, piece by piece, so that a long
// one takes no memory here.
func strictBase64(b []byte) bool {
	var piece [768]byte
	for len(b) > 0 {
		n := min(len(b), base64.StdEncoding.EncodedLen(len(piece)))
		decoded, err := strict.Decode(piece[:], b[:n])
		if err != nil || n < len(b) && decoded < len(piece) || bytes.ContainsAny(b[:n], "\r\n") {
			return false
		}
		b = b[n:]
	}
	return true
}

var strict = base64.StdEncoding.Strict()
