package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

// Reject merges the findings of the scan with the broken rules and sorts all by
// their place in the body.
func (c *Checker) Reject(in *plan.Input, body []byte, found []plan.LocatedFault, breaches []Violation, cut bool) error {
	found = in.Before(found)
	scanned := len(found)
	want := map[string]*scan.ValueSpan{"": {}}
	// A comparison may only follow from another fault, so it is told if there is none.
	otherwise := scanned > 0 || slices.ContainsFunc(breaches, func(b Violation) bool { return !b.Compares })
	for _, b := range breaches {
		f := b.LocatedFault
		switch {
		case b.Compares && otherwise:
			continue
		case b.param != nil:
			found = in.Rule(found, scanned, b.param, b.Fault)
			continue
		case overlaps(found[:scanned], f.Pointer):
			continue
		}
		for p := f.Pointer; p != "" && want[p] == nil; p = parent(p) {
			want[p] = new(scan.ValueSpan)
		}
		found = append(found, f)
	}
	if body != nil {
		scan.Locate(c.Limits, c.Root, body, want, false)
	}
	merged := found[:scanned:scanned]
	type id struct {
		place [4]string
		code  string
	}
	seen := make(map[id]bool, len(found))
	for _, f := range found[scanned:] {
		if f.In == "" {
			f = c.place(f, want)
		}
		if id := (id{f.Place(), f.Code}); !seen[id] {
			seen[id] = true
			merged = append(merged, f)
		}
	}
	slices.SortStableFunc(merged, func(a, b plan.LocatedFault) int { return cmp.Compare(a.At, b.At) })
	return plan.Refusal(plan.ErrInvalid, merged, cut)
}

// place gives a broken rule its place. If the member was not sent, what is
// wrong is that: its zero value does not satisfy the rule.
func (c *Checker) place(f plan.LocatedFault, want map[string]*scan.ValueSpan) plan.LocatedFault {
	p := f.Pointer
	for p != "" && !want[p].Found {
		p = parent(p)
	}
	switch at := want[p]; {
	case p != f.Pointer:
		next := strings.IndexByte(f.Pointer[len(p)+1:], '/')
		if next >= 0 {
			f.Pointer = f.Pointer[:len(p)+1+next]
		}
		f.At = at.End - 1
		if !f.Compares {
			f.Fault = plan.FaultRequired
		}
		f.Inside = ""
	case at.Null:
		f.Fault, f.Inside, f.At = plan.FaultNull, "", at.Start
	default:
		f.At = at.Start
	}
	return f
}

func parent(pointer string) string { return pointer[:strings.LastIndexByte(pointer, '/')] }

// overlaps reports whether the value at pointer is part of one that is at
// fault already, or has a part that is.
func overlaps(found []plan.LocatedFault, pointer string) bool {
	within := func(p, outer string) bool {
		return p == outer || strings.HasPrefix(p, outer) && p[len(outer)] == '/'
	}
	return slices.ContainsFunc(found, func(f plan.LocatedFault) bool {
		return f.In == "" && f.About != plan.Stranger && (within(pointer, f.Pointer) || within(f.Pointer, pointer))
	})
}
