package validate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
// type: "Order.2[3].0" is field 0 of element 3 of field 2. Inside a map the
// path holds names that the client chose, so there the pointer ends.
func (c *core) place(path string) string {
	rest := path
	if name := c.root.node.typ.Name(); name != "" {
		rest = strings.TrimPrefix(path, name+".")
	}
	var b strings.Builder
	at, fields := c.root, c.root.node.fields
	for rest != "" {
		switch {
		case rest[0] == '[' && (at.node.kind == kindList || at.node.kind == kindTuple):
			index, after, _ := strings.Cut(rest[1:], "]")
			b.WriteByte('/')
			b.WriteString(index)
			at, rest = at.node.elem, after
		case rest[0] == '.' && at.node.kind == kindObject:
			fields, rest = at.node.fields, rest[1:]
		case fields == nil:
			return b.String()
		default:
			n := 0
			for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
				n++
			}
			i, err := strconv.Atoi(rest[:n])
			if err != nil || i >= len(fields) {
				return b.String()
			}
			f := fields[i]
			if rest = rest[n:]; f.embedded != nil {
				fields, rest = f.embedded, strings.TrimPrefix(rest, ".")
				continue
			}
			if f.member < 0 {
				return b.String()
			}
			m := c.memberOf(at, f)
			b.WriteString(m.token)
			at, fields = &m.slot, nil
		}
	}
	return b.String()
}

func (c *core) memberOf(at *slot, f goField) *member { return &at.node.members[f.member] }
