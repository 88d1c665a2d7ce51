package validate

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A checker runs the rules of the tags and the Validate methods on a value.
type checker struct {
	limits    *limits
	root      *slot
	visits    *walk // to the rules; nil: there are none
	methods   *walk // to the values with a Validate method, beside the value itself
	validator *validator.Validate
	own       ownRules
}

// A breach is a broken rule, of a parameter or else in the body.
type breach struct {
	finding
	param  *parameter
	others []finding // where those are that the rule compares with, without faults
}

// rules runs the rules of the tags on the decoded value. What New has tried
// cannot panic; a rule that does so nevertheless, on a value that New could not
// think of, costs this request and no other. cut means that there may be more.
func (c *checker) rules(ctx context.Context, v any) (breaches []breach, cut bool, err error) {
	if c.visits == nil {
		return nil, false, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = httperr.ErrInternal.With(fmt.Errorf("validate: a rule panicked: %v", p))
		}
	}()
	p := patrol{checker: c, ctx: ctx}
	if len(c.visits.branches) > 0 {
		p.pointer = make([]byte, 0, 64)
	}
	p.enter(c.visits, reflect.ValueOf(v).Elem())
	return p.breaches, p.cut, p.err
}

// note keeps what the validator says of the struct of w, or, without one, of
// the value that the pointer leads to, which is that of a field in the scope.
func (p *patrol) note(w *walk, in scope, err error) {
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
		b := p.breach(w, in, e)
		// Names in a map are not told, so one mistake may be made by all.
		if b.inside != "" && slices.ContainsFunc(p.breaches, func(old breach) bool { return b.same(&old.finding) }) {
			continue
		}
		p.breaches = append(p.breaches, b)
	}
}

// breach returns what one error of the validator means.
func (p *patrol) breach(w *walk, in scope, e validator.FieldError) breach {
	b := breach{finding: finding{pointer: string(p.pointer), inside: string(p.inside)}}
	if w != nil {
		to := traceBroken(w, e, p.maps > 0)
		if in = to.scope; to.param != nil {
			b.finding, b.param = to.param.finding(fault{}), to.param
		} else {
			b.finding = p.below(to)
		}
	}
	b.fault = p.own.describe(e)
	if b.relation == unrelated {
		return b
	}
	var others []finding
	if b.fault, others = relatives(in, b.fault, e); w == nil {
		return b // of an element of a long list nothing here knows where its struct is
	}
	for i, other := range others {
		if other.in == "" {
			others[i] = p.below(trail{pointer: other.pointer})
		}
	}
	b.others = others
	return b
}

// below returns the place that a trail from the struct that the patrol is at
// leads to.
func (p *patrol) below(to trail) finding {
	if p.maps > 0 {
		return finding{pointer: string(p.pointer), inside: string(p.inside) + to.pointer + to.inside}
	}
	return finding{pointer: string(p.pointer) + to.pointer, inside: to.inside}
}

// traceBroken returns where a broken rule is, from the struct of w on.
func traceBroken(w *walk, e validator.FieldError, hide bool) trail {
	path := e.Namespace()
	if name := w.node.typ.Name(); name != "" { // that of a generic type has dots
		path = strings.TrimPrefix(path, name+".")
	}
	return trace(scope{node: w.node, fields: w.node.fields}, path, e.Type(), hide)
}
