package ratelimit

import (
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

var errNoCounter = &httperr.ConfigError{
	Package: "ratelimit", Field: "Store",
	Reason: "its Open returned neither a Counter nor an error", Fix: "return one of them",
}

// checkStore adds what is wrong with the store and with what belongs to it. cfg
// is as it was given: where there is no store, nothing of that may be set, for
// whoever wrote it believes in a store that is not there.
func (cfg *Config) checkStore(f *httperr.ConfigFaults) {
	if cfg.Store != nil && nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is a nil pointer or function", "leave Store out, or check the error of what made it")
	}
	field := func(name string, value any, set, sound bool, reason, fix string) {
		switch {
		case set && !sound:
			f.Add(name, value, reason, fix)
		case set && cfg.Store == nil:
			f.Add(name, value, "has no meaning without Store", "set Store, or leave it out")
		}
	}
	field("OnFailure", cfg.OnFailure, cfg.OnFailure != FailLocal, cfg.OnFailure <= FailOpen,
		"not one of the choices", "set ratelimit.FailLocal, FailClosed or FailOpen")
	field("Replicas", cfg.Replicas, cfg.Replicas != 0, 1 <= cfg.Replicas && cfg.Replicas <= maxReplicas,
		"not between 1 and 100000", "give the number of processes, or leave it out for 1")
	field("Budget", cfg.Budget, cfg.Budget != 0, minBudget <= cfg.Budget && cfg.Budget <= maxBudget,
		"not between 1ms and 1s", "leave it out for 25ms")
	field("OnState", nil, cfg.OnState != nil, true, "", "")
}
