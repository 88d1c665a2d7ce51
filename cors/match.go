package cors

// Matching runs on every request with an Origin field, also on hostile and
// foreign ones. It must not allocate. Its cost must depend only on the number
// of labels in the Origin field, never on the number of configured origins.

// origins is the set of allowed origins.
type origins struct {
	exact    map[string]struct{}
	patterns map[string][]origin // by host
}

func (set *origins) add(s string, o origin) {
	if o.port != "*" && o.host[0] != '.' {
		set.exact[s] = struct{}{}
		return
	}
	set.patterns[o.host] = append(set.patterns[o.host], o)
}

// match reports whether the origin s is in the set, byte for byte. It does not
// fold case: browsers send lower case, so a value in upper case is no origin.
func (set *origins) match(s string) bool {
	if len(s) > maxOrigin {
		return false
	}
	if _, ok := set.exact[s]; ok {
		return true
	}
	if len(set.patterns) == 0 {
		return false
	}
	o, ok := parseOrigin(s)
	if !ok {
		return false
	}
	if set.hasPattern(o, o.host) {
		return true
	}
	// parseOrigin refuses empty labels, so a label precedes each dot.
	for i := range len(o.host) {
		if o.host[i] == '.' && set.hasPattern(o, o.host[i:]) {
			return true
		}
	}
	return false
}

// hasPattern reports whether there is a pattern with this host for the scheme and the port of o.
func (set *origins) hasPattern(o origin, host string) bool {
	for _, p := range set.patterns[host] {
		if p.scheme == o.scheme && (p.port == o.port || p.port == "*") {
			return true
		}
	}
	return false
}
