package strictjson

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

const (
	MaxDepth   = 16  // levels of nesting, including the outermost object
	MaxMembers = 128 // members so far of the current object and of all objects around it
)

// Rules are the bounds of one object.
type Rules struct {
	Members    int  // the bound in place of MaxMembers; at most MaxMembers
	PlainNames bool // refuse escapes in names
	Closed     bool // refuse a member that is not in the Index
}

// A scanner reads one JSON object. It stops at the first fault.
type scanner struct {
	text  string
	at    int
	fault error

	// names[:n] are the raw names of the members so far, of the current object and of all
	// objects around it, outermost first.
	names         [MaxMembers]string
	n             int
	hashes        [MaxMembers]uint32 // of names[:hashed]
	hashed        int
	rules         Rules
	stringEscaped bool // the last string has escapes
	nameEscaped   bool // a name so far has escapes
}

// Collect reads text, which must be one object, and stores the raw values of the
// members with the names of x in values, in the order of x. It refuses a case variant
// of one of these names, and two members with the same name. The error is one of
// Errors.
func (x *Index) Collect(text string, rules Rules, values []string) error {
	if !utf8.ValidString(text) {
		return ErrUTF8
	}
	s := scanner{text: text, rules: rules}
	if s.skipSpace(); s.peek() != '{' {
		return ErrObject
	}
	s.at++
	for first := true; ; first = false {
		name, ok := s.nextMember(0, first)
		if !ok {
			break
		}
		i := s.find(name, x)
		if i < 0 && rules.Closed {
			s.fail(ErrUnknown)
		}
		start := s.at
		if s.fault != nil || !s.skipValue(1) {
			break
		}
		if i >= 0 {
			values[i] = s.text[start:s.at]
		}
	}
	if s.skipSpace(); s.fault == nil && s.at != len(s.text) {
		s.fault = ErrTrailing
	}
	return s.fault
}

// match returns the index of name among names, or -1. A case variant of one of names
// is a fault, unless exact has the bit of that name.
func (s *scanner) match(name string, names []string, exact uint64) int {
	for i, n := range names {
		switch compareFold(name, n) {
		case same:
			return i
		case variant:
			if exact>>i&1 == 0 {
				s.fail(ErrVariant)
				return -1
			}
		}
	}
	return -1
}

// nextMember moves to the value of the next member of the object whose names begin at
// base, and returns the name. ok is false at the end of the object, and for a fault.
func (s *scanner) nextMember(base int, first bool) (name string, ok bool) {
	s.skipSpace()
	if s.fault != nil {
		return "", false
	}
	if s.peek() == '}' {
		s.at++
		return "", false
	}
	if !first {
		if s.peek() != ',' {
			return "", s.fail(ErrSyntax)
		}
		s.at++
		s.skipSpace()
	}
	start := s.at
	if !s.skipString() {
		return "", false
	}
	name = s.text[start+1 : s.at-1]
	if s.stringEscaped {
		if s.rules.PlainNames {
			return "", s.fail(ErrEscape)
		}
		s.nameEscaped = true
	}
	if s.isDuplicate(base, name) {
		return "", s.fail(ErrDuplicate)
	}
	if s.n == s.rules.Members {
		return "", s.fail(ErrMembers)
	}
	s.hashed = min(s.hashed, s.n) // the hashes from s.n on belong to an object that has ended
	s.names[s.n] = name
	s.n++
	if s.skipSpace(); s.peek() != ':' {
		return "", s.fail(ErrSyntax)
	}
	s.at++
	s.skipSpace()
	return name, true
}

// skipValue skips a value that is inside of depth objects and arrays.
func (s *scanner) skipValue(depth int) bool {
	switch c := s.peek(); {
	case c == '"':
		return s.skipString()
	case c == '{' || c == '[':
		if depth == MaxDepth {
			return s.fail(ErrDepth)
		}
		s.at++
		if c == '{' {
			return s.skipObject(depth + 1)
		}
		return s.skipArray(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		n, _ := jsonlex.Number(s.text[s.at:])
		s.at += n
		return n > 0 || s.fail(ErrSyntax)
	}
	for _, literal := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.at:], literal) {
			s.at += len(literal)
			return true
		}
	}
	return s.fail(ErrSyntax)
}

func (s *scanner) skipObject(depth int) bool {
	base := s.n
	for first := true; ; first = false {
		if _, ok := s.nextMember(base, first); !ok {
			break
		}
		if !s.skipValue(depth) {
			break
		}
	}
	s.n = base
	return s.fault == nil
}

func (s *scanner) skipArray(depth int) bool {
	if s.skipSpace(); s.peek() == ']' {
		s.at++
		return true
	}
	for s.skipValue(depth) {
		s.skipSpace()
		c := s.peek()
		s.at++
		if c == ']' {
			return true
		}
		if c != ',' {
			return s.fail(ErrSyntax)
		}
		s.skipSpace()
	}
	return false
}

// skipString skips a string, and notes in s.stringEscaped whether it has escapes.
func (s *scanner) skipString() bool {
	if s.peek() != '"' {
		return s.fail(ErrSyntax)
	}
	n, saved, fault := jsonlex.String(s.text[s.at:])
	switch fault {
	case jsonlex.OK:
		s.at += n
		s.stringEscaped = saved > 0
		return true
	case jsonlex.Unfinished:
		return s.fail(ErrSyntax)
	}
	return s.fail(ErrString)
}

// fail keeps err if it is the first fault. It returns false, so that the caller can
// return the result of fail.
func (s *scanner) fail(err error) bool {
	if s.fault == nil {
		s.fault = err
	}
	return false
}

// peek returns the next byte. At the end it returns 0, with which no value begins.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) skipSpace() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}
