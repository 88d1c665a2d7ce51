package bind

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// parsePair reads one name=value of a query or an urlencoded form, more strictly than
// url.ParseQuery, with which it agrees on all pairs that it accepts: there is no pair
// without a name, no semicolon and no bad escape. url.URL.Query would silently drop a
// pair that it cannot read.
func parsePair(pair string) (name, value string, ok bool) {
	name, value, _ = strings.Cut(pair, "=")
	name, badName := url.QueryUnescape(name)
	value, badValue := url.QueryUnescape(value)
	return name, value, badName == nil && badValue == nil && name != "" && !strings.Contains(pair, ";")
}

// An entry is one value that was sent.
type entry struct {
	value string
	param uint8
	file  uint8 // index in entries.files, from 1; 0: it is not a file
}

// entries are all values of one source. They are collected first, so that the length of a
// list is known before memory is allocated for it.
type entries struct {
	list  [plan.MaxParams]entry
	n     int
	files []plan.File
	empty uint64 // the places of the parameters whose empty text was skipped
}

// readPairs reads a query or an urlencoded form into e, from left to right. Names are compared
// exactly, and brackets and dots in them mean nothing: a parser that expands
// "a[999999999]" makes room for that many elements.
func (b *Binder) readPairs(in *plan.Input, s plan.Source, raw string, e *entries) bool {
	if raw == "" {
		return true
	}
	count := 0
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, ok := parsePair(pair)
		if !ok {
			return in.End(s, plan.FaultQuerySyntax)
		}
		if count++; count > plan.MaxParams {
			return in.End(s, plan.FaultParams.With("max", plan.MaxParams))
		}
		if p := b.lookup(in, s, name); p != nil {
			b.addEntry(in, e, p, entry{value: value, param: uint8(p.Place)})
		}
	}
	return true
}

// lookup returns the parameter called name, or nil.
func (b *Binder) lookup(in *plan.Input, s plan.Source, name string) *plan.Parameter {
	for _, p := range b.Params[s] {
		if p.Name == name {
			return p
		}
	}
	switch {
	case s == plan.InQuery && slices.Contains(b.OtherQuery, name):
	case !utf8.ValidString(name):
		in.Broken(s, plan.FaultUTF8)
	case s == plan.InForm && b.Ignore.Field(b.Params[s], name):
		in.Ignore(name)
	default:
		in.Broken(s, plan.FaultUnknownParam)
	}
	return nil
}

// addEntry adds one value of p to the entries. If a scalar is sent twice, neither value is the
// right one, and it is a fault.
func (b *Binder) addEntry(in *plan.Input, e *entries, p *plan.Parameter, v entry) {
	if (in.Has(p) || e.empty&(1<<p.Place) != 0) && (!p.List || p.Comma) {
		in.Fault(p, plan.FaultRepeated)
		return
	}
	if p.Skip && v.value == "" && v.file == 0 {
		e.empty |= 1 << p.Place
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
