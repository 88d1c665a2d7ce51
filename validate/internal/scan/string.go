package scan

import (
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

// strictBase64 reports whether b is the one spelling of its bytes in base64
// (RFC 4648, section 4): encoding/json also takes line breaks in it, and bits
// behind the end that belong to no byte.
func strictBase64(b []byte) bool {
	if len(b)%4 != 0 {
		return false
	}
	pad := 0
	for pad < 2 && pad < len(b) && b[len(b)-1-pad] == '=' {
		pad++
	}
	var last byte
	for _, c := range b[:len(b)-pad] {
		if last = sextet[c]; last == 0xff {
			return false
		}
	}
	return last&(1<<(2*pad)-1) == 0
}

// sextet holds the value of each letter of the alphabet, and 0xff for all else.
var sextet = func() (t [256]byte) {
	for c := range t {
		t[c] = 0xff
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	return t
}()
