package jwa

// Checker is a source of keys that can report its faults before the first request.
type Checker interface {
	SelfCheck() SelfCheck
}

// SelfCheck is the report of a Checker. Only authn and the packages below it can make
// one, so that no other source of keys can claim to have shared secrets.
type SelfCheck struct {
	err     error
	secrets bool
}

// NewSelfCheck returns the report of a source with the faults in err, which is the
// result of a httperr.ConfigFaults with fields that begin with Keys. secrets is true
// if the keys of the source are shared secrets.
func NewSelfCheck(err error, secrets bool) SelfCheck { return SelfCheck{err, secrets} }

// Err returns the faults, joined, or nil.
func (c SelfCheck) Err() error { return c.err }

// Secrets reports whether the keys are shared secrets.
func (c SelfCheck) Secrets() bool { return c.secrets }
