package redisstore

import (
	"slices"

	"github.com/go-sallyport/sallyport/internal/lease"
)

// leaseSlots is the number of keys of a set of limits that may have a lease.
const leaseSlots = 1024

// newLeases returns nil if these limits allow no leases: if a quota is too small to be
// shared among the processes, or if a limit keeps the time of each unit, as a limit with
// a quota of at most exactQuota does. It also returns nil for 0 processes.
func newLeases(l layout, processes int) *lease.Leases {
	if slices.Contains(l.args[2:], any(int64(0))) {
		return nil
	}
	var widths []int64
	for i := range l.denyFor {
		widths = append(widths, l.args[2+3*i].(int64))
	}
	return lease.New(lease.Config{Quota: l.minQuota, Widths: widths, Processes: processes, Slots: leaseSlots})
}
