package jwa

// Checker is a source of keys that can say before the first request what is wrong
// with it. Only packages of authn can declare the method, so no source of somebody
// else's can pass for one of shared secrets.
type Checker interface {
	SelfCheck() SelfCheck
}

// SelfCheck is the answer of a Checker.
type SelfCheck struct {
	Err     error // the faults, joined, whose fields begin with Keys
	Secrets bool  // the keys are shared secrets
}
