package routes

import "net/http"

// list returns the rows of the routes, and of the router itself.
func (m *Mux) list(mux *http.ServeMux) (rows []Row) {
	for i := range m.routes {
		rows = append(rows, m.routes[i].row())
	}
	return append(rows, Row{Policy: "404 not_found on each other path", Router: http.StatusNotFound})
}
