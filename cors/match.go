package cors

// Matching runs on every request with an Origin field, also on hostile and
// foreign ones. It must not allocate. Its cost must depend only on the number
// of labels in the Origin field, never on the number of configured origins.

// origins is the set of allowed origins.
type origins struct {
	exact    map[string]struct{}
	patterns map[origin]struct{}
}

func (set *origins) add(s string, o origin) {
	if o.port != "*" && o.host[0] != '.' {
		set.exact[s] = struct{}{}
		return
	}
	set.patterns[o] = struct{}{}
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
	if set.hasPattern(o) {
		return true
	}
	// parseOrigin refuses empty labels, so a label precedes each dot.
	for i := range len(o.host) {
		if o.host[i] == '.' && set.hasPattern(origin{o.scheme, o.host[i:], o.port}) {
			return true
		}
	}
	return false
}

func (set *origins) hasPattern(o origin) bool {
	if _, ok := set.patterns[o]; ok {
		return true
	}
	o.port = "*"
	_, ok := set.patterns[o]
	return ok
}
