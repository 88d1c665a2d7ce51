package scan

import (
	"bytes"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// space skips insignificant whitespace. Machines send none, so what is inlined
// only finds that out.
func (s *scanner) space() {
	if s.pos < len(s.in) && s.in[s.pos] <= ' ' {
		s.blanks()
	}
}

func (s *scanner) blanks() {
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

// token returns the type of the value that begins here, or 0.
func (s *scanner) token() plan.Token {
	if s.pos == len(s.in) {
		return 0
	}
	return tokens[s.in[s.pos]]
}

// next moves to the next element of a container, which has had i elements so far, and
// reports whether there is one. It reads the comma, or the closing bracket. Text that is
// neither makes the body malformed.
func (s *scanner) next(i int, closing byte) bool {
	s.space()
	switch {
	case s.pos == len(s.in):
	case s.in[s.pos] == closing:
		s.pos++
		return false
	case i == 0:
		return true
	case s.in[s.pos] == ',':
		s.pos++
		s.space()
		return true
	}
	return s.broken(plan.FaultSyntax)
}

var literals = [][]byte{[]byte("true"), []byte("false"), []byte("null")}

// literal reads true, false or null.
func (s *scanner) literal() bool {
	for _, word := range literals {
		if bytes.HasPrefix(s.in[s.pos:], word) {
			s.pos += len(word)
			return true
		}
	}
	return s.broken(plan.FaultSyntax)
}

// named steps behind name and a colon, if they are what is written here, letter
// by letter. Nothing in the name of a member must be escaped, so the quote that
// follows ends it.
func (s *scanner) named(name string) bool {
	rest := s.in[s.pos:]
	end := len(name) + 1
	if len(rest) < end+2 || rest[0] != '"' || rest[end] != '"' || rest[end+1] != ':' || string(rest[1:end]) != name || len(name) > plan.MaxName {
		return false
	}
	s.pos += end + 2
	s.space()
	return true
}

// name reads the name of a member of n, and the colon behind it, and returns
// which one it is: -1 if it is none, whose name is then overwritten.
func (s *scanner) name(n *plan.Node, next int) (i int, ok bool) {
	raw, saved, ok := s.rawName()
	switch {
	case !ok:
		return -1, false
	case len(raw) > plan.MaxName:
		return -1, s.tooMany(plan.FaultName.With("max", plan.MaxName))
	}
	if i = n.Lookup(s.plain(raw, saved), next); i < 0 {
		// What is refused is decoded as well, for its other faults, and
		// encoding/json would know this name in another case, or as that of a
		// field: its value would be made, which nobody counts, and judged.
		for at := range raw {
			raw[at] = nobody
		}
		return -1, s.fault(plan.FaultUnknown)
	}
	return i, true
}

// nobody is a character that no tag json can have in a name.
const nobody = 0x7f

// rawName reads the name of a member and the colon behind it. It returns the
// name as sent, and what its escapes save.
func (s *scanner) rawName() (raw []byte, saved int, ok bool) {
	if s.pos == len(s.in) || s.in[s.pos] != '"' {
		return nil, 0, s.broken(plan.FaultSyntax)
	}
	if raw, saved, ok = s.quoted(); !ok {
		return nil, 0, false
	}
	s.space()
	if s.pos == len(s.in) || s.in[s.pos] != ':' {
		return nil, 0, s.broken(plan.FaultSyntax)
	}
	s.pos++
	s.space()
	return raw, saved, true
}

// plain returns the name that raw stands for: "\u0061" is "a", and a duplicate
// of it. The result lives until the next string is read.
func (s *scanner) plain(raw []byte, saved int) []byte {
	if saved == 0 {
		return raw
	}
	s.tmp = jsonlex.Unescape(s.tmp[:0], raw)
	return s.tmp
}
