package scan

import (
	"bytes"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// skipSpace skips insignificant whitespace. Most bodies have none, so only the check for that is
// inlined.
func (s *scanner) skipSpace() {
	if s.pos < len(s.in) && s.in[s.pos] <= ' ' {
		s.skipSpaces()
	}
}

func (s *scanner) skipSpaces() {
	for s.pos < len(s.in) {
		switch s.in[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// tokens holds the type of the value that begins with a byte, or 0.
var tokens = func() (t [256]plan.Token) {
	for c := '0'; c <= '9'; c++ {
		t[c] = plan.TokNumber
	}
	t['-'], t['"'], t['{'], t['['] = plan.TokNumber, plan.TokString, plan.TokObject, plan.TokArray
	t['t'], t['f'], t['n'] = plan.TokBool, plan.TokBool, plan.TokNull
	return t
}()

// peekType returns the type of the value that begins at the position of the scan, or 0.
func (s *scanner) peekType() plan.Token {
	if s.pos == len(s.in) {
		return 0
	}
	return tokens[s.in[s.pos]]
}

// next moves to the next element of a container, which has had i elements so far, and
// reports whether there is one. It reads the comma, or the closing bracket. Text that is
// neither makes the body malformed.
func (s *scanner) next(i int, closing byte) bool {
	s.skipSpace()
	switch {
	case s.pos == len(s.in):
	case s.in[s.pos] == closing:
		s.pos++
		return false
	case i == 0:
		return true
	case s.in[s.pos] == ',':
		s.pos++
		s.skipSpace()
		return true
	}
	return s.stopMalformed(plan.FaultSyntax)
}

var literals = [][]byte{[]byte("true"), []byte("false"), []byte("null")}

// readLiteral reads true, false or null.
func (s *scanner) readLiteral() bool {
	for _, word := range literals {
		if bytes.HasPrefix(s.in[s.pos:], word) {
			s.pos += len(word)
			return true
		}
	}
	return s.stopMalformed(plan.FaultSyntax)
}

// matchName reads name and a colon, if the body has them at the position of the scan, letter
// by letter. No character in the name of a member must be escaped, so the next quote ends
// the name. New refuses names that are too long.
func (s *scanner) matchName(name string) bool {
	rest, end := s.in[s.pos:], len(name)+1
	if len(rest) < end+2 || rest[0] != '"' || rest[end] != '"' || rest[end+1] != ':' || string(rest[1:end]) != name {
		return false
	}
	s.pos += end + 2
	s.skipSpace()
	return true
}

// readMember reads the name of a member of n, and the colon after it, and returns
// the index of the member. For an unknown name it returns -1.
func (s *scanner) readMember(n *plan.Node, next int) (i int, ok bool) {
	start := s.pos + 1
	raw, saved, ok := s.readName()
	switch {
	case !ok:
		return -1, false
	case len(raw) > plan.MaxName:
		return -1, s.addUnsafe(plan.FaultName.With("max", plan.MaxName))
	}
	name := s.unescape(raw, saved)
	switch i = n.Lookup(name, next); {
	case i >= 0:
		return i, true
	case s.Ignore.Member(n, name):
		s.Ignored++
		s.noteKey(name, start, len(raw))
	default:
		overwrite(raw)
		return -1, s.addFault(plan.FaultUnknown)
	}
	return -1, true
}

// skipUnknown scans the value of an unknown member of an object with that many ignored ones.
func (s *scanner) skipUnknown(ignored int) bool {
	if ignored > s.Items && !s.Unsafe && !s.addUnsafe(plan.FaultMaxMembers.With("max", s.Items)) {
		return false
	}
	return s.skip(s.peekType(), unread)
}

// closeIgnored ends an object whose ignored members have the names in s.keys from base on. Like
// all members, they have different names.
func (s *scanner) closeIgnored(base int) bool {
	names := s.keys[base:]
	s.path[len(s.path)-1].index = hidden
	if !s.checkUnique(base) {
		return false
	}
	for _, k := range names {
		overwrite(s.in[k.start:k.end])
	}
	return true
}

// overwrite makes raw, an unknown name, one that encoding/json does not know either. It ignores
// case, and knows fields by other names. It would then decode a value whose memory is not
// counted, and the rules would run on it. A refused body is decoded as well, for its other
// faults.
func overwrite(raw []byte) {
	for at := range raw {
		raw[at] = noName
	}
}

// noName is a character that no tag json can have in a name.
const noName = 0x7f

// readName reads the name of a member and the colon after it. It returns the
// name as sent, and the number of bytes that decoding its escapes saves.
func (s *scanner) readName() (raw []byte, saved int, ok bool) {
	if s.pos == len(s.in) || s.in[s.pos] != '"' {
		return nil, 0, s.stopMalformed(plan.FaultSyntax)
	}
	if raw, saved, ok = s.readString(); !ok {
		return nil, 0, false
	}
	s.skipSpace()
	if s.pos == len(s.in) || s.in[s.pos] != ':' {
		return nil, 0, s.stopMalformed(plan.FaultSyntax)
	}
	s.pos++
	s.skipSpace()
	return raw, saved, true
}

// unescape returns the text that raw stands for: "\u0061" is "a", and so a duplicate
// of it. The result is valid until the next string is read.
func (s *scanner) unescape(raw []byte, saved int) []byte {
	if saved == 0 {
		return raw
	}
	s.tmp = jsonlex.Unescape(s.tmp[:0], raw)
	return s.tmp
}
