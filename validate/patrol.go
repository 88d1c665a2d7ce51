package validate

import (
	"context"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A patrol goes the walk through one value, until it has seen enough.
type patrol struct {
	*checker
	ctx      context.Context
	pointer  []byte
	inside   []byte // from where the pointer ends to where we are
	maps     int    // that we are in; a pointer ends at the outermost
	breaches []breach
	judging  bool // and not running rules
	faults   []httperr.Fault
	causes   []error
	noted    int // with those that say what another one has said
	cut      bool
	err      error
}

// enter runs the rules of a struct and of what it leads to, or asks the judges
// there.
func (p *patrol) enter(w *walk, v reflect.Value) {
	if p.cut {
		return
	}
	branches := w.judges
	if !p.judging {
		branches = w.branches
		if w.ruled {
			p.note(w, scope{}, p.validator.StructCtx(p.ctx, v.Addr().Interface()))
		}
	}
	length, inside := len(p.pointer), len(p.inside)
	for i := range branches {
		b := &branches[i]
		if b.outer != nil && v.FieldByIndex(b.outer).IsZero() {
			continue
		}
		field := v.FieldByIndex(b.index)
		if b.optional {
			if !field.Field(0).Bool() || field.Field(1).Bool() { // not Set, or Null
				continue
			}
			field = field.Field(2)
		}
		p.push(b.token)
		p.follow(b, b.slot, v, field, 0)
		p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
	}
}

// follow goes on to v, which is behind that many dives from a field of parent.
func (p *patrol) follow(b *branch, at *slot, parent, v reflect.Value, depth int) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if depth == len(b.skipZero) || b.skipZero[depth] && v.IsZero() {
		return // there are no rules, or none that hold
	}
	length, inside, wrong := len(p.pointer), len(p.inside), len(p.faults)
	switch at.node.kind {
	case kindList, kindTuple:
		for i := 0; i < v.Len() && !p.cut; i++ {
			if p.maps == 0 {
				p.pointer = appendIndex(p.pointer, i)
			} else {
				p.push(star)
			}
			p.element(b, at.node.elem, parent, v.Index(i), depth)
			p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
		}
	case kindMap:
		elem := reflect.New(v.Type().Elem()).Elem() // what is in a map has no address
		p.maps++
		for entry := v.MapRange(); entry.Next() && !p.cut; {
			elem.SetIterValue(entry)
			p.push(star)
			if depth < len(b.far) {
				p.ask(b, parent, entry.Key(), b.far[depth].keys)
			}
			p.element(b, at.node.elem, parent, elem, depth)
			p.inside = p.inside[:inside]
		}
		p.maps--
	default:
		if b.inner != nil {
			p.enter(b.inner, v)
		}
	}
	if p.judging && b.judges[depth] && len(p.faults) == wrong && !p.cut {
		p.call(b, v)
	}
}

// element goes on to one element, behind that many dives and one more.
func (p *patrol) element(b *branch, at *slot, parent, v reflect.Value, depth int) {
	if depth < len(b.far) {
		p.ask(b, parent, v, b.far[depth].elem)
	}
	p.follow(b, at, parent, v, depth+1)
}

// ask asks the validator about one value.
func (p *patrol) ask(b *branch, parent, v reflect.Value, tag string) {
	if tag == "" {
		return
	}
	// Not an embedded struct that is not exported, but the one around it, which
	// has its fields.
	for n := len(b.index) - 1; n > 0; n-- {
		if in := parent.FieldByIndex(b.index[:n]); in.CanInterface() {
			parent = in
			break
		}
	}
	if v.Kind() == reflect.Interface {
		v = v.Addr() // or the validator would not know that nil is one
	}
	p.note(nil, b.scope, p.validator.VarWithValueCtx(p.ctx, v.Interface(), parent.Addr().Interface(), tag))
}

func (p *patrol) push(token string) {
	if p.maps == 0 {
		p.pointer = append(p.pointer, token...)
	} else {
		p.inside = append(p.inside, token...)
	}
}
