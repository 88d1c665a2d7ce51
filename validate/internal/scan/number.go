package scan

import (
	"math"
	"strconv"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// number reads the number that begins here. whole means that it has neither
// fraction nor exponent.
func (s *scanner) number() (lit []byte, whole, ok bool) {
	n, whole := jsonlex.Number(s.in[s.pos:])
	if n == 0 {
		return nil, false, s.broken(plan.FaultSyntax)
	}
	lit = s.in[s.pos : s.pos+n]
	s.pos += n
	return lit, whole, true
}

// num scans a number that belongs here.
func (s *scanner) num(n *plan.Node) bool {
	lit, whole, ok := s.number()
	switch {
	case !ok:
		return false
	case len(lit) > plan.MaxNumber:
		return s.tooMany(plan.FaultNumberLength.With("max", plan.MaxNumber))
	case n.Kind == plan.KindFloat:
		return fitsFloat(lit, n.Bits) || s.fault(plan.FaultRange)
	case n.Kind == plan.KindNumber:
		return true
	case !whole, n.Kind == plan.KindUint && lit[0] == '-':
		return s.fault(plan.TypeFault(n.Kind))
	case n.Kind == plan.KindInt:
		return fitsInt(lit, n.Bits) || s.fault(plan.RangeFault(n.Kind, n.Bits))
	}
	return fitsUint(lit, uint64(math.MaxUint64)>>(64-n.Bits)) || s.fault(plan.RangeFault(n.Kind, n.Bits))
}

func fitsInt(lit []byte, bits int) bool {
	most := uint64(1)<<(bits-1) - 1
	if lit[0] == '-' {
		return fitsUint(lit[1:], most+1)
	}
	return fitsUint(lit, most)
}

func fitsUint(digits []byte, most uint64) bool {
	var v uint64
	for _, c := range digits {
		d := uint64(c - '0')
		if v > (most-d)/10 {
			return false
		}
		v = v*10 + d
	}
	return true
}

// fitsFloat reports whether lit is less than infinity. Only a number with very
// many digits or an exponent can fail to be.
func fitsFloat(lit []byte, bits int) bool {
	if len(lit) < 38 {
		for i, c := range lit {
			if c|0x20 == 'e' {
				break
			}
			if i == len(lit)-1 {
				return true
			}
		}
	}
	_, err := strconv.ParseFloat(string(lit), bits)
	return err == nil
}

// maxExact is the largest whole number that no other one becomes as a float64
// (RFC 7493, section 2.2): 2^53 is also what 2^53+1 becomes.
const maxExact = 1<<53 - 1

// exact reports whether decoding lit into an any keeps its value, if that is
// whole: 9007199254740993 is not kept, however it is spelled. Beyond maxExact a
// float64 has no fraction, so what is not whole there cannot be kept either.
func exact(lit []byte, whole bool) bool {
	if whole {
		if lit[0] == '-' {
			lit = lit[1:]
		}
		return fitsUint(lit, maxExact)
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	return err == nil && math.Abs(f) <= maxExact
}
