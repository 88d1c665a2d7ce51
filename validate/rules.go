package validate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-playground/validator/v10"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// rules runs the rules of the tags on the decoded value. What New has tried
// cannot panic; a rule that does so nevertheless, on a value that New could not
// think of, costs this request and no other.
func (c *core) rules(ctx context.Context, v any) (broken validator.ValidationErrors, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = httperr.ErrInternal.With(fmt.Errorf("validate: a rule panicked: %v", p))
		}
	}()
	if err = c.validator.StructCtx(ctx, v); err == nil {
		return nil, nil
	}
	if list, ok := errors.AsType[validator.ValidationErrors](err); ok {
		return list, nil
	}
	return nil, httperr.ErrInternal.With(fmt.Errorf("validate: %T", err))
}

// place returns the pointer of a broken rule, read from its path through the Go
// type: "Order.Items[3].Qty". Inside a map the path holds names that the client
// chose, so there the pointer ends.
func (c *core) place(path string) string {
	rest := path
	if name := c.root.node.typ.Name(); name != "" { // that of a generic type has dots
		rest = strings.TrimPrefix(path, name+".")
	}
	var b strings.Builder
	at, fields := c.root, c.root.node.fields
	for rest != "" {
		switch {
		case rest[0] == '.':
			rest = rest[1:]
		case rest[0] != '[':
			end := len(rest)
			if i := strings.IndexAny(rest, ".["); i >= 0 {
				end = i
			}
			f, ok := fields[rest[:end]]
			switch rest = rest[end:]; {
			case ok && f.embedded != nil:
				fields = f.embedded
			case ok && f.member >= 0:
				m := &at.node.members[f.member]
				b.WriteString(m.token)
				at, fields = &m.slot, m.node.fields
			default:
				return b.String()
			}
		case at.node.kind == kindList || at.node.kind == kindTuple:
			index, after, _ := strings.Cut(rest[1:], "]")
			b.WriteByte('/')
			b.WriteString(index)
			at, fields, rest = at.node.elem, at.node.elem.node.fields, after
		default:
			return b.String()
		}
	}
	return b.String()
}
