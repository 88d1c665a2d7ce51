package validate

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// refuse adds to what the scan found what decoding and the rules find.
func (c *core) refuse(in *input, r *http.Request, body []byte, v any, found []finding, failed bool) error {
	if failed {
		refused, bad := locate(c.limits, c.root, body, nil, true)
		found = append(found, refused...)
		// encoding/json stops at a type that refuses its value, and the rules
		// would find fault with all the members behind it that are still zero.
		if len(bad) > 0 && !c.again(r, blankOut(body, bad), v) {
			return c.reject(in, body, found, nil, false)
		}
	}
	if len(found) == 0 {
		// The scan accepted what encoding/json does not. Its text is not for
		// the client, and may hold what the client sent.
		return refusal(ErrInvalid, in.before([]finding{{fault: faultInvalid}}), false)
	}
	breaches, cut, err := c.check(r.Context(), v)
	if err != nil {
		return err
	}
	return c.reject(in, body, found, breaches, cut)
}

// again decodes from the beginning and reports whether it came to the end:
// past a value of the wrong type encoding/json goes on.
func (c *core) again(r *http.Request, body []byte, v any) bool {
	reflect.ValueOf(v).Elem().SetZero()
	if c.prepare(new(input), r, v) != nil { // what it finds has been found
		return false
	}
	err := json.Unmarshal(body, v)
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || wrongType
}

// reject merges the findings of the scan with the broken rules and sorts all by
// their place in the body.
func (c *core) reject(in *input, body []byte, found []finding, breaches []breach, cut bool) error {
	found = in.before(found)
	scanned := len(found)
	want := map[string]*spot{"": {}}
	for _, b := range breaches {
		if b.param != nil {
			found = in.rule(found, scanned, b.param, b.fault)
			continue
		}
		f := b.finding
		if scanned > 0 && relates(f.code) || overlaps(found[:scanned], f.pointer) {
			continue
		}
		for p := f.pointer; p != "" && want[p] == nil; p = parent(p) {
			want[p] = new(spot)
		}
		found = append(found, f)
	}
	if body != nil {
		locate(c.limits, c.root, body, want, false)
	}
	merged := found[:scanned:scanned]
	seen := make(map[[4]string]bool, len(found))
	for _, f := range found[scanned:] {
		if f.in == "" {
			f = c.settle(f, want)
		}
		if id := [4]string{f.pointer, f.code, f.in, f.name}; !seen[id] {
			seen[id] = true
			merged = append(merged, f)
		}
	}
	slices.SortStableFunc(merged, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	return refusal(ErrInvalid, merged, cut)
}

// settle gives a broken rule its place. If the member was not sent, what is
// wrong is that: its zero value does not satisfy the rule.
func (c *core) settle(f finding, want map[string]*spot) finding {
	p := f.pointer
	for p != "" && !want[p].found {
		p = parent(p)
	}
	switch at := want[p]; {
	case p != f.pointer:
		next := strings.IndexByte(f.pointer[len(p)+1:], '/')
		if next >= 0 {
			f.pointer = f.pointer[:len(p)+1+next]
		}
		f.at = at.end - 1
		if f.code != conditional.code && !relates(f.code) {
			f.fault = faultRequired
		}
	case at.null:
		f.fault, f.at = faultNull, at.start
	default:
		f.at = at.start
	}
	return f
}

func parent(pointer string) string { return pointer[:strings.LastIndexByte(pointer, '/')] }

// overlaps reports whether the value at pointer is part of one that is at
// fault already, or has a part that is.
func overlaps(found []finding, pointer string) bool {
	within := func(p, outer string) bool {
		return p == outer || strings.HasPrefix(p, outer) && p[len(outer)] == '/'
	}
	return slices.ContainsFunc(found, func(f finding) bool {
		return f.in == "" && f.code != faultUnknown.code && (within(pointer, f.pointer) || within(f.pointer, pointer))
	})
}
