package jwa

// Checker is a source of keys that can report its faults before the first request.
type Checker interface {
	SelfCheck() SelfCheck
}

// SelfCheck is the report of a Checker. Only authn and the packages below it can make
// one, so that no other source of keys can claim to have shared secrets.
type SelfCheck struct {
	err        error
	hasSecrets bool
	secrets    int
}

// NewSelfCheck returns the report of a source of public keys with the faults in err, which
// is the result of a httperr.ConfigFaults with fields that begin with Keys.
func NewSelfCheck(err error) SelfCheck { return SelfCheck{err: err} }

// WithSecrets returns c as the report of a source of n shared secrets.
func (c SelfCheck) WithSecrets(n int) SelfCheck {
	c.hasSecrets, c.secrets = true, n
	return c
}

// Err returns the faults, joined, or nil.
func (c SelfCheck) Err() error { return c.err }

// Secrets returns the number of shared secrets. ok is false if the source has public keys.
func (c SelfCheck) Secrets() (n int, ok bool) { return c.secrets, c.hasSecrets }
