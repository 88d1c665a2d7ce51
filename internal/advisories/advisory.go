package advisories

import "slices"

// An Advisory is one published fault of a peer, restated as an attack on this library.
type Advisory struct {
	ID     string // of the CVE list, or of the GitHub advisory database
	Peer   string // the library or program with the fault
	Fault  string // of the peer, in one sentence
	Attack string // against this library
	Want   string // the answer of this library: status and code, status and body, or the field that New refuses
}

// All returns the advisories, sorted by concern.
func All() []Advisory {
	return slices.Concat(tokens, sessions, origins, addresses, limits, input, routing, fields)
}
