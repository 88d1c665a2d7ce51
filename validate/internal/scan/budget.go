package scan

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// spend adds n bytes to the memory that decoding will take.
func (s *scanner) spend(n int64) bool {
	if s.memory += n; s.memory > s.Memory {
		return s.stopUnsafe(plan.FaultMemory)
	}
	return true
}

// spendItem spends the memory of the element with index i of a list.
func (s *scanner) spendItem(p plan.Price, i int) bool {
	if i == 0 {
		return s.spend(p.First)
	}
	return s.spend(p.Each)
}

// spendEntry spends the memory of the member with index i of a map.
func (s *scanner) spendEntry(p plan.Price, i int) bool {
	switch {
	case i == 0:
		return s.spend(p.First + p.Extra)
	case i == plan.PerGroup: // the first eight were booked only once
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
