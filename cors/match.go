package cors

// Matching runs on every request with an Origin field, most of them hostile or
// foreign. It may not allocate, and its cost may not grow with the number of
// origins configured, only with the labels of the one that was sent.

// origins is the set of origins that are let in.
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

// match reports whether the origin s is in the set, byte for byte: browsers
// send lower case, so folding it would only let in what is none.
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
	// parseOrigin refuses empty labels, so something precedes each dot.
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
