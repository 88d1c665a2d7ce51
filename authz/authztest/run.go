package authztest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authz/routes"
)

// An attack is the attack on one route.
type attack struct {
	*kit
	row    routes.Row
	faults []fault

	target Target
	policy *policy
	path   string // of target
	read   string // the path on which the owner reads the object; "" if there is none
	before []byte // what the owner read there
	won    answer // the answer to the rightful caller
}

// prepare makes an object to attack. It reports whether there is one.
func (a *attack) prepare() (ok bool) {
	if err := a.makeTarget(); err != nil {
		a.fault("rightful caller", "is untested: %v", err)
		return false
	}
	return true
}

func (a *attack) makeTarget() (err error) {
	defer func() {
		v := recover()
		if e, ok := v.(clientError); ok {
			err = fmt.Errorf("the function in Targets fails: %w", e.error)
		} else if v != nil {
			panic(v)
		}
	}()
	a.target = Target{}
	client := &Client{a.wire, a.cfg.Caller, a.row.Host}
	if f := a.cfg.Targets[a.row.Pattern]; f != nil {
		a.target = f(client)
	} else if f := a.cfg.Targets[a.row.Path]; f != nil {
		if a.target = f(client); !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, "QUERY"}, a.row.Method) {
			a.target.Body = ""
		}
	}
	if a.target.Caller.Subject == "" {
		a.target.Caller = a.cfg.Caller
	}
	if a.target.ContentType == "" {
		a.target.ContentType = "application/json"
	}
	for _, name := range a.row.Wildcards {
		if a.target.Values[name] == "" {
			return fmt.Errorf("its path needs a value for {%s}: give one in Targets[%q]", name, a.row.Pattern)
		}
	}
	if a.row.Lists && a.target.ID == "" {
		return fmt.Errorf("it lists objects: give the ID of one in Targets[%q]", a.row.Pattern)
	}
	if a.policy, err = newPolicy(a.row, a.target.Caller, a.target.Values); err != nil {
		return err
	}
	a.path = withQuery(expand(a.row.Path, a.target.Values), a.target.Query)
	return a.readBefore()
}

// readBefore reads the object as its owner, before the attacks.
func (a *attack) readBefore() error {
	a.read = a.target.Read
	for _, row := range a.rows {
		if a.read == "" && row.Method == http.MethodGet && row.Path == a.row.Path && row.Host == a.row.Host {
			a.read = expand(row.Path, a.target.Values)
		}
	}
	if isSafe(a.row.Method) || a.row.Public != "" {
		return nil
	}
	isList := func(r routes.Row) bool { return r.Lists }
	if a.read == "" && a.row.Creates && a.cfg.IgnoresOwner != "" && slices.ContainsFunc(a.rows, isList) {
		return fmt.Errorf("it may create an object for the other user: give the path of a list, in Targets[%q].Read", a.row.Pattern)
	}
	if a.read == "" && a.row.HasObject {
		return fmt.Errorf("it changes an object: give the path on which its owner reads it, in Targets[%q].Read", a.row.Pattern)
	}
	if a.read == "" {
		return nil
	}
	got, err := a.ownerReads()
	if err == nil && !got.succeeded() {
		err = fmt.Errorf("answered %d", got.status)
	}
	if err != nil {
		return fmt.Errorf("its owner cannot read GET %s: %w", a.read, err)
	}
	a.before = got.body
	return nil
}

func (a *attack) ownerReads() (answer, error) {
	return a.wire.do(request{method: http.MethodGet, host: a.row.Host, path: a.read, caller: &a.target.Caller})
}

// request returns the request of the route for a caller.
func (a *attack) request(c *Caller) request {
	return request{method: a.row.Method, host: a.row.Host, path: a.path, body: a.target.Body, typ: a.target.ContentType, caller: c}
}

// control sends the request of the rightful caller, which must succeed. A nil caller is the
// caller of a public route.
func (a *attack) control(c *Caller) bool {
	const attacker = "rightful caller"
	q := a.request(c)
	got, err := a.wire.do(q)
	switch {
	case err != nil:
		a.fault(attacker, "is untested: %v", err)
	case a.target.Status != 0 && got.status != a.target.Status:
		a.fault(attacker, "is untested: answered %d, want %d: %.200s", got.status, a.target.Status, bytes.TrimSpace(got.body))
	case a.target.Status == 0 && !got.succeeded():
		a.fault(attacker, "is untested: answered %d, want 2xx: %.200s", got.status, bytes.TrimSpace(got.body))
	case a.row.Lists && !holdsID(got.body, a.target.ID):
		a.fault(attacker, "is untested: the list does not have the ID %q of its caller", a.target.ID)
	default:
		a.won = got
		if q.method == http.MethodGet {
			q.method = http.MethodHead
			if head, err := a.wire.do(q); err != nil || head.status != got.status {
				a.fault(attacker, "HEAD answered %d, and GET %d", head.status, got.status)
			}
		}
		return true
	}
	return false
}

// refused sends the request of a wrong caller, and the same with HEAD.
func (a *attack) refused(w wrongCaller) {
	q := a.request(w.caller)
	got, ok := a.send(w.name, q)
	if !ok {
		return
	}
	if a.isWrong(w.name, got, w.status); w.isStale() && got.status == w.status && !got.asksForLogin() {
		a.fault(w.name, "answered 401 without insufficient_user_authentication, so no client can ask for the login")
	}
	a.checkRefusal(w.name, got)
	if q.method == http.MethodGet {
		q.method = http.MethodHead
		if got, ok := a.send(w.name+" with HEAD", q); ok {
			a.isWrong(w.name+" with HEAD", got, w.status)
		}
	}
}

// isWrong reports a fault unless the status is the one that is owed.
func (a *attack) isWrong(attacker string, got answer, status int) {
	if got.status != status {
		a.fault(attacker, "answered %d, want %d", got.status, status)
	}
}

// success reports whether got is a success of the route.
func (a *attack) success(got answer) bool {
	return got.succeeded() || a.target.Status != 0 && got.status == a.target.Status
}

// send sends q. A connection that breaks and a rate limit are no refusal.
func (a *attack) send(attacker string, q request) (got answer, ok bool) {
	got, err := a.wire.do(q)
	switch {
	case err != nil:
		a.fault(attacker, "is untested: %v", err)
	case got.status == http.StatusTooManyRequests:
		a.fault(attacker, "is untested: a rate limit answered 429; give the service under test wider limits")
	default:
		return got, true
	}
	return got, false
}

// checkRefusal reports a fault if an answer that is no success shows the object of the owner all
// the same, or if the attack changed it.
func (a *attack) checkRefusal(attacker string, got answer) {
	if !a.success(got) && (holdsBody(got.body, a.before) || a.won.succeeded() && holdsBody(got.body, a.won.body)) {
		a.fault(attacker, "answered %d with the body of a success", got.status)
	}
	a.checkUnchanged(attacker, got)
}

// holdsBody reports whether a response has a body in it. A text of a few bytes, such as "ok" or
// {}, shows nothing, and it may occur by chance.
func holdsBody(response, body []byte) bool {
	const few = 16
	body = bytes.TrimSpace(body)
	return len(body) >= few && bytes.Contains(response, body)
}

// checkUnchanged reports a fault if an attack changed the object that the owner reads, and makes a new
// object for the next attack.
func (a *attack) checkUnchanged(attacker string, got answer) {
	if a.read == "" || a.before == nil {
		return
	}
	now, err := a.ownerReads()
	switch {
	case err != nil:
		a.fault(attacker, "answered %d, and afterwards its owner cannot read the object: %v", got.status, err)
	case !now.succeeded():
		a.fault(attacker, "answered %d, and afterwards its owner cannot read the object: %d", got.status, now.status)
	case !bytes.Equal(now.body, a.before):
		if again, err := a.ownerReads(); err == nil && !bytes.Equal(again.body, now.body) {
			a.fault("rightful caller", "is untested: GET %s has other bytes in each response: sort the list, and leave times out", a.read)
		} else {
			a.fault(attacker, "answered %d, and has changed what its owner reads", got.status)
		}
	default:
		return
	}
	if err := a.makeTarget(); err != nil {
		a.fault("rightful caller", "there is no object for further attacks: %v", err)
		a.before = nil
	}
}

// expand returns the path of a pattern with the values of its wildcards.
func expand(pattern string, values map[string]string) string {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		name, isWildcard := strings.CutPrefix(strings.TrimSuffix(s, "}"), "{")
		switch {
		case s == "{$}":
			segments[i] = ""
		case isWildcard && strings.HasSuffix(name, "..."):
			parts := strings.Split(values[strings.TrimSuffix(name, "...")], "/")
			for j := range parts {
				parts[j] = url.PathEscape(parts[j])
			}
			segments[i] = strings.Join(parts, "/")
		case isWildcard:
			segments[i] = url.PathEscape(values[name])
		}
	}
	return strings.Join(segments, "/")
}

func withQuery(path, query string) string {
	switch {
	case query == "":
		return path
	case strings.Contains(path, "?"):
		return path + "&" + query
	default:
		return path + "?" + query
	}
}
