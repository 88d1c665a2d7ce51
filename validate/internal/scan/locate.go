package scan

import (
	"encoding/json"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A ValueSpan is the position of a value in a body.
type ValueSpan struct {
	Start, End int
	Found      bool
	Null       bool
}

// A locator walks a body a second time, after the scan, when the request is refused. It finds
// the positions of faults, to sort them, and the values that cannot be decoded:
// encoding/json does not tell where they are.
type locator struct {
	*scanner
	pointer []byte
	inside  []byte // the way on from the end of the pointer, which is at the outermost map
	want    map[string]*ValueSpan
	decode  bool // try to decode the values whose type decodes itself
	found   []plan.LocatedFault
	bad     []ValueSpan // the values that do not decode, also those inside a map
}

// Locate fills want, which is keyed by JSON Pointer, with the positions of those values. With
// decode, it returns the faults and the positions of the values that do not decode.
func Locate(l *plan.Limits, root *plan.Slot, body []byte, want map[string]*ValueSpan, decode bool) ([]plan.LocatedFault, []ValueSpan) {
	w := locator{scanner: NewScanner(l, body), want: want, decode: decode}
	defer w.Release()
	w.skipSpace()
	w.visit(root)
	return w.found, w.bad
}

// visit walks the value at the position of the scanner and the values inside it.
func (w *locator) visit(p *plan.Slot) bool {
	start, t := w.pos, w.peekType()
	var ok bool
	switch k := p.Node.Kind; {
	case t == plan.TokObject && k == plan.KindObject, t == plan.TokObject && k == plan.KindMap:
		ok = w.visitObject(p.Node)
	case t == plan.TokArray && (k == plan.KindList || k == plan.KindTuple):
		ok = w.visitArray(p.Node)
	default:
		ok = w.skip(t, unread)
		if w.decode && t != plan.TokNull && (k == plan.KindText || k == plan.KindCustom) && plan.Kinds[k].Accepts&t != 0 {
			w.tryDecode(p.Node, start)
		}
	}
	if s := w.want[string(w.pointer)]; s != nil && len(w.inside) == 0 {
		*s = ValueSpan{Start: start, End: w.pos, Found: true, Null: t == plan.TokNull}
	}
	return ok && len(w.found) <= plan.MaxFaults
}

func (w *locator) visitObject(n *plan.Node) bool {
	w.pos++
	for count := 0; w.next(count, '}'); count++ {
		raw, saved, ok := w.readName()
		if !ok {
			return false
		}
		length, inside := len(w.pointer), len(w.inside)
		if n.Kind == plan.KindMap {
			w.inside = append(w.inside, plan.Star...)
			ok = w.visit(n.Elem)
		} else if i := n.Lookup(w.unescape(raw, saved), 0); i >= 0 {
			if inside == 0 {
				w.pointer = append(w.pointer, n.Members[i].Token...)
			} else {
				w.inside = append(w.inside, n.Members[i].Token...)
			}
			ok = w.visit(&n.Members[i].Slot)
		} else {
			ok = w.skip(w.peekType(), unread)
		}
		w.pointer, w.inside = w.pointer[:length], w.inside[:inside]
		if !ok {
			return false
		}
	}
	return true
}

func (w *locator) visitArray(n *plan.Node) bool {
	w.pos++
	length, inside := len(w.pointer), len(w.inside)
	for i := 0; w.next(i, ']'); i++ {
		if inside == 0 {
			w.pointer = AppendIndex(w.pointer, i)
		} else {
			w.inside = append(w.inside, plan.Star...)
		}
		if !w.visit(n.Elem) {
			return false
		}
		w.pointer, w.inside = w.pointer[:length], w.inside[:inside]
	}
	return true
}

// tryDecode decodes one value on its own. The client does not get the text of the error: other
// code has made it, and it may hold the value.
func (w *locator) tryDecode(n *plan.Node, start int) {
	if json.Unmarshal(w.in[start:w.pos], reflect.New(n.Typ).Interface()) == nil {
		return
	}
	f := plan.LocatedFault{Fault: n.Form.FaultOf(), Pointer: string(w.pointer), Inside: string(w.inside), At: start}
	w.found, _ = plan.Add(w.found, f)
	w.bad = append(w.bad, ValueSpan{Start: start, End: w.pos})
}

// BlankOut returns body with null in place of the bad values, which by
// convention a type that decodes itself ignores.
func BlankOut(body []byte, bad []ValueSpan) []byte {
	out := make([]byte, 0, len(body)+4*len(bad))
	from := 0
	for _, b := range bad {
		out = append(append(out, body[from:b.Start]...), "null"...)
		from = b.End
	}
	return append(out, body[from:]...)
}
