package validate

import (
	"math"
	"strconv"
)

// A bound is what one of the rules min, max, gt, gte, lt, lte, len, eq and ne says,
// of a number or of how many characters, items or members there are.
type bound uint8

const (
	noBound bound = iota
	atLeast
	moreThan
	atMost
	lessThan
	exactly
	otherThan
)

// counts returns the least and the most characters, items or members that the rule
// admits: least is 0 and most is negative if the rule sets none. ok is false if it is no
// bound, or its number is none of a count.
func counts(r tagRule) (least, most int, ok bool) {
	v, err := strconv.ParseInt(r.param, 0, 64)
	if err != nil || v < 0 || v > math.MaxInt32 {
		return 0, -1, false
	}
	n := int(v)
	switch table[r.name].bound {
	case atLeast:
		return n, -1, true
	case moreThan:
		return n + 1, -1, true
	case atMost:
		return 0, n, true
	case lessThan:
		return 0, max(n-1, 0), true
	case exactly:
		return n, n, true
	}
	return 0, -1, false
}

// most returns the most elements, members or characters that the rules admit,
// or standard if none of them says so.
func most(l level, standard int) int {
	for _, rule := range l.rules {
		if _, most, ok := counts(rule); ok && most >= 0 {
			return most
		}
	}
	return standard
}
