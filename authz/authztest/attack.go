package authztest

import (
	"net/http"

	"github.com/go-sallyport/sallyport/authz/routes"
)

// Attack attacks every route of an inventory, wrong caller by wrong caller, and reports each
// fault with the route and the caller. It begins with the rightful caller: a route that does not
// answer it with success is reported as untested, because its refusals would prove nothing.
//
// Attack ends the test at once if cfg is faulty, with all faults of cfg.
func Attack(t TB, cfg Config) {
	t.Helper()
	k, err := newKit(t, cfg)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	k.wire.start()
	defer k.wire.server.Close()
	k.checkPublic()
	for _, row := range k.rows {
		before := k.wire.sent
		a := &attack{kit: k, row: row}
		a.run()
		a.report(k.wire.sent - before)
	}
	k.checkVersions()
}

// A kit is the attack on a service.
type kit struct {
	t    TB
	cfg  Config
	rows []routes.Row
	mux  *http.ServeMux // has the patterns of rows, to find the route of a path
	wire *wire
}

// run attacks one route.
func (a *attack) run() {
	if !a.prepare() {
		return
	}
	if a.row.Public != "" {
		a.control(nil)
		return
	}
	if !a.control(&a.policy.owner) {
		return
	}
	// The rightful request may have deleted the object.
	if !isSafe(a.row.Method) && !a.prepare() {
		return
	}
	all := a.wrongCallers(a.policy)
	for _, w := range all {
		a.refused(w)
	}
	some := oneOfEach(all)
	a.attackPaths(some)
	a.attackMethods(some)
	a.attackAddresses(all)
	a.attackOwner(all)
	a.attackList()
}
