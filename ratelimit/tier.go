package ratelimit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Exempt is the result of [Config].Tier for a request that is not limited. The name of a
// tier cannot contain parentheses, so no tier has this name. If Tier reads the names of
// plans from a database, a plan does not have this name by accident.
const Exempt = "(exempt)"

// A limitSet is a set of limits that decide together: a unit counts in every limit or in
// no limit.
type limitSet struct {
	limits   []namedLimit
	smallest int     // the smallest quota
	table    *table  // nil if only the store counts
	counter  Counter // nil if only the table counts
}

// A tier is a set of limits with a name. Each request is counted in one tier.
type tier struct {
	name     string
	limitSet           // of the limits that refuse; empty if all limits have Shadow
	shadow   *limitSet // of the limits with Shadow; nil if there are no such limits
	policy   string    // the value of RateLimit-Policy
}

// costError refuses a cost of n units, which is above the smallest quota.
func (s *limitSet) costError(n int) error {
	return errCost.With(fmt.Errorf("ratelimit: a cost of %d, above the smallest quota of %d", n, s.smallest))
}

// describe writes count, the answer about n units of s, into d.
func (s *limitSet) describe(d *Decision, count *Count, n int) {
	limit := &s.limits[count.Limit]
	d.Granted, d.limit = count.Granted, count.Limit
	d.Name, d.Limit, d.Window = limit.name, limit.Quota, limit.Window
	d.Remaining, d.Reset = int(count.Left), count.Wait
	if d.Allowed = count.Granted > 0 || n == 0 && count.Left > 0; !d.Allowed {
		d.RetryAfter, d.Err = count.Wait, limit.refusal
	}
}

// checkTiers adds the faults of the tiers.
func (cfg *Config) checkTiers(f *httperr.ConfigFaults) {
	if len(cfg.Tiers) > 0 && cfg.Tier == nil {
		f.Add("Tier", nil, "missing: no request would be in one of Tiers", "set a function that returns the name of a tier")
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Tiers)) {
		switch {
		case name == "":
			f.Add("Tiers", name, "the empty name stands for Config.Limits", "put these limits there")
		case !field.Label(name):
			f.Add("Tiers", name,
				"not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar",
				`write a word such as "gold"`)
		}
		checkLimits(f, fmt.Sprintf("Tiers[%q]", name), cfg.Tiers[name])
	}
}

// A compiler makes tiers from a valid Config.
type compiler struct {
	*Config
	tables bool    // allocate the tables
	faults []error // faults that the store reported
}

// newTier returns the tier called name, with limits. The name "" stands for
// Config.Limits.
func (c *compiler) newTier(name string, limits []Limit) *tier {
	storeName := c.Name
	if name != "" {
		storeName += "|" + name
	}
	return c.newTierAs(name, storeName, limits)
}

// newTierAs is newTier with the name of the tier in the store.
func (c *compiler) newTierAs(name, storeName string, limits []Limit) *tier {
	prefix := ""
	for _, part := range []string{c.Name, name} {
		if part != "" {
			prefix += part + "-"
		}
	}
	refuse, shadow := splitShadow(limits)
	t := &tier{name: name, limitSet: c.newLimitSet(storeName, prefix, refuse)}
	t.policy = policyText(t.limits)
	if len(shadow) > 0 {
		if name == "" { // so that this is not the storeName of a tier called "shadow"
			storeName += "|"
		}
		set := c.newLimitSet(storeName+"|shadow", prefix, shadow)
		t.shadow = &set
	}
	return t
}

func (c *compiler) newLimitSet(storeName, prefix string, limits []Limit) limitSet {
	s := limitSet{smallest: smallestQuota(limits)}
	if len(limits) == 0 {
		return s
	}
	for _, limit := range limits {
		s.limits = append(s.limits, newNamedLimit(prefix+limit.name(), limit))
	}
	if c.Store != nil {
		var err error
		if s.counter, err = c.Store.Open(storeName, slices.Clone(limits)); err != nil {
			c.faults = append(c.faults, err)
		} else if nilcheck.Nil(s.counter) {
			c.faults = append(c.faults, errNoCounter)
		}
	}
	if c.tables && c.usesMemory() {
		s.table = newTable(c.localLimits(limits), c.MaxKeys, c.Store != nil)
	}
	return s
}

// usesMemory reports whether the memory of this process counts.
func (cfg *Config) usesMemory() bool { return cfg.Store == nil || cfg.OnFailure == FailLocal }

// localLimits returns the limits of the memory in this process. Without a store the
// memory has the whole of each quota, and with a store its share of each quota. Behind a
// store each window is longer by the budget: the memory counts a request before the
// store answers. The request may begin up to one budget later, and must count as much
// longer.
func (cfg *Config) localLimits(limits []Limit) []Limit {
	if cfg.Store == nil {
		return limits
	}
	limits = slices.Clone(limits)
	for i := range limits {
		limits[i].Quota = (limits[i].Quota + cfg.Replicas - 1) / cfg.Replicas
		limits[i].Window += cfg.Budget
	}
	return limits
}

// tableLimits calls yield with the limits of each table.
func (cfg *Config) tableLimits(yield func([]Limit) bool) {
	if !cfg.usesMemory() {
		return
	}
	for _, limits := range append(slices.Collect(maps.Values(cfg.Tiers)), cfg.Limits) {
		refuse, shadow := splitShadow(limits)
		for _, part := range [][]Limit{refuse, shadow} {
			if len(part) > 0 && !yield(cfg.localLimits(part)) {
				return
			}
		}
	}
}

// totalTableBytes returns the bytes that all tables take.
func (cfg *Config) totalTableBytes() (n int64) {
	for limits := range cfg.tableLimits {
		n += tableBytes(limits, cfg.MaxKeys, cfg.Store != nil)
	}
	return n
}

// fittingKeys returns the default of MaxKeys, or the keys of which the largest table
// takes size bytes if these are fewer.
func (cfg *Config) fittingKeys(size int64) int {
	n := int64(defaultMaxKeys)
	for limits := range cfg.tableLimits {
		rows := size / rowBytes(limits, cfg.Store != nil)
		n = min(n, rows*ways/2)
	}
	return int(n)
}
