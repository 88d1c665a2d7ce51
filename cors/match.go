package cors

import (
	"strings"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

// Matching runs on every request with an Origin field, also on hostile and
// foreign ones. It must not allocate. Its cost must depend only on the number
// of labels in the Origin field, never on the number of configured origins.

// origins is the set of allowed origins.
type origins struct {
	exact    map[string]struct{}
	suffixes []suffix            // at most maxSuffixes patterns with a fixed port
	patterns map[string][]origin // the other patterns, by host
}

// A suffix is a pattern with a fixed port. It is compared without parsing the origin: its own
// parts are valid, so that only the labels before it must be checked.
type suffix struct {
	scheme string // with "://"
	end    string // the host after "*", and the port
	labels int    // bytes that may stand in the place of "*"
}

const maxSuffixes = 4 // more of them would cost more than the look-up by host

func (set *origins) add(s string, o origin) {
	switch {
	case o.port != "*" && o.host[0] != '.':
		set.exact[s] = struct{}{}
	case o.port != "*" && len(set.suffixes) < maxSuffixes:
		scheme, end, _ := strings.Cut(s, "://*")
		set.suffixes = append(set.suffixes, suffix{scheme + "://", end, maxHost - len(strings.TrimSuffix(o.host, "."))})
	default:
		set.patterns[o.host] = append(set.patterns[o.host], o)
	}
}

// covers reports whether s is the pattern with one or more labels in the place of "*".
func (p *suffix) covers(s string) bool {
	n := len(s) - len(p.scheme) - len(p.end)
	if n <= 0 || n > p.labels || s[len(s)-len(p.end):] != p.end || s[:len(p.scheme)] != p.scheme {
		return false
	}
	labels := s[len(p.scheme) : len(p.scheme)+n]
	return labels[n-1] != '.' && lowerCase(labels) && hostport.Name(labels, maxLabel)
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
	for i := range set.suffixes {
		if set.suffixes[i].covers(s) {
			return true
		}
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
