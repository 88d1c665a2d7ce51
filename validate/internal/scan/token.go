package scan

import (
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

// first steps behind the opening bracket, which is already read, and reports
// whether there is an element.
func (s *scanner) first(closing byte) (more, ok bool) {
	s.space()
	if s.pos == len(s.in) {
		return false, s.broken(plan.FaultSyntax)
	}
	if s.in[s.pos] == closing {
		s.pos++
		return false, true
	}
	return true, true
}

// next steps behind an element and reports whether another one follows.
func (s *scanner) next(closing byte) (more, ok bool) {
	s.space()
	if s.pos == len(s.in) {
		return false, s.broken(plan.FaultSyntax)
	}
	switch s.in[s.pos] {
	case ',':
		s.pos++
		s.space()
		return true, true
	case closing:
		s.pos++
		return false, true
	}
	return false, s.broken(plan.FaultSyntax)
}

func (s *scanner) literal(word string) bool {
	if len(s.in)-s.pos < len(word) || string(s.in[s.pos:s.pos+len(word)]) != word {
		return s.broken(plan.FaultSyntax)
	}
	s.pos += len(word)
	return true
}

func (s *scanner) boolean() bool {
	if s.in[s.pos] == 't' {
		return s.literal("true")
	}
	return s.literal("false")
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
