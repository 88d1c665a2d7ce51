package authztest

import (
	"strings"

	"github.com/go-sallyport/sallyport/authz/routes"
)

// checkVersions compares each route with its twins in other versions of the API. A caller
// that one twin refuses would otherwise use the other one.
func (k *kit) checkVersions() {
	k.t.Helper()
	for _, row := range k.rows {
		for _, twin := range k.rows {
			version, key := k.unversioned(row)
			other, sameKey := k.unversioned(twin)
			if version != "" && other != "" && version != other && key == sameKey && row.Weaker == "" {
				k.compareTwins(row, twin)
			}
		}
	}
}

// compareTwins reports a fault if row admits a caller that twin refuses.
func (k *kit) compareTwins(row, twin routes.Row) {
	k.t.Helper()
	weak, err := newPolicy(row, k.cfg.Caller, nil)
	strong, err2 := newPolicy(twin, k.cfg.Caller, nil)
	if err != nil || err2 != nil || twin.Public != "" {
		return // a fault of the attack on the route, or nothing to be weaker than
	}
	for _, w := range k.wrongCallers(strong) {
		if row.Public != "" || weak.status(w.caller) == 0 {
			k.t.Errorf("authztest: %s: %s: is admitted, and %s refuses with %d; give the reason in Route.Weaker",
				row.Pattern, w.name, twin.Pattern, w.status)
			return
		}
	}
	if len(row.Limits) == 0 && len(twin.Limits) > 0 {
		k.t.Errorf("authztest: %s: has no limit, and %s has %s; give the reason in Route.Weaker",
			row.Pattern, twin.Pattern, strings.Join(twin.Limits, ", "))
	}
}

// unversioned returns the longest of Config.Versions that is a prefix of the path of row, and the
// method, the host and the path below it. The version is "" if there is no such prefix. The names
// of the wildcards do not matter.
func (k *kit) unversioned(row routes.Row) (version, key string) {
	path := row.Path
	for _, prefix := range k.cfg.Versions {
		below, ok := strings.CutPrefix(row.Path, strings.TrimSuffix(prefix, "/"))
		if ok && (below == "" || below[0] == '/') && len(prefix) > len(version) {
			version, path = prefix, below
		}
	}
	for _, name := range row.Wildcards {
		path = strings.Replace(path, "{"+name, "{", 1)
	}
	return version, row.Method + " " + row.Host + path
}
