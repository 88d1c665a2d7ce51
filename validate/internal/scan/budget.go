package scan

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// spend books n bytes.
func (s *scanner) spend(n int64) bool {
	if s.memory += n; s.memory > s.Memory {
		return s.exceeded(plan.FaultMemory)
	}
	return true
}

// item books the element of a list that i are before.
func (s *scanner) item(p plan.Price, i int) bool {
	if i == 0 {
		return s.spend(p.First)
	}
	return s.spend(p.Each)
}

// entry books the member of a map that i are before.
func (s *scanner) entry(p plan.Price, i int) bool {
	switch {
	case i == 0:
		return s.spend(p.First + p.Extra)
	case i == plan.PerGroup: // the first eight were booked once only
		return s.spend(2*p.Each - p.First + p.Extra)
	case i%plan.PerGroup == 0:
		return s.spend(p.Each + p.Extra)
	}
	return p.Extra == 0 || s.spend(p.Extra)
}

var (
	freeList = plan.PriceOf(reflect.Slice, plan.OfAny)
	freeMap  = plan.PriceOf(reflect.Map, plan.OfAny)
)
