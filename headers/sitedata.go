package headers

import (
	"net/http"
	"strings"
)

// ClearSiteData names the data of the origin that the browser deletes (Clear Site Data). The
// zero ClearSiteData stands for Cache, Cookies and Storage, all that a logout should delete.
// Browsers obey it over HTTPS only.
type ClearSiteData struct {
	Cache             bool // stored responses; slow in a browser that has stored many
	Cookies           bool // cookies of the whole site, subdomains included, and HTTP credentials
	Storage           bool // localStorage, IndexedDB, service workers and similar
	ExecutionContexts bool // reloads the pages of the origin that are open
}

// Set sets Clear-Site-Data in h. Call it in the handler of a logout, after the session has
// been deleted, so that a request that the handler refuses clears nothing:
//
//	headers.ClearSiteData{}.Set(w.Header())
func (c ClearSiteData) Set(h http.Header) {
	if c == (ClearSiteData{}) {
		c = ClearSiteData{Cache: true, Cookies: true, Storage: true}
	}
	var types []string
	for _, t := range []struct {
		name string
		set  bool
	}{{"cache", c.Cache}, {"cookies", c.Cookies}, {"storage", c.Storage}, {"executionContexts", c.ExecutionContexts}} {
		if t.set {
			types = append(types, `"`+t.name+`"`)
		}
	}
	h.Set("Clear-Site-Data", strings.Join(types, ", "))
}
