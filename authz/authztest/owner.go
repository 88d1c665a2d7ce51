package authztest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
		for _, q := range a.naming("rightful caller", a.request(&a.policy.owner), name, a.cfg.OtherUser) {
			a.actForOther(q.attacker, q.request)
		}
	}
}

// nameOwner lets a caller that does not own the object name an owner.
func (a *attack) nameOwner(w wrongCaller, name, subject string) {
	for _, q := range a.naming(w.name, a.request(w.caller), name, subject) {
		got, ok := a.send(q.attacker, q.request)
		if !ok {
			continue
		}
		if !refusesOwner(got.status) {
			a.fault(q.attacker, "answered %d, want 400 or 404", got.status)
		}
		a.checkRefusal(q.attacker, got)
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
	case other != a.otherReads():
		a.fault(attacker, "answered %d, and has changed the response to the other user", got.status)
	}
	// The request had success, so the object is another one.
	if !a.prepare() {
		a.before = nil
	}
}

// otherReads returns the response to the other user at the path of the owner. For a list it is the
// body, and for a refusal the status, because its body has a correlation ID. For an object it is the
// status, because the request may have changed the object itself, and an object that was given to the
// other user is no longer missing.
func (a *attack) otherReads() string {
	if a.read == "" {
		return ""
	}
	other := a.otherUser(a.policy)
	got, err := a.wire.do(request{method: http.MethodGet, host: a.row.Host, path: a.read, caller: &other})
	switch {
	case err != nil:
		return ""
	case a.row.HasObject && a.row.Method != http.MethodDelete:
		return strconv.Itoa(got.status)
	case a.row.HasObject:
		return ""
	case got.status >= http.StatusBadRequest:
		return strconv.Itoa(got.status)
	}
	return string(got.body)
}

// refusesOwner reports whether a status refuses the name of an owner. Beside 400 and 404 that is
// 403, with which package view refuses a member that the caller may not set, and 422.
func refusesOwner(status int) bool {
	return slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}, status)
}

// A namingRequest is a request that names an owner.
type namingRequest struct {
	attacker string
	request  request
}

// naming returns q with a name and a value in the query, and in the body if it has one. A name that
// the valid request has means something else there.
func (a *attack) naming(attacker string, q request, name, value string) (all []namingRequest) {
	attacker += " with " + name + "=" + value
	if query, err := url.ParseQuery(a.target.Query); err == nil && !query.Has(name) {
		asked := q
		asked.path = withQuery(q.path, url.Values{name: {value}}.Encode())
		all = append(all, namingRequest{attacker + " in the query", asked})
	}
	if q.body = bodyWith(q, name, value); q.body != "" {
		all = append(all, namingRequest{attacker + " in the body", q})
	}
	return all
}

// bodyWith returns the body of q with one more member, or "" if it has no members or has this one.
func bodyWith(q request, name, value string) string {
	if strings.HasPrefix(q.typ, "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(q.body)
		if err != nil || q.body == "" || form.Has(name) {
			return ""
		}
		form.Set(name, value)
		return form.Encode()
	}
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(q.body))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil || object == nil {
		return ""
	}
	if _, ok := object[name]; ok {
		return ""
	}
	object[name] = value
	body, err := json.Marshal(object)
	if err != nil {
		return ""
	}
	return string(body)
}
