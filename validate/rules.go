package validate

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// maxBroken bounds the broken rules that are collected. A client can break one
// as often as its body has values, and is told of maxFaults.
const maxBroken = 1000

// A breach is a broken rule, of a parameter or else in the body.
type breach struct {
	finding
	param *parameter
}

// rules runs the rules of the tags on the decoded value. What New has tried
// cannot panic; a rule that does so nevertheless, on a value that New could not
// think of, costs this request and no other. cut means that there may be more.
func (c *core) rules(ctx context.Context, v any) (breaches []breach, cut bool, err error) {
	if c.walk == nil {
		return nil, false, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = httperr.ErrInternal.With(fmt.Errorf("validate: a rule panicked: %v", p))
		}
	}()
	p := patrol{core: c, ctx: ctx, pointer: make([]byte, 0, 64)}
	p.enter(c.walk, reflect.ValueOf(v).Elem())
	return p.breaches, p.cut, p.err
}

// note keeps what the validator says of the struct of w, or, without one, of
// the value that the pointer leads to.
func (p *patrol) note(w *walk, err error) {
	if err == nil {
		return
	}
	list, ok := err.(validator.ValidationErrors)
	if !ok {
		p.err, p.cut = httperr.ErrInternal.With(fmt.Errorf("validate: %T", err)), true
		return
	}
	for _, e := range list {
		if p.noted++; p.noted > maxBroken {
			p.cut = true
			return
		}
		b := breach{finding: finding{fault: p.describe(e), pointer: string(p.pointer)}}
		if w == p.walk {
			b.param = p.paramOf(e.Namespace())
		}
		if w != nil && p.maps == 0 {
			b.pointer += w.place(e.Namespace())
		}
		// Names in a map are not told, so one mistake may be made by all.
		if p.maps > 0 && slices.ContainsFunc(p.breaches, func(old breach) bool { return old.pointer == b.pointer && old.code == b.code }) {
			continue
		}
		p.breaches = append(p.breaches, b)
	}
}

// place returns the pointer of a broken rule from the struct of w, read from
// its path through the Go type: "Order.Items[3].Qty". Inside a map the path
// holds names that the client chose, so there the pointer ends.
func (w *walk) place(path string) string {
	n := w.node
	if name := n.typ.Name(); name != "" { // that of a generic type has dots
		path = strings.TrimPrefix(path, name+".")
	}
	var b strings.Builder
	fields := n.fields
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case path[0] != '[':
			end := len(path)
			if i := strings.IndexAny(path, ".["); i >= 0 {
				end = i
			}
			f, ok := fields[path[:end]]
			switch path = path[end:]; {
			case ok && f.embedded != nil:
				fields = f.embedded
			case ok && f.member >= 0:
				m := &n.members[f.member]
				b.WriteString(m.token)
				n, fields = m.node, m.node.fields
			default:
				return b.String()
			}
		case n.kind == kindList || n.kind == kindTuple:
			index, after, _ := strings.Cut(path[1:], "]")
			b.WriteByte('/')
			b.WriteString(index)
			n, path = n.elem.node, after
			fields = n.fields
		default:
			return b.String()
		}
	}
	return b.String()
}
