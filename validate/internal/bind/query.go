package bind

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// pairs reads a query or an urlencoded form from left to right, more strictly
// than url.ParseQuery, which it agrees with on all that it accepts: there is no
// empty pair, no pair without a name, no semicolon and no bad escape.
// url.URL.Query would drop what it cannot read and say nothing.
type pairs struct {
	rest string
	done bool
}

func readPairs(s string) pairs { return pairs{rest: s, done: s == ""} }

// next returns the next pair. ok is false at the end and where the rest cannot
// be read, which bad tells.
func (p *pairs) next() (name, value string, ok, bad bool) {
	if p.done {
		return "", "", false, false
	}
	pair, rest, more := strings.Cut(p.rest, "&")
	p.rest, p.done = rest, !more
	name, value, _ = strings.Cut(pair, "=")
	if strings.IndexByte(pair, ';') >= 0 {
		return "", "", false, true
	}
	name, fine := unescapeParam(name)
	value, fine2 := unescapeParam(value)
	if !fine || !fine2 || name == "" {
		return "", "", false, true
	}
	return name, value, true, false
}

// unescapeParam decodes s (application/x-www-form-urlencoded of the WHATWG URL
// standard: RFC 3986 escapes, and + for a space). It is s itself, and allocates
// nothing, if there is nothing to decode.
func unescapeParam(s string) (string, bool) {
	i := strings.IndexAny(s, "%+")
	if i < 0 {
		return s, true
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for ; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			b = append(b, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high > 15 || low > 15 {
				return "", false
			}
			b = append(b, high<<4|low)
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

// unhex returns the value of a hexadecimal digit, or more than 15.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// An entry is one value that was sent.
type entry struct {
	value string
	param uint8
	file  uint8 // index among the files, from 1; 0 is none
}

// entries are the values of one source, until all of them are read: how many
// there are for a list is known before room is made for any.
type entries struct {
	list  [plan.MaxParams]entry
	n     int
	files []plan.File
}

// flat reads a query or an urlencoded form into e. Names are compared exactly,
// and brackets and dots in them mean nothing: what expands "a[999999999]" makes
// room for as many.
func (b *Binder) flat(in *plan.Input, s plan.Source, raw string, e *entries) bool {
	for p, count := readPairs(raw), 0; ; {
		name, value, ok, bad := p.next()
		switch {
		case bad:
			return in.End(s, plan.FaultQuerySyntax)
		case !ok:
			return true
		}
		if count++; count > plan.MaxParams {
			return in.End(s, plan.FaultParams.With("max", plan.MaxParams))
		}
		if p := b.known(in, s, name); p != nil {
			b.keep(in, e, p, entry{value: value, param: uint8(p.Place)})
		}
	}
}

// known returns the parameter called name, or nil.
func (b *Binder) known(in *plan.Input, s plan.Source, name string) *plan.Parameter {
	for _, p := range b.Params[s] {
		if p.Name == name {
			return p
		}
	}
	switch {
	case s == plan.InQuery && b.otherQuery[name]:
	case !utf8.ValidString(name):
		in.Broken(s, plan.FaultUTF8)
	default:
		in.Broken(s, plan.FaultUnknownParam)
	}
	return nil
}

// keep notes one value of p. Of a scalar that is sent twice neither value is
// the right one.
func (b *Binder) keep(in *plan.Input, e *entries, p *plan.Parameter, v entry) {
	if in.Has(p) && (!p.List || p.Comma) {
		in.Fault(p, plan.FaultRepeated)
		return
	}
	in.Given[p.In] |= 1 << p.Place
	switch isFile := v.file != 0; {
	case p.File && !isFile:
		in.Fault(p, faultNoFile)
		return
	case !p.File && isFile:
		in.Fault(p, faultNotText)
		return
	}
	e.list[e.n] = v
	e.n++
}
