package routes

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

func newFaults() *httperr.ConfigFaults { return &httperr.ConfigFaults{Package: "routes"} }

// field returns the Field of a fault of r.
func (r *Route) field(name string) string { return fmt.Sprintf("Route[%q].%s", r.Pattern, name) }

func checkVersions(f *httperr.ConfigFaults, versions []string) {}

// check adds the faults of all routes.
func (m *Mux) check(f *httperr.ConfigFaults) {
	for i := range m.routes {
		r := &m.routes[i]
		if nilcheck.Nil(r.Handler) {
			f.Add(r.field("Handler"), nil, "is missing", "write the handler of the route")
		} else if r.Handler == http.Handler(http.DefaultServeMux) {
			f.Add(r.field("Handler"), nil, "is http.DefaultServeMux, where each imported package can register a route",
				"write the handlers of the routes themselves")
		}
	}
}
