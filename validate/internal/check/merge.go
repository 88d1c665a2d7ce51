package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

// Reject merges the findings of the scan with the broken rules and sorts them by their
// place in the body.
func (c *Checker) Reject(in *plan.Input, body []byte, found []plan.LocatedFault, violations []Violation, cut bool) error {
	found = in.Before(found)
	scanned := len(found)
	spans := map[string]*scan.ValueSpan{"": {}}
	// A failed comparison may be a consequence of another fault, so report it only if
	// there is no other fault.
	others := scanned > 0 || slices.ContainsFunc(violations, func(v Violation) bool { return !v.Compares })
	for _, v := range violations {
		f := v.LocatedFault
		if in.Form && v.param == nil {
			v.param, v.Fault = c.Root.Node.FormFault(f.Pointer, v.Fault)
		}
		switch {
		case v.Compares && others:
			continue
		case v.param != nil:
			found = in.Rule(found, scanned, v.param, v.Fault)
			continue
		case overlaps(found[:scanned], f.Pointer):
			continue
		}
		for p := f.Pointer; p != "" && spans[p] == nil; p = parent(p) {
			spans[p] = new(scan.ValueSpan)
		}
		found = append(found, f)
	}
	if body != nil {
		scan.Locate(c.Limits, plan.Body(c.Root), body, spans, false)
	}
	merged := found[:scanned:scanned]
	type id struct {
		place [4]string
		code  string
	}
	seen := make(map[id]bool, len(found))
	for _, f := range found[scanned:] {
		if f.In == "" {
			f = locateInBody(f, spans)
		}
		if id := (id{f.Place(), f.Code}); !seen[id] {
			seen[id] = true
			merged = append(merged, f)
		}
	}
	slices.SortStableFunc(merged, func(a, b plan.LocatedFault) int { return cmp.Compare(a.At, b.At) })
	return plan.Refusal(plan.ErrInvalid, merged, cut)
}

// locateInBody sets the offset of a broken rule in the body. If the member was not sent,
// its zero value breaks the rule, so the fault becomes "required" at the outermost
// absent value.
func locateInBody(f plan.LocatedFault, spans map[string]*scan.ValueSpan) plan.LocatedFault {
	p := f.Pointer
	for p != "" && !spans[p].Found {
		p = parent(p)
	}
	switch at := spans[p]; {
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

// parent returns the pointer to the value around the value at pointer.
func parent(pointer string) string { return pointer[:strings.LastIndexByte(pointer, '/')] }

// overlaps reports whether one of the found faults is at the value at pointer, inside it,
// or at a value around it.
func overlaps(found []plan.LocatedFault, pointer string) bool {
	within := func(p, outer string) bool {
		return p == outer || strings.HasPrefix(p, outer) && p[len(outer)] == '/'
	}
	return slices.ContainsFunc(found, func(f plan.LocatedFault) bool {
		return f.In == "" && f.About != plan.Stranger && (within(pointer, f.Pointer) || within(f.Pointer, pointer))
	})
}
