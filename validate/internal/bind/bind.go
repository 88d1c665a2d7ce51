// Package bind reads path, query, header and form into the fields of a value.
package bind

import (
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A Binder reads the fields of path, query, header and form, and stores the
// defaults.
type Binder struct {
	Memory      int64 // the bytes that the lists may take
	File        int64 // the bytes that one file may have
	Params      [plan.Sources][]*plan.Parameter
	Presets     []plan.Preset
	Normalizer  *plan.Normalizer // nil: there are no mods
	Path        func(*http.Request, string) string
	pathOfMux   bool // Path is Request.PathValue, and Request.Pattern has the names
	StrictQuery bool
	OtherQuery  []string     // parameters of the query that are admitted and not read
	Ignore      *plan.Ignore // the unknown fields of a form that are ignored
}

// New completes a Binder.
func New(b Binder) *Binder {
	if b.Path == nil {
		b.Path, b.pathOfMux = (*http.Request).PathValue, true
	}
	return &b
}

// Bind makes v, a zero value, the value before its body is decoded: it stores the
// defaults, then reads path, query and header. It notes the faults of the request in in;
// its error is a mistake of the program.
//
// A request that is accepted costs no allocation here beyond those of its
// values: text behind an escape, lists, pointers, types that decode text.
func (b *Binder) Bind(in *plan.Input, r *http.Request, v reflect.Value) error {
	b.StoreDefaults(v)
	if err := b.bindPath(in, r, v); err != nil {
		return err
	}
	b.bindQuery(in, r, v)
	b.bindHeader(in, r, v)
	return nil
}

// StoreDefaults stores the values of the tags default in v.
func (b *Binder) StoreDefaults(v reflect.Value) {
	for i := range b.Presets {
		b.Presets[i].Store(v)
	}
}

func (b *Binder) bindQuery(in *plan.Input, r *http.Request, v reflect.Value) {
	if len(b.Params[plan.InQuery]) > 0 || b.StrictQuery && r.URL.RawQuery != "" {
		var e entries
		if b.readPairs(in, plan.InQuery, r.URL.RawQuery, &e) {
			b.storeEntries(in, plan.InQuery, &e, v)
		}
	}
}

// errWildcard is a mistake of the program: a path parameter that the pattern of the route
// does not name.
var errWildcard = errors.New("validate: the pattern of the route has no wildcard of the name of a path parameter")

func (b *Binder) bindPath(in *plan.Input, r *http.Request, v reflect.Value) error {
	for _, p := range b.Params[plan.InPath] {
		value := b.Path(r, p.Name)
		switch {
		case value != "", b.pathOfMux && strings.Contains(r.Pattern, "{"+p.Name+"...}"):
			in.Given[plan.InPath] |= 1 << p.Place
			b.storeScalar(in, p, v, value)
		case b.pathOfMux && !strings.Contains(r.Pattern, "{"+p.Name+"}"):
			return httperr.ErrInternal.With(errWildcard)
		default:
			in.Fault(p, plan.FaultRequired)
		}
	}
	return nil
}

// bindHeader reads header fields. A field that is not a list and comes twice is refused,
// because a proxy before this service may have used either of the two.
func (b *Binder) bindHeader(in *plan.Input, r *http.Request, v reflect.Value) {
	for _, p := range b.Params[plan.InHeader] {
		lines := r.Header[p.Name]
		switch {
		case len(lines) == 0:
			if p.Required {
				in.Fault(p, plan.FaultRequired)
			}
			continue
		case len(lines) > 1 && !p.List:
			in.Fault(p, plan.FaultRepeated)
			continue
		}
		in.Given[plan.InHeader] |= 1 << p.Place
		if !p.List {
			b.storeScalar(in, p, v, lines[0])
			continue
		}
		n := 0
		for _, line := range lines {
			n += countItems(p, line)
		}
		l, ok := b.reserve(in, p, n)
		for i := 0; ok && i < len(lines); i++ {
			ok = l.addLine(in, lines[i])
		}
		if ok {
			v.FieldByIndex(p.Index).Set(l.value)
		}
	}
}

// storeEntries stores the entries of one source in v, and notes the required parameters that are
// missing.
func (b *Binder) storeEntries(in *plan.Input, s plan.Source, e *entries, v reflect.Value) {
	for _, p := range b.Params[s] {
		switch sent := in.Has(p); {
		case !sent && p.Required:
			in.Fault(p, plan.FaultRequired)
		case sent && p.List:
			b.storeList(in, p, e, v)
		}
	}
	for i := range e.n {
		switch p := b.Params[s][e.list[i].param]; {
		case p.List:
		case p.File:
			b.storeFile(in, p, v.FieldByIndex(p.Index), &e.files[e.list[i].file-1])
		default:
			b.storeScalar(in, p, v, e.list[i].value)
		}
	}
}

// storeList stores all values of a list.
func (b *Binder) storeList(in *plan.Input, p *plan.Parameter, e *entries, v reflect.Value) {
	n := 0
	for _, sent := range e.list[:e.n] {
		if int(sent.param) == p.Place {
			n += countItems(p, sent.value)
		}
	}
	l, ok := b.reserve(in, p, n)
	for _, sent := range e.list[:e.n] {
		switch {
		case !ok || int(sent.param) != p.Place:
		case p.File:
			ok = b.storeFile(in, p, l.add(), &e.files[sent.file-1])
		default:
			ok = l.addLine(in, sent.value)
		}
	}
	if ok {
		v.FieldByIndex(p.Index).Set(l.value)
	}
}

// storeScalar stores the one value of p.
func (b *Binder) storeScalar(in *plan.Input, p *plan.Parameter, v reflect.Value, s string) {
	dst := v.FieldByIndex(p.Index)
	if p.Pointer {
		dst.Set(reflect.New(p.Typ))
		dst = dst.Elem()
	}
	if f, ok := p.Store(dst, s); !ok {
		in.Fault(p, f)
	}
}

// A listBuilder is a list to which values are added.
type listBuilder struct {
	p     *plan.Parameter
	value reflect.Value
	n     int
}

// reserve makes room for n values, unless n is over a limit.
func (b *Binder) reserve(in *plan.Input, p *plan.Parameter, n int) (listBuilder, bool) {
	size := max(1, int64(p.Typ.Size()))
	switch {
	case n > p.MaxItems:
		in.Fault(p, plan.FaultMaxItems.With("max", p.MaxItems))
		return listBuilder{}, false
	case int64(n) > (b.Memory-in.Memory)/size:
		in.Memory = b.Memory
		in.Fault(p, plan.FaultMemory)
		return listBuilder{}, false
	case n > plan.MaxListItems-in.Items:
		in.Items = plan.MaxListItems
		in.Fault(p, plan.FaultListItems.With("max", plan.MaxListItems))
		return listBuilder{}, false
	}
	in.Items, in.Memory = in.Items+n, in.Memory+int64(n)*size
	return listBuilder{p: p, value: reflect.MakeSlice(p.Slice, n, n)}, true
}

func (l *listBuilder) add() reflect.Value {
	l.n++
	return l.value.Index(l.n - 1)
}

// addLine adds one value as sent: an item, or several items with commas between them.
func (l *listBuilder) addLine(in *plan.Input, s string) bool {
	switch {
	case !l.p.Comma:
		return l.addItem(in, s)
	case s == "":
		return true // an empty list
	}
	for item := range strings.SplitSeq(s, ",") {
		if l.p.In == plan.InHeader {
			item = strings.Trim(item, " \t") // RFC 9110, section 5.6.1
		}
		if item == "" {
			in.Fault(l.p, plan.FaultEmptyItem)
			return false
		}
		if !l.addItem(in, item) {
			return false
		}
	}
	return true
}

func (l *listBuilder) addItem(in *plan.Input, s string) bool {
	f, ok := l.p.Store(l.add(), s)
	if !ok {
		in.Fault(l.p, f)
	}
	return ok
}

// countItems returns the number of items in one value of the list p, as sent.
func countItems(p *plan.Parameter, s string) int {
	switch {
	case !p.Comma:
		return 1
	case s == "":
		return 0
	}
	return strings.Count(s, ",") + 1
}

// NoteFacts notes the facts that the rules ask for about the parameters in v.
func (b *Binder) NoteFacts(in *plan.Input, v reflect.Value) {
	for _, params := range b.Params {
		for _, p := range params {
			switch w := p.Watch; {
			case w == nil:
			case in.Unsure(p):
				in.Known.Unknown |= w.All
			case in.Has(p):
				facts := w.Sent | w.There
				if len(w.Values) > 0 {
					facts |= w.Equal(plan.TextOf(v.FieldByIndex(p.Index)))
				}
				in.Known.Tell(w, facts)
			}
		}
	}
}

// Normalise runs the mods on the decoded value and on the defaults.
func (b *Binder) Normalise(v reflect.Value) {
	if b.Normalizer != nil {
		b.Normalizer.Run(v)
	}
}
