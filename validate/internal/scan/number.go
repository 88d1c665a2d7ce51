package scan

import (
	"bytes"
	"math"
	"strconv"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// readNumber reads the number at the position of the scan. whole means that it has neither
// fraction nor exponent.
func (s *scanner) readNumber() (lit []byte, whole, ok bool) {
	n, whole := jsonlex.Number(s.in[s.pos:])
	if n == 0 {
		return nil, false, s.stopMalformed(plan.FaultSyntax)
	}
	lit = s.in[s.pos : s.pos+n]
	s.pos += n
	return lit, whole, true
}

// scanNumber scans a number where the plan has a number.
func (s *scanner) scanNumber(n *plan.Node) bool {
	lit, whole, ok := s.readNumber()
	switch {
	case !ok:
		return false
	case len(lit) > plan.MaxNumber:
		return s.addUnsafe(plan.FaultNumberLength.With("max", plan.MaxNumber))
	case n.Kind == plan.KindNumber:
		return true
	case n.Kind == plan.KindFloat:
		return fitsFloat(lit, n.Bits) || s.addFault(plan.FaultRange)
	case !whole, n.Kind == plan.KindUint && lit[0] == '-':
		return s.addFault(plan.TypeFault(n.Kind))
	case len(lit) < 10 && n.Bits >= 32:
		return true // nine digits always fit
	}
	var err error
	if n.Kind == plan.KindInt {
		_, err = strconv.ParseInt(string(lit), 10, n.Bits)
	} else {
		_, err = strconv.ParseUint(string(lit), 10, n.Bits)
	}
	return err == nil || s.addFault(plan.RangeFault(n.Kind, n.Bits))
}

// fitsFloat reports whether lit is less than infinity. A short number without an exponent
// always is.
func fitsFloat(lit []byte, bits int) bool {
	if len(lit) < 38 && bytes.IndexByte(lit, 'e') < 0 && bytes.IndexByte(lit, 'E') < 0 {
		return true
	}
	_, err := strconv.ParseFloat(string(lit), bits)
	return err == nil
}

// maxExact is the largest whole number that shares its float64 with no other whole number
// (RFC 7493, section 2.2): 2^53 and 2^53+1 become the same float64.
const maxExact = 1<<53 - 1

// exact reports whether decoding lit into an any keeps a whole value. 9007199254740993 is
// not kept, in no spelling. Beyond maxExact a float64 has no fraction, so a number with
// a fraction is not kept there either.
func exact(lit []byte) bool {
	f, err := strconv.ParseFloat(string(lit), 64)
	return err == nil && math.Abs(f) <= maxExact
}
