package ratelimit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Policy returns the limits in words, for an inventory of routes, such as
//
//	api: 60 per minute, 1000 per hour; api-gold: 600 per minute
//
// The tiers follow in the order of their names. The words "some keys: LimitsFor" say that some
// keys have limits of their own.
func (l *Limiter) Policy() string {
	if l.fixed != nil {
		return l.words(l.fixed)
	}
	parts := []string{l.words(l.base)}
	for _, name := range slices.Sorted(maps.Keys(l.tiers)) {
		if name != "" && name != Exempt {
			parts = append(parts, l.words(l.tiers[name]))
		}
	}
	if l.contracts != nil {
		parts = append(parts, "some keys: LimitsFor")
	}
	return strings.Join(parts, "; ")
}

// words returns the limits of t in words, behind the name of l and t.
func (l *Limiter) words(t *tier) string {
	name := strings.Trim(l.name+"-"+t.name, "-")
	return cmp.Or(name, "limit") + ": " + t.words()
}

// words returns the limits of t in words.
func (t *tier) words() string {
	var parts []string
	for i := range t.limits {
		parts = append(parts, t.limits[i].String())
	}
	if t.shadow != nil {
		for i := range t.shadow.limits {
			parts = append(parts, t.shadow.limits[i].String()+" (shadow)")
		}
	}
	if len(parts) == 0 {
		return "exempt"
	}
	return strings.Join(parts, ", ")
}
