package scan

import (
	"encoding/json"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A ValueSpan is where the value of a pointer is in a body.
type ValueSpan struct {
	Start, End int
	Found      bool
	Null       bool
}

// A locator walks a body that the scan has been through, a second time, on the
// way to a refusal: to sort faults by where they are, and to find the value
// that would not decode, for encoding/json does not say where it was.
type locator struct {
	*scanner
	pointer []byte
	inside  []byte // from where the pointer ends, which is at the outermost map
	want    map[string]*ValueSpan
	decode  bool // try the values whose type decodes itself
	found   []plan.LocatedFault
	bad     []ValueSpan // the values that do not decode, also where pointers end above them
}

func Locate(l *plan.Limits, root *plan.Slot, body []byte, want map[string]*ValueSpan, decode bool) ([]plan.LocatedFault, []ValueSpan) {
	w := locator{scanner: NewScanner(l, body), want: want, decode: decode}
	defer w.Release()
	w.space()
	w.visit(root)
	return w.found, w.bad
}

// visit goes to the value at the position of the scanner and those inside it.
func (w *locator) visit(p *plan.Slot) bool {
	start, t := w.pos, w.token()
	var ok bool
	switch k := p.Node.Kind; {
	case t == plan.TokObject && k == plan.KindObject, t == plan.TokObject && k == plan.KindMap:
		ok = w.object(p.Node)
	case t == plan.TokArray && (k == plan.KindList || k == plan.KindTuple):
		ok = w.array(p.Node)
	default:
		ok = w.skip(t, unread)
		if w.decode && t != plan.TokNull && (k == plan.KindText || k == plan.KindCustom) && plan.Kinds[k].Accepts&t != 0 {
			w.try(p.Node, start)
		}
	}
	if s := w.want[string(w.pointer)]; s != nil && len(w.inside) == 0 {
		*s = ValueSpan{Start: start, End: w.pos, Found: true, Null: t == plan.TokNull}
	}
	return ok && len(w.found) <= plan.MaxFaults
}

func (w *locator) object(n *plan.Node) bool {
	w.pos++
	for count := 0; w.next(count, '}'); count++ {
		raw, saved, ok := w.rawName()
		if !ok {
			return false
		}
		length, inside := len(w.pointer), len(w.inside)
		if n.Kind == plan.KindMap {
			w.inside = append(w.inside, plan.Star...)
			ok = w.visit(n.Elem)
		} else if i := n.Lookup(w.plain(raw, saved), 0); i >= 0 {
			if inside == 0 {
				w.pointer = append(w.pointer, n.Members[i].Token...)
			} else {
				w.inside = append(w.inside, n.Members[i].Token...)
			}
			ok = w.visit(&n.Members[i].Slot)
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

func (w *locator) array(n *plan.Node) bool {
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

// try decodes one value on its own. The error is dropped: it is the text of
// somebody else's code about what the client sent.
func (w *locator) try(n *plan.Node, start int) {
	if json.Unmarshal(w.in[start:w.pos], reflect.New(n.Typ).Interface()) == nil {
		return
	}
	f := plan.FaultInvalid
	if n.Typ == plan.TypeTime {
		f = plan.FaultDateTime
	}
	w.found, _ = plan.Add(w.found, plan.LocatedFault{Fault: f, Pointer: string(w.pointer), Inside: string(w.inside), At: start})
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
