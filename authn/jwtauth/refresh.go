package jwtauth

// Refresh is what came of reading a set of keys once, from a file or over the
// network. It is for logs, metrics and alarms: requests are answered without
// anybody looking at it.
type Refresh struct {
	Source string // the path, or the URL without its query
	Keys   int    // how many keys are in use now; 0 if there never was a set, or it is too old

	// Skipped says of each key of the set that is not in use why it is not:
	// it is for encryption, say, or of an unknown kind, or weak. Nothing is
	// wrong unless one of them is missed.
	Skipped []error

	// Err says why what was read, or was not there to be read, is not in use.
	// The keys from before still are. It is nil if all went well. What is wrong
	// with the text of a set is joined in it, all at once, each an
	// *httperr.ConfigError.
	Err error
}
