// Package exemptpath is a list of paths that a middleware lets through.
//
// # Use
//
//	list := exemptpath.New("Exempt", cfg.Exempt, &faults)
//	if list.Has(r) {
//		next.ServeHTTP(w, r)
//	}
//
// # Threat
//
// A request path such as "/healthz/../admin" that begins like an exempt path, and that
// a router resolves to a resource that is not exempt.
//
// # Place in the chain
//
// It is a leaf: the packages that have a field Exempt use it.
package exemptpath

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A List is a list of paths. A path that ends in "/" stands for all paths below it, any
// other path for itself.
type List struct {
	paths    map[string]struct{}
	prefixes []string
}

// New returns the list of paths. It adds a fault of the field for each path that no
// request can have, that is given twice, or that would exempt everything.
func New(field string, paths []string, f *httperr.ConfigFaults) List {
	list := List{paths: map[string]struct{}{}}
	for i, p := range paths {
		reason, fix := fault(p)
		if reason == "" && slices.Contains(paths[:i], p) {
			reason, fix = "given twice", "remove one of them"
		}
		switch {
		case reason != "":
			f.Add(fmt.Sprintf("%s[%d]", field, i), p, reason, fix)
		case strings.HasSuffix(p, "/"):
			list.prefixes = append(list.prefixes, p)
		default:
			list.paths[p] = struct{}{}
		}
	}
	return list
}

// fault returns the reason why p cannot be in a list, and the fix, or "" twice.
func fault(p string) (reason, fix string) {
	switch {
	case !strings.HasPrefix(p, "/"):
		return "not a path", "begin it with \"/\""
	case p == "/":
		return "it would exempt everything", "name the paths"
	case !isClean(p):
		return "no request has this path", "write the path without \"..\", empty segments, wildcards and escapes"
	}
	return "", ""
}

// isClean reports whether all routers read the path p in the same way.
func isClean(p string) bool {
	return !strings.ContainsAny(p, "%*?#\\") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

// Has reports whether the path of r is in the list. Only a clean path can be.
func (l List) Has(r *http.Request) bool {
	if len(l.paths)+len(l.prefixes) == 0 || r.URL == nil || r.URL.RawPath != "" || !isClean(r.URL.Path) {
		return false
	}
	if _, ok := l.paths[r.URL.Path]; ok {
		return true
	}
	return slices.ContainsFunc(l.prefixes, func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) })
}

// Plain returns the decoded path of u without "//" and "..". Some routers read paths in this
// form. For other routers, such as http.ServeMux, an escaped slash is no slash.
func Plain(u *url.URL) string {
	plain := path.Clean("/" + u.Path)
	if strings.HasSuffix(u.Path, "/") && plain != "/" {
		plain += "/"
	}
	return plain
}
