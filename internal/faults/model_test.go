package faults

import "github.com/anishathalye/porcupine"

// A move is the attempt of a caller.
type move struct {
	kind kind
	n    int
}

type kind uint8

const (
	take   kind = iota // all n units or none
	atMost             // as many of n as are left
	refund             // n units that the same caller was granted, refunded for the first time
)

// An outcome is the result of a move as the caller knows it.
type outcome struct {
	granted int
	unknown bool // an error: it may have happened, now or later
}

// countingModel is the whole specification of a limit to which only refunds return
// units. Units are granted while they fit, and refused only if they do not fit. With
// stale, a refusal proves nothing, because a store may remember a refusal for a while
// and admit less for it.
func countingModel(quota int, stale bool) porcupine.Model {
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
