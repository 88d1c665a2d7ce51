package authztest

import "strings"

// attackList reads the list as callers that do not own the object with the ID, also with a
// query that names its owner.
func (a *attack) attackList() {
	if !a.row.Lists {
		return
	}
	for _, f := range a.foreign(a.policy) {
		name, q := f.name, a.request(&f.caller)
		if a.policy.status(&f.caller) != 0 {
			continue // attacked as a wrong caller
		}
		got, ok := a.send(name, q)
		switch {
		case !ok:
		case !a.success(got):
			a.fault(name, "is untested: answered %d, want a list", got.status)
		case holdsID(got.body, a.target.ID):
			a.fault(name, "the list has the ID %q of an object of the rightful caller", a.target.ID)
		}
		for _, owner := range a.cfg.OwnerNames {
			for _, n := range a.naming(name, q, owner, a.policy.owner.Subject) {
				a.listFor(n.attacker, n.request)
			}
		}
	}
}

// listFor reads a list with a query that names the owner of the object.
func (a *attack) listFor(attacker string, q request) {
	got, ok := a.send(attacker, q)
	switch {
	case !ok || refusesOwner(got.status):
	case holdsID(got.body, a.target.ID):
		a.fault(attacker, "the list has the ID %q of an object of the rightful caller", a.target.ID)
	case a.success(got) && a.cfg.IgnoresOwner == "":
		a.fault(attacker, "answered %d, want 400 or 404; if the service ignores such names, say why in IgnoresOwner", got.status)
	case !a.success(got):
		a.fault(attacker, "answered %d, want 400 or 404", got.status)
	}
}

// holdsID reports whether body has the ID, and not only a longer one that contains it.
func holdsID(body []byte, id string) bool {
	for rest := string(body); id != ""; {
		i := strings.Index(rest, id)
		if i < 0 {
			return false
		}
		after := rest[i+len(id):]
		if (i == 0 || !isIDByte(rest[i-1])) && (after == "" || !isIDByte(after[0])) {
			return true
		}
		rest = rest[i+1:]
	}
	return false
}

func isIDByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '_'
}
