package validate

import (
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// quoted reads the string that begins here and returns what is between the
// quotes, and how many bytes shorter it is without its escapes: 0 means that
// there are none.
func (s *scanner) quoted() (raw []byte, saved int, ok bool) {
	n, saved, bad := jsonlex.String(s.in[s.pos:])
	switch bad {
	case jsonlex.OK:
	case jsonlex.Surrogate:
		return nil, 0, s.broken(faultSurrogate)
	default:
		return nil, 0, s.broken(faultSyntax)
	}
	raw = s.in[s.pos+1 : s.pos+n-1]
	s.pos += n
	return raw, saved, true
}

// str scans a string that belongs here.
func (s *scanner) str(p *slot) bool {
	raw, saved, ok := s.quoted()
	switch {
	case !ok:
		return false
	case len(raw)-saved > p.maxBytes:
		return s.tooMany(p.length.tooLong(p.maxBytes))
	case p.length != nil && len(raw)-saved > p.length.most && utf8.RuneCount(s.plain(raw, saved)) > p.length.most:
		return s.fault(p.length.fault)
	case p.node.kind != kindBytes:
		return true
	}
	return strictBase64(s.plain(raw, saved)) || s.fault(faultBase64)
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
