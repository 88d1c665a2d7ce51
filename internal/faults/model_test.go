package faults

import "github.com/anishathalye/porcupine"

// move is what a caller attempts.
type move struct {
	kind kind
	n    int
}

type kind uint8

const (
	take   kind = iota // all n units or none
	atMost             // as many of n as there are
	refund             // n units that the same caller was granted, for the first time
)

// outcome is what a caller learned of it.
type outcome struct {
	granted int
	unknown bool // an error: it may have happened, now or later
}

// counting is the whole specification of a limit nothing comes back to but what
// is given back: units are granted while they fit, and refused only if they do
// not fit. With stale, a refusal proves nothing: a store may remember one for a
// while, and admit less for it.
func counting(quota int, stale bool) porcupine.Model {
	return (&porcupine.NondeterministicModel{
		Init: func() []any { return []any{0} },
		Step: func(state, input, output any) []any {
			used, m, out := state.(int), input.(move), output.(outcome)
			if m.kind == refund {
				if out.unknown {
					return []any{used, used - m.n}
				}
				return []any{used - m.n}
			}
			fits := m.n
			if left := max(quota-used, 0); m.n > left {
				if fits = 0; m.kind == atMost {
					fits = left
				}
			}
			switch {
			case out.unknown && fits > 0:
				return []any{used, used + fits}
			case out.unknown, out.granted == 0 && (stale || fits == 0):
				return []any{used}
			case out.granted == fits:
				return []any{used + fits}
			}
			return nil
		},
		Equal: func(a, b any) bool { return a == b },
	}).ToModel()
}
