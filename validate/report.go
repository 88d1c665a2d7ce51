package validate

import (
	"cmp"
	"slices"
	"strings"
)

// reject merges the findings of the scan with the broken rules and sorts all by
// their place in the body.
func (c *checker) reject(in *input, body []byte, found []finding, breaches []breach, cut bool) error {
	found = in.before(found)
	scanned := len(found)
	want := map[string]*spot{"": {}}
	for _, b := range following(breaches, found) {
		if b.param != nil {
			found = in.rule(found, scanned, b.param, b.fault)
			continue
		}
		f := b.finding
		if overlaps(found[:scanned], f.pointer) {
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
	type id struct {
		place [4]string
		code  string
	}
	seen := make(map[id]bool, len(found))
	for _, f := range found[scanned:] {
		if f.in == "" {
			f = c.settle(f, want)
		}
		if id := (id{f.place(), f.code}); !seen[id] {
			seen[id] = true
			merged = append(merged, f)
		}
	}
	slices.SortStableFunc(merged, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	return refusal(ErrInvalid, merged, cut)
}

// following returns the breaches without those that only follow from other
// faults: a comparison with what breaks a rule itself, and what is required for
// the sake of what could not be read. As long as the scan finds fault with
// anything, nothing is compared.
func following(breaches []breach, found []finding) []breach {
	unread, broken := map[[4]string]bool{}, map[[4]string]bool{}
	for i := range found {
		unread[found[i].place()] = true
	}
	for i := range breaches {
		if breaches[i].relation != related {
			broken[breaches[i].place()] = true
		}
	}
	return slices.DeleteFunc(breaches, func(b breach) bool {
		at := unread
		if b.relation == related {
			at = broken
		}
		return b.relation == related && len(found) > 0 || slices.ContainsFunc(b.others, func(o finding) bool { return at[o.place()] })
	})
}

// settle gives a broken rule its place. If the member was not sent, what is
// wrong is that: its zero value does not satisfy the rule.
func (c *checker) settle(f finding, want map[string]*spot) finding {
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
		if f.relation == unrelated {
			f.fault = faultRequired
		}
		f.inside = ""
	case at.null:
		f.fault, f.inside, f.at = faultNull, "", at.start
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
		return f.in == "" && f.about != stranger && (within(pointer, f.pointer) || within(f.pointer, pointer))
	})
}
