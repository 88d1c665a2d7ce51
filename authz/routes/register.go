package routes

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/muxpattern"
)

// register returns a http.ServeMux with all entries. It adds a fault for each pattern that the
// ServeMux refuses, and for each pair of patterns that it cannot tell apart.
func register(f *httperr.ConfigFaults, entries []*entry) *http.ServeMux {
	mux := http.NewServeMux()
	var accepted []*entry
	for _, e := range entries {
		if refusal := add(http.NewServeMux(), e); refusal != "" {
			f.Add(e.field("Pattern"), e.Pattern, "is no pattern of http.ServeMux: "+refusal,
				`write "METHOD /path", such as "GET /notes/{id}"`)
			continue
		}
		if add(mux, e) != "" {
			e.addConflicts(f, accepted)
		}
		accepted = append(accepted, e)
	}
	return mux
}

// addConflicts adds a fault for each pattern that conflicts with the pattern of e.
func (e *entry) addConflicts(f *httperr.ConfigFaults, others []*entry) {
	for _, other := range others {
		pair := http.NewServeMux()
		add(pair, other)
		if refusal := add(pair, e); refusal != "" {
			f.Add(e.field("Pattern"), e.Pattern, fmt.Sprintf("conflicts with %q: %s", other.Pattern, refusal),
				"change one of the two, so that one of them is more specific")
		}
	}
}

// add registers e. It returns the reason for which mux refuses its pattern, or "".
func add(mux *http.ServeMux, e *entry) (refusal string) {
	h := e.handler
	if h == nil {
		h = http.NotFoundHandler() // the route has another fault
	}
	return muxpattern.Add(mux, e.Pattern, h)
}
