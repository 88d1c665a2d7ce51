package authztest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var defaultOwnerNames = []string{"owner", "owner_id", "user", "user_id", "subject", "sub", "tenant", "tenant_id"}

// attackOwner names an owner in the query and in the body. A service that believes it
// lets one user act for another.
func (a *attack) attackOwner(all []wrongCaller) {
	other := slices.IndexFunc(all, func(w wrongCaller) bool { return w.status == http.StatusNotFound })
	for _, name := range a.cfg.OwnerNames {
		if a.row.HasObject && other >= 0 {
			for _, subject := range []string{a.policy.owner.Subject, a.cfg.OtherUser} {
				a.nameOwner(all[other], name, subject)
			}
		}
		if isSafe(a.row.Method) {
			continue
		}
		for where, q := range a.naming(a.request(&a.policy.owner), name, a.cfg.OtherUser) {
			a.actForOther("rightful caller with "+name+"="+a.cfg.OtherUser+" in the "+where, q)
		}
	}
}

// nameOwner lets a caller who does not own the object name an owner.
func (a *attack) nameOwner(w wrongCaller, name, subject string) {
	for where, q := range a.naming(a.request(w.caller), name, subject) {
		attacker := w.name + " with " + name + "=" + subject + " in the " + where
		got, ok := a.send(attacker, q)
		if !ok {
			continue
		}
		if !refusesOwner(got.status) {
			a.fault(attacker, "answered %d, want 400 or 404", got.status)
		}
		a.checkUnchanged(attacker, got)
	}
}

// actForOther lets the rightful caller name the other user as the owner.
func (a *attack) actForOther(attacker string, q request) {
	other := a.otherReads()
	got, ok := a.send(attacker, q)
	switch {
	case !ok:
	case refusesOwner(got.status):
		a.checkUnchanged(attacker, got)
		return
	case !a.success(got):
		a.fault(attacker, "answered %d, want 400 or 404", got.status)
	case a.cfg.IgnoresOwner == "":
		a.fault(attacker, "answered %d, want 400 or 404; if the service ignores such names, say why in IgnoresOwner", got.status)
	case !bytes.Equal(other, a.otherReads()):
		a.fault(attacker, "answered %d, and has changed what the other user reads", got.status)
	}
	// The request had success, so the object is another one.
	if !a.prepare() {
		a.before = nil
	}
}

// otherReads returns what the other user reads at the path of the owner: the same list.
func (a *attack) otherReads() []byte {
	if a.read == "" || a.row.HasObject {
		return nil
	}
	other := a.otherUser(a.policy)
	got, err := a.wire.do(request{method: http.MethodGet, host: a.row.Host, path: a.read, caller: &other})
	if err != nil {
		return nil
	}
	return got.body
}

// refusesOwner reports whether a status refuses the name of an owner. Beside 400 and 404 that is
// 403, with which package view refuses a member that the caller may not set, and 422.
func refusesOwner(status int) bool {
	return slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}, status)
}

// naming returns q with a name and a value in the query, and in the body if it has one. A name that
// the valid request has means something else there.
func (a *attack) naming(q request, name, value string) map[string]request {
	all := map[string]request{}
	if query, err := url.ParseQuery(a.target.Query); err == nil && !query.Has(name) {
		asked := q
		asked.path = withQuery(q.path, url.Values{name: {value}}.Encode())
		all["query"] = asked
	}
	switch {
	case q.body == "":
	case strings.HasPrefix(q.typ, "application/x-www-form-urlencoded"):
		if form, err := url.ParseQuery(q.body); err == nil && !form.Has(name) {
			form.Set(name, value)
			q.body = form.Encode()
			all["body"] = q
		}
	default:
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(q.body), &object) != nil || object == nil || object[name] != nil {
			break
		}
		object[name], _ = json.Marshal(value)
		if body, err := json.Marshal(object); err == nil {
			q.body = string(body)
			all["body"] = q
		}
	}
	return all
}
