package authztest

// attackAddresses lets a caller from outside of authz.IPAllow name an address inside, in the headers
// of proxies. A service that believes these headers from each client has no such policy at all.
func (a *attack) attackAddresses(all []wrongCaller) {
	inside := a.policy.owner.address()
	for _, w := range all {
		if w.caller == nil || w.caller.address() == inside {
			continue
		}
		for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"} {
			q, value := a.request(w.caller), inside.String()
			if name == "Forwarded" {
				if inside.Is6() {
					value = "[" + value + "]"
				}
				value = `for="` + value + `"` // RFC 7239, section 6
			}
			q.header = map[string]string{name: value}
			attacker := w.name + " with " + name
			if got, ok := a.send(attacker, q); ok {
				a.isWrong(attacker, got, w.status)
				a.checkRefusal(attacker, got)
			}
		}
	}
}
