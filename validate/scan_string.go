package validate

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// special marks the bytes that end the run of plain ones inside a string.
var special = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

const (
	ones  = 0x0101010101010101 // every byte of a word: times 'x' it is eight x
	highs = 0x8080808080808080
)

// specials looks at eight bytes as one number, in which each has a high bit of
// its own to answer with. A byte from 0x80 on is plain. Of one below it, c-n sets
// that bit if c is less than n: than 1 once '\\' has been made 0, and than 0x21
// once '"' has been made 0x20, which makes a space 0x22 and leaves the control
// characters below 0x20. The subtraction borrows from the byte behind one that
// has answered, so only the first answer counts.
func specials(w uint64) uint64 {
	quote := (w ^ ones*2) - ones*0x21
	slash := (w ^ ones*'\\') - ones
	return (quote | slash) &^ w & highs
}

// plainRun returns how many bytes of b, from the first on, are not special.
func plainRun(b []byte) int {
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		if found := specials(binary.LittleEndian.Uint64(b[i:])); found != 0 {
			return i + bits.TrailingZeros64(found)/8 // the lowest byte is the first
		}
	}
	for i < len(b) && !special[b[i]] {
		i++
	}
	return i
}

// quoted reads the string that begins here and returns what is between the
// quotes, and how many bytes shorter it is without its escapes: 0 means that
// there are none.
func (s *scanner) quoted() (raw []byte, saved int, ok bool) {
	in := s.in[s.pos+1:]
	i := plainRun(in)
	for i < len(in) {
		switch in[i] {
		case '"':
			s.pos += i + 2
			return in[:i], saved, true
		case '\\':
			n, short, bad := escape(in[i:])
			if n == 0 {
				return nil, 0, s.broken(bad)
			}
			saved += short
			i += n
			i += plainRun(in[i:])
		default:
			return nil, 0, s.broken(faultSyntax)
		}
	}
	return nil, 0, s.broken(faultSyntax)
}

// escape returns the length of the escape sequence at the beginning of b and
// how much shorter the character is that it stands for.
func escape(b []byte) (n, saved int, bad fault) {
	if len(b) < 2 {
		return 0, 0, faultSyntax
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, 1, fault{}
	case 'u':
		c := hex4(b[2:])
		switch {
		case c < 0:
			return 0, 0, faultSyntax
		case !utf16.IsSurrogate(c):
			return 6, 6 - utf8.RuneLen(c), fault{}
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if low := hex4(b[8:]); utf16.DecodeRune(c, low) != utf8.RuneError {
				return 12, 8, fault{}
			}
		}
		return 0, 0, faultSurrogate
	}
	return 0, 0, faultSyntax
}

// hex4 returns the value of four hexadecimal digits, or -1.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape appends raw, which quoted has accepted, without its escapes.
func unescape(to, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			to = append(to, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'b':
			to = append(to, '\b')
		case 'f':
			to = append(to, '\f')
		case 'n':
			to = append(to, '\n')
		case 'r':
			to = append(to, '\r')
		case 't':
			to = append(to, '\t')
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hex4(raw[i+3:]))
				i += 6
			}
			to = utf8.AppendRune(to, r)
		default:
			to = append(to, c)
		}
	}
	return to
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
