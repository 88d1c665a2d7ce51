package jwa

// Checker is a source of keys that can say before the first request what is wrong
// with it.
type Checker interface {
	SelfCheck() SelfCheck
}

// SelfCheck is the answer of a Checker. Only packages of authn can make one, so no
// source of somebody else's can pass for one of shared secrets.
type SelfCheck struct {
	err     error
	secrets bool
}

// NewSelfCheck returns the answer of a source with these faults, joined by a
// httperr.ConfigFaults, whose fields begin with Keys. secrets says that its keys are
// shared secrets.
func NewSelfCheck(err error, secrets bool) SelfCheck { return SelfCheck{err, secrets} }

// Err returns the faults, joined, or nil.
func (c SelfCheck) Err() error { return c.err }

// Secrets reports whether the keys are shared secrets.
func (c SelfCheck) Secrets() bool { return c.secrets }
