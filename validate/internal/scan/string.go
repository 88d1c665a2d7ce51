package scan

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// quoted reads the string that begins here and returns what is between the
// quotes, and how many bytes shorter it is without its escapes: 0 means that
// there are none.
func (s *scanner) quoted() (raw []byte, saved int, ok bool) {
	n, saved, bad := jsonlex.String(s.in[s.pos:])
	switch bad {
	case jsonlex.OK:
	case jsonlex.Surrogate:
		return nil, 0, s.broken(plan.FaultSurrogate)
	default:
		return nil, 0, s.broken(plan.FaultSyntax)
	}
	raw = s.in[s.pos+1 : s.pos+n-1]
	s.pos += n
	return raw, saved, true
}

// str scans a string that belongs here.
func (s *scanner) str(p *plan.Slot) bool {
	raw, saved, ok := s.quoted()
	switch {
	case !ok:
		return false
	case len(raw)-saved > p.MaxBytes:
		return s.tooMany(p.Length.TooLong(p.MaxBytes))
	case p.Length != nil && len(raw)-saved > p.Length.Most && utf8.RuneCount(s.plain(raw, saved)) > p.Length.Most:
		return s.fault(p.Length.Fault)
	case p.Node.Kind != plan.KindBytes:
		return true
	}
	return strictBase64(s.plain(raw, saved)) || s.fault(plan.FaultBase64)
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
