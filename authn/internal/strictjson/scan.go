package strictjson

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

const (
	MaxDepth   = 16  // of nesting, the outermost object included
	MaxMembers = 128 // of the objects around any one place
)

// Rules are the bounds of one object.
type Rules struct {
	Members    int  // as MaxMembers, and at most that
	PlainNames bool // no escapes in names
}

// A scanner reads one JSON object. The first fault that it meets ends it.
type scanner struct {
	text  string
	at    int
	fault error

	// names are those of the objects around the current position, raw. Objects
	// within objects share the array.
	names   [MaxMembers]string
	n       int
	sums    [MaxMembers]uint32 // of the first summed names
	summed  int
	rules   Rules
	escaped bool // the last string has escapes
	escapes bool // a name so far has
}

// Collect reads text, which must be one object, and stores the raw values of the
// members with the names of x, in their order. A case variant of one of these
// names is refused, and so are two members of any one name. The error is one of
// Errors.
func (x *Index) Collect(text string, rules Rules, values []string) error {
	if !utf8.ValidString(text) {
		return ErrUTF8
	}
	s := scanner{text: text, rules: rules}
	if s.space(); s.peek() != '{' {
		return ErrObject
	}
	s.at++
	for first := true; ; first = false {
		name, ok := s.member(0, first)
		if !ok {
			break
		}
		i := s.find(name, x)
		start := s.at
		if s.fault != nil || !s.value(1) {
			break
		}
		if i >= 0 {
			values[i] = s.text[start:s.at]
		}
	}
	if s.space(); s.fault == nil && s.at != len(s.text) {
		s.fault = ErrTrailing
	}
	return s.fault
}

// match returns the index of name among names, or -1.
func (s *scanner) match(name string, names []string) int {
	for i, n := range names {
		switch compareFold(name, n) {
		case same:
			return i
		case variant:
			s.fail(ErrVariant)
			return -1
		}
	}
	return -1
}

// member reads up to the value of the next member of an object whose names
// begin at base, or its end.
func (s *scanner) member(base int, first bool) (name string, ok bool) {
	s.space()
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
		s.space()
	}
	start := s.at
	if !s.str() {
		return "", false
	}
	name = s.text[start+1 : s.at-1]
	if s.escaped {
		if s.rules.PlainNames {
			return "", s.fail(ErrEscape)
		}
		s.escapes = true
	}
	if s.seen(base, name) {
		return "", s.fail(ErrDuplicate)
	}
	if s.n == s.rules.Members {
		return "", s.fail(ErrMembers)
	}
	s.summed = min(s.summed, s.n) // those behind it were of an object that is over
	s.names[s.n] = name
	s.n++
	if s.space(); s.peek() != ':' {
		return "", s.fail(ErrSyntax)
	}
	s.at++
	s.space()
	return name, true
}

// value skips a value inside of depth others.
func (s *scanner) value(depth int) bool {
	switch c := s.peek(); {
	case c == '"':
		return s.str()
	case c == '{' || c == '[':
		if depth == MaxDepth {
			return s.fail(ErrDepth)
		}
		s.at++
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.array(depth + 1)
	case c == '-' || isDigit(c):
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

func (s *scanner) object(depth int) bool {
	base := s.n
	for first := true; ; first = false {
		if _, ok := s.member(base, first); !ok {
			break
		}
		if !s.value(depth) {
			break
		}
	}
	s.n = base
	return s.fault == nil
}

func (s *scanner) array(depth int) bool {
	if s.space(); s.peek() == ']' {
		s.at++
		return true
	}
	for s.value(depth) {
		s.space()
		c := s.peek()
		s.at++
		if c == ']' {
			return true
		}
		if c != ',' {
			return s.fail(ErrSyntax)
		}
		s.space()
	}
	return false
}

// str skips a string.
func (s *scanner) str() bool {
	if s.peek() != '"' {
		return s.fail(ErrSyntax)
	}
	n, saved, fault := jsonlex.String(s.text[s.at:])
	switch fault {
	case jsonlex.OK:
		s.at += n
		s.escaped = saved > 0
		return true
	case jsonlex.Unfinished:
		return s.fail(ErrSyntax)
	}
	return s.fail(ErrString)
}

func (s *scanner) fail(err error) bool {
	if s.fault == nil {
		s.fault = err
	}
	return false
}

// peek returns the next byte, or 0 at the end, which no value begins with.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
