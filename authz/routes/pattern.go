package routes

import "strings"

// A pattern is a pattern of http.ServeMux in its parts.
type pattern struct {
	method, host, path string
	wildcards          []string // names, without dots
	subtree            bool     // serves all paths below
}

// parse splits s. It accepts each pattern that http.ServeMux accepts, and checks nothing.
func parse(s string) (p pattern) {
	rest := s
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		p.method, rest = s[:i], strings.TrimLeft(s[i+1:], " \t")
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return p
	}
	p.host, p.path = rest[:i], rest[i:]
	p.subtree = strings.HasSuffix(p.path, "/") || isRest(p.path[strings.LastIndexByte(p.path, '/')+1:])
	for segment := range strings.SplitSeq(p.path, "/") {
		if name, ok := wildcard(segment); ok {
			p.wildcards = append(p.wildcards, name)
		}
	}
	return p
}

// wildcard returns the name of a segment such as {id} or {rest...}. The segment {$} is no wildcard.
func wildcard(segment string) (name string, ok bool) {
	if !strings.HasPrefix(segment, "{") || segment == "{$}" {
		return "", false
	}
	return strings.TrimSuffix(strings.Trim(segment, "{}"), "..."), true
}

// isRest reports whether a segment is a wildcard such as {rest...}.
func isRest(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "...}")
}
