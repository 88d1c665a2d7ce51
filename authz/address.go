package authz

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

var errNoClient = errors.New("authz: IPAllow knows no address of the client; put clientip around the router")

// IPAllow requires that the address of the client is in one of the networks. It adds to
// the credentials of a caller and never replaces them: a caller without a principal is
// refused all the same. Package ipdeny refuses networks without a look at credentials.
//
// The address is the one that package clientip has found. IPAllow never reads
// http.Request.RemoteAddr, which is the address of a proxy in many installations. Without
// clientip each request is answered with 500 internal_error, and the record has the reason.
//
// New refuses networks wider than /8 (IPv4) or /7 (IPv6), IPv4-mapped networks, networks
// with host bits, and duplicates.
func IPAllow(networks ...netip.Prefix) Requirement {
	return Requirement{op: opIPAllow, networks: slices.Clone(networks)}
}

func (q *Requirement) evaluateAddress(r *http.Request) verdict {
	rec := carrier.From(r.Context())
	if rec == nil {
		return misplaced
	}
	client := rec.Facts().Client.Unmap().WithZone("")
	if !client.IsValid() {
		return misplaced
	}
	for _, network := range q.networks {
		if network.Contains(client) {
			return granted
		}
	}
	return denied
}
