package view

import "reflect"

// A filter removes the members that a caller may not see. It works in place, because
// nothing is added.
type filter struct {
	b     []byte
	i     int // the next byte to read
	from  int // b[from:i] is kept and not yet moved
	out   int // b[:out] is the result so far
	depth int

	who    caller
	issuer string // of owners without one
	used   mask   // all views that were applied
	name   [maxName]byte
}

// run filters f.b, which must be compact JSON, and returns the result in the same
// memory. v is the Go value of b, or the zero Value.
func (f *filter) run(n *node, v reflect.Value) ([]byte, error) {
	if err := f.value(n, f.who.granted, v); err != nil {
		return nil, err
	}
	if f.i != len(f.b) {
		return nil, errMalformed
	}
	f.cut(len(f.b), len(f.b))
	return f.b[:f.out], nil
}

// cut removes b[from:to]. Later cuts are further right.
func (f *filter) cut(from, to int) {
	if f.out == f.from {
		f.out = from
	} else {
		f.out += copy(f.b[f.out:], f.b[f.from:from])
	}
	f.from = to
}

func (f *filter) peek() byte {
	if f.i < len(f.b) {
		return f.b[f.i]
	}
	return 0
}

// moveTo goes on at end, which is -1 after malformed text.
func (f *filter) moveTo(end int) error {
	if end < 0 {
		return errMalformed
	}
	f.i = end
	return nil
}

// value filters one value. granted has the views of the caller at this value.
func (f *filter) value(n *node, granted mask, v reflect.Value) error {
	switch c := f.peek(); {
	case n.kind == whole:
		return f.moveTo(valueEnd(f.b, f.i))
	case c == '"':
		if n.kind != scalar && n.kind != dynamic {
			return errShape
		}
		return f.moveTo(stringEnd(f.b, f.i))
	case c == '{' && n.kind == object:
		granted, v = f.owned(n, granted, v)
		return f.object(n, granted, v)
	case c == '{' && (n.kind == dict || n.kind == dynamic):
		return f.object(n, granted&^self, reflect.Value{})
	case c == '[' && n.kind == list:
		return f.array(n, granted, v)
	case c == '[' && n.kind == dynamic:
		return f.array(n, granted, reflect.Value{})
	case c == '{' || c == '[':
		return errShape
	case c != 'n' && n.kind != scalar && n.kind != dynamic:
		return errShape
	}
	return f.moveTo(literalEnd(f.b, f.i))
}

// owned decides about the view self for an object whose type has an owner.
func (f *filter) owned(n *node, granted mask, v reflect.Value) (mask, reflect.Value) {
	v = indirect(v)
	if n.owner != nil {
		granted &^= self
		if v.IsValid() && v.CanAddr() && f.who.owns(n.owner, v.Addr().Interface(), f.issuer) {
			granted |= self
		}
	}
	f.used |= granted
	return granted, v
}

func (f *filter) enter() error {
	f.i++
	if f.depth++; f.depth > maxDepth {
		return errDepth
	}
	return nil
}

func (f *filter) object(n *node, granted mask, v reflect.Value) error {
	if err := f.enter(); err != nil {
		return err
	}
	end, first, next := f.i, true, 0 // end is the end of the last member that was kept
	for more := f.peek() != '}'; more; {
		start := f.i
		value, field, err := f.member(n, granted, v, &next)
		if err != nil {
			return err
		}
		if value == nil {
			if err := f.moveTo(valueEnd(f.b, f.i)); err != nil {
				return err
			}
		} else {
			if !first {
				end++ // the comma after the last member
			}
			if end < start {
				f.cut(end, start)
			}
			if err := f.value(value, granted, field); err != nil {
				return err
			}
			end, first = f.i, false
		}
		if more = f.peek() == ','; more {
			f.i++
		}
	}
	if f.peek() != '}' {
		return errMalformed
	}
	if end < f.i {
		f.cut(end, f.i)
	}
	f.i++
	f.depth--
	return nil
}

// member reads the name of a member and its colon. It returns the plan of the value and
// its Go value, or nil if the caller may not see the member.
func (f *filter) member(n *node, granted mask, v reflect.Value, next *int) (*node, reflect.Value, error) {
	m := n.startsWith(f.b[f.i:], next)
	if m != nil {
		f.i += len(m.text)
	} else {
		start := f.i
		if f.peek() != '"' {
			return nil, reflect.Value{}, errMalformed
		}
		if f.i = stringEnd(f.b, f.i); f.i < 0 || f.peek() != ':' {
			return nil, reflect.Value{}, errMalformed
		}
		name := nameOf(f.b[start:f.i], f.name[:])
		f.i++
		switch {
		case n.kind == object:
			m = n.find(name, next)
		case !n.shows(name):
		case n.kind == dict:
			return n.elem, reflect.Value{}, nil
		default:
			return n, reflect.Value{}, nil
		}
	}
	if m == nil || m.views&granted == 0 {
		return nil, reflect.Value{}, nil
	}
	return m.value, m.field(v), nil
}

func (f *filter) array(n *node, granted mask, v reflect.Value) error {
	if err := f.enter(); err != nil {
		return err
	}
	elem := n
	if n.kind == list {
		elem = n.elem
	}
	v = indirect(v)
	if !elem.tracked {
		v = reflect.Value{}
	}
	i := 0
	for more := f.peek() != ']'; more; i++ {
		var at reflect.Value
		if v.IsValid() {
			if i >= v.Len() {
				return errShape
			}
			at = v.Index(i)
		}
		if err := f.value(elem, granted&^self, at); err != nil {
			return err
		}
		if more = f.peek() == ','; more {
			f.i++
		}
	}
	if f.peek() != ']' {
		return errMalformed
	}
	f.i++
	f.depth--
	return nil
}
