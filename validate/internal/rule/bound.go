package rule

import (
	"math"
	"reflect"
	"strconv"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A bound is the comparison that one of the rules min, max, gt, gte, lt, lte, len, eq and
// ne makes, with a number or with a count of characters, items or members.
type bound uint8

const (
	NoBound bound = iota
	atLeast
	moreThan
	atMost
	lessThan
	Exactly
	OtherThan
)

// Counts returns the least and the most characters, items or members that the rule
// admits: least is 0 and most is negative if the rule sets no such limit. ok is false if
// the rule is not a bound, or if its parameter cannot be a count.
func Counts(r plan.Rule) (least, most int, ok bool) {
	v, err := strconv.ParseInt(r.Param, 0, 64)
	if err != nil || v < 0 || v > math.MaxInt32 {
		return 0, -1, false
	}
	n := int(v)
	switch Table[r.Name].Bound {
	case atLeast:
		return n, -1, true
	case moreThan:
		return n + 1, -1, true
	case atMost:
		return 0, n, true
	case lessThan:
		return 0, max(n-1, 0), true
	case Exactly:
		return n, n, true
	}
	return 0, -1, false
}

// MostOf returns the most elements, members or characters that the rules admit,
// or standard if no rule limits them.
func MostOf(l plan.DepthRules, standard int) int {
	for _, rule := range l.Rules {
		if _, most, ok := Counts(rule); ok && most >= 0 {
			return most
		}
	}
	return standard
}

// LengthOf returns the maximum length of text that the rules set for the scan, or nil.
func LengthOf(l plan.DepthRules) *plan.Length {
	i := Prechecked(l)
	if i < 0 {
		return nil
	}
	_, most, _ := Counts(l.Rules[i])
	return &plan.Length{Most: most, Fault: Describe("max", l.Rules[i].Param, reflect.String, nil)}
}

// Prechecked returns the index of the rule max or lte that the scan checks before the
// validator runs, or -1. Only the first upper bound is prechecked, and only if no default
// or mod changes the value first.
func Prechecked(l plan.DepthRules) int {
	if l.Late {
		return -1
	}
	for i, rule := range l.Rules {
		switch Table[rule.Name].Bound {
		case lessThan, Exactly:
			return -1
		case atMost:
			// go-playground/validator reads a leading 0 as octal.
			if _, err := strconv.ParseUint(rule.Param, 10, 31); err != nil || len(rule.Param) > 1 && rule.Param[0] == '0' {
				return -1
			}
			return i
		}
	}
	return -1
}
