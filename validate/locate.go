package validate

import (
	"encoding/json"
	"reflect"
)

// A spot is where the value of a pointer is in a body.
type spot struct {
	start, end int
	found      bool
	null       bool
}

// A locator walks a body that the scan has been through, a second time, on the
// way to a refusal: to sort faults by where they are, and to find the value
// that would not decode, for encoding/json does not say where it was.
type locator struct {
	*scanner
	pointer []byte
	inside  []byte // from where the pointer ends, which is at the outermost map
	want    map[string]*spot
	decode  bool // try the values whose type decodes itself
	found   []finding
	bad     []span // the values that do not decode, also where pointers end above them
}

type span struct{ start, end int }

func locate(l *limits, root *slot, body []byte, want map[string]*spot, decode bool) ([]finding, []span) {
	w := locator{scanner: newScanner(l, body), want: want, decode: decode}
	defer w.release()
	w.space()
	w.visit(root)
	return w.found, w.bad
}

// visit goes to the value at the position of the scanner and those inside it.
func (w *locator) visit(p *slot) bool {
	start, t := w.pos, w.token()
	var ok bool
	switch k := p.node.kind; {
	case t == tokObject && k == kindObject, t == tokObject && k == kindMap:
		ok = w.object(p.node)
	case t == tokArray && (k == kindList || k == kindTuple):
		ok = w.array(p.node)
	default:
		ok = w.skip(t, unread)
		if w.decode && t != tokNull && (k == kindText || k == kindCustom) && kinds[k].accepts&t != 0 {
			w.try(p.node, start)
		}
	}
	if s := w.want[string(w.pointer)]; s != nil && len(w.inside) == 0 {
		*s = spot{start: start, end: w.pos, found: true, null: t == tokNull}
	}
	return ok && len(w.found) <= maxFaults
}

func (w *locator) object(n *node) bool {
	w.pos++
	for more, ok := w.first('}'); more || !ok; more, ok = w.next('}') {
		raw, saved, named := w.rawName()
		if !ok || !named {
			return false
		}
		length, inside := len(w.pointer), len(w.inside)
		if n.kind == kindMap {
			w.inside = append(w.inside, star...)
			ok = w.visit(n.elem)
		} else if i := n.lookup(w.plain(raw, saved), 0); i >= 0 {
			if inside == 0 {
				w.pointer = append(w.pointer, n.members[i].token...)
			} else {
				w.inside = append(w.inside, n.members[i].token...)
			}
			ok = w.visit(&n.members[i].slot)
		} else {
			ok = w.skip(w.token(), unread)
		}
		w.pointer, w.inside = w.pointer[:length], w.inside[:inside]
		if !ok {
			return false
		}
	}
	return true
}

func (w *locator) array(n *node) bool {
	w.pos++
	i, length, inside := 0, len(w.pointer), len(w.inside)
	for more, ok := w.first(']'); more || !ok; more, ok = w.next(']') {
		if inside == 0 {
			w.pointer = appendIndex(w.pointer, i)
		} else {
			w.inside = append(w.inside, star...)
		}
		if !ok || !w.visit(n.elem) {
			return false
		}
		w.pointer, w.inside = w.pointer[:length], w.inside[:inside]
		i++
	}
	return true
}

// try decodes one value on its own. The error is dropped: it is the text of
// somebody else's code about what the client sent.
func (w *locator) try(n *node, start int) {
	if json.Unmarshal(w.in[start:w.pos], reflect.New(n.typ).Interface()) == nil {
		return
	}
	f := faultInvalid
	if n.typ == typeTime {
		f = faultDateTime
	}
	w.found, _ = add(w.found, finding{fault: f, pointer: string(w.pointer), inside: string(w.inside), at: start})
	w.bad = append(w.bad, span{start, w.pos})
}

// blankOut returns body with null in place of the bad values, which by
// convention a type that decodes itself ignores.
func blankOut(body []byte, bad []span) []byte {
	out := make([]byte, 0, len(body)+4*len(bad))
	from := 0
	for _, b := range bad {
		out = append(append(out, body[from:b.start]...), "null"...)
		from = b.end
	}
	return append(out, body[from:]...)
}
