package validate

import (
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

func newBinder(plan *compiled, memory, file int64, path func(*http.Request, string) string, strictQuery bool, otherQuery []string) *binder {
	b := &binder{memory: memory, file: file, params: plan.params, presets: plan.presets, tidy: plan.tidy, path: path, strictQuery: strictQuery, otherQuery: make(map[string]bool, len(otherQuery))}
	if path == nil {
		b.path, b.pathOfMux = (*http.Request).PathValue, true
	}
	for _, name := range otherQuery {
		b.otherQuery[name] = true
	}
	return b
}

// bind reads path, query and header into v, the zero value or what the defaults
// have left of it, and notes what is wrong. The error is one of the program.
//
// A request that is accepted costs no allocation here beyond those of its
// values: text behind an escape, lists, pointers, types that decode text.
func (b *binder) bind(in *input, r *http.Request, v reflect.Value) error {
	if err := b.bindPath(in, r, v); err != nil {
		return err
	}
	b.bindQuery(in, r, v)
	b.bindHeader(in, r, v)
	return nil
}

func (b *binder) bindQuery(in *input, r *http.Request, v reflect.Value) {
	if len(b.params[inQuery]) > 0 || b.strictQuery && r.URL.RawQuery != "" {
		var e entries
		if b.flat(in, inQuery, r.URL.RawQuery, &e) {
			b.fill(in, inQuery, &e, v)
		}
	}
}

// errWildcard is the mistake of a program that reads a part of the path that
// its pattern does not name.
var errWildcard = errors.New("validate: the pattern of the route has no wildcard of the name of a path parameter")

func (b *binder) bindPath(in *input, r *http.Request, v reflect.Value) error {
	for _, p := range b.params[inPath] {
		value := b.path(r, p.name)
		switch {
		case value != "", b.pathOfMux && strings.Contains(r.Pattern, "{"+p.name+"...}"):
			in.given[inPath] |= 1 << p.place
			b.scalar(in, p, v, value)
		case b.pathOfMux && !strings.Contains(r.Pattern, "{"+p.name+"}"):
			return httperr.ErrInternal.With(errWildcard)
		default:
			in.fault(p, faultRequired)
		}
	}
	return nil
}

// bindHeader reads header fields. A field that is not a list and comes twice
// is refused: which of the two a proxy before us has looked at, nobody knows.
func (b *binder) bindHeader(in *input, r *http.Request, v reflect.Value) {
	for _, p := range b.params[inHeader] {
		lines := r.Header[p.name]
		switch {
		case len(lines) == 0:
			if p.required {
				in.fault(p, faultRequired)
			}
			continue
		case len(lines) > 1 && !p.list:
			in.fault(p, faultRepeated)
			continue
		}
		in.given[inHeader] |= 1 << p.place
		if !p.list {
			b.scalar(in, p, v, lines[0])
			continue
		}
		n := len(lines)
		if p.comma {
			n = 0
			for _, line := range lines {
				n += items(line)
			}
		}
		l, ok := b.room(in, p, n)
		for i := 0; ok && i < len(lines); i++ {
			ok = l.line(in, lines[i], p.comma)
		}
		if ok {
			v.FieldByIndex(p.index).Set(l.value)
		}
	}
}

// fill stores the entries of one source in v, and notes what is missing.
func (b *binder) fill(in *input, s source, e *entries, v reflect.Value) {
	for _, p := range b.params[s] {
		if p.required && !in.has(p) {
			in.fault(p, faultRequired)
		}
	}
	var done uint64
	for i := range e.n {
		p := b.params[s][e.list[i].param]
		switch {
		case p.list:
			if done&(1<<p.place) == 0 {
				done |= 1 << p.place
				b.fillList(in, p, e, i, v)
			}
		case p.file:
			b.storeFile(in, p, v.FieldByIndex(p.index), &e.files[e.list[i].file-1])
		default:
			b.scalar(in, p, v, e.list[i].value)
		}
	}
}

// fillList stores all values of a list, of which the first is entry number i.
func (b *binder) fillList(in *input, p *parameter, e *entries, i int, v reflect.Value) {
	n := 0
	for _, other := range e.list[i:e.n] {
		if int(other.param) == p.place {
			n++
		}
	}
	if p.comma {
		n = items(e.list[i].value)
	}
	l, ok := b.room(in, p, n)
	for _, other := range e.list[i:e.n] {
		switch {
		case !ok || int(other.param) != p.place:
		case p.file:
			ok = b.storeFile(in, p, l.add(), &e.files[other.file-1])
		default:
			ok = l.line(in, other.value, p.comma)
		}
	}
	if ok {
		v.FieldByIndex(p.index).Set(l.value)
	}
}

// scalar stores the one value of p.
func (b *binder) scalar(in *input, p *parameter, v reflect.Value, s string) {
	dst := v.FieldByIndex(p.index)
	if p.pointer {
		dst.Set(reflect.New(p.typ))
		dst = dst.Elem()
	}
	if f, ok := p.store(dst, s); !ok {
		in.fault(p, f)
	}
}

// A filling is a list that values are being added to.
type filling struct {
	p     *parameter
	value reflect.Value
	n     int
}

// room makes room for n values, if that is not too many.
func (b *binder) room(in *input, p *parameter, n int) (filling, bool) {
	size := max(1, int64(p.typ.Size()))
	switch {
	case n > p.maxItems:
		in.fault(p, faultMaxItems.with("max", p.maxItems))
		return filling{}, false
	case int64(n) > (b.memory-in.memory)/size:
		in.memory = b.memory
		in.fault(p, faultMemory)
		return filling{}, false
	case n > maxListItems-in.items:
		in.items = maxListItems
		in.fault(p, faultListItems.with("max", maxListItems))
		return filling{}, false
	}
	in.items, in.memory = in.items+n, in.memory+int64(n)*size
	return filling{p: p, value: reflect.MakeSlice(p.slice, n, n)}, true
}

func (l *filling) add() reflect.Value {
	l.n++
	return l.value.Index(l.n - 1)
}

// line adds one value as sent: an item, or several with commas between.
func (l *filling) line(in *input, s string, comma bool) bool {
	if !comma {
		return l.item(in, s)
	}
	if s == "" {
		return true // a list of nothing
	}
	for item := range strings.SplitSeq(s, ",") {
		if traits[l.p.in].lines {
			item = strings.Trim(item, " \t") // RFC 9110, section 5.6.1
		}
		if item == "" {
			in.fault(l.p, faultEmptyItem)
			return false
		}
		if !l.item(in, item) {
			return false
		}
	}
	return true
}

func (l *filling) item(in *input, s string) bool {
	f, ok := l.p.store(l.add(), s)
	if !ok {
		in.fault(l.p, f)
	}
	return ok
}

// items returns how many items a value with commas has.
func items(s string) int {
	if s == "" {
		return 0
	}
	return strings.Count(s, ",") + 1
}
