package discovery

import (
	"fmt"
	"net/netip"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/hostport"
)

// CheckHosts adds the faults of a list of hosts for which http is accepted. fieldName is
// the name of the list.
func CheckHosts(f *httperr.ConfigFaults, fieldName string, hosts []string) {
	for i, host := range hosts {
		if _, err := netip.ParseAddr(host); err == nil || hostport.Name(host, 63) {
			continue
		}
		f.Add(fmt.Sprintf("%s[%d]", fieldName, i), fmt.Sprintf("%.64s", host), "is not a host",
			"write each host as in the URL, without scheme, port, path, brackets and wildcard, such as keycloak.auth.svc")
	}
}
