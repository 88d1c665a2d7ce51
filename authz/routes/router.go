package routes

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// noMethod is the method of no pattern.
const noMethod = "no method"

// routerRows returns a row for each answer of the router itself. It asks mux for them, so that
// they are the answers that a client gets.
func routerRows(mux *http.ServeMux, entries []*entry) (rows []Row) {
	var methods, slashes []Row
	seen := map[string]bool{}
	for _, e := range entries {
		p := e.pattern
		if at := p.host + p.path; !seen[at] {
			seen[at] = true
			if a := ask(mux, noMethod, p.host, p.path); a.status == http.StatusMethodNotAllowed {
				allow := "405 method_not_allowed, Allow: " + a.header.Get("Allow")
				methods = append(methods, Row{Host: p.host, Path: p.path, Router: a.status, Policy: allow})
			}
		}
		i := strings.LastIndexByte(p.path, '/')
		if i <= 0 || !p.subtree && !strings.HasSuffix(p.path, "/{$}") {
			continue
		}
		if a := ask(mux, p.method, p.host, p.path[:i]); a.status == http.StatusTemporaryRedirect {
			row := Row{Method: p.method, Host: p.host, Path: p.path[:i], Router: a.status, Policy: "307 to " + p.path[:i+1]}
			if at := row.Method + " " + row.Host + row.Path; !seen[at] {
				seen[at] = true
				slashes = append(slashes, row)
			}
		}
	}
	return append(slices.Concat(methods, slashes),
		Row{Policy: "307 from a path with //, /./ or /../ to the clean path", Router: http.StatusTemporaryRedirect},
		Row{Policy: "404 not_found on each other path", Router: http.StatusNotFound})
}

// ask returns the answer of mux itself to a request for the path of a pattern. The status is 0
// if a route serves the request.
func ask(mux *http.ServeMux, method, host, path string) (a answer) {
	r := newRequest(method, host, path)
	h, _ := mux.Handler(r)
	if _, ok := h.(served); !ok {
		a.header = http.Header{}
		h.ServeHTTP(&a, r)
	}
	return a
}

// newRequest returns a request for the path of a pattern. A wildcard stands for itself, because
// no literal segment is like it.
func newRequest(method, host, path string) *http.Request {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		_, isWildcard := wildcard(s)
		if _, err := url.PathUnescape(s); isWildcard || err != nil {
			segments[i] = url.PathEscape(s) // the ServeMux takes a segment such as %zz as it is
		}
	}
	u := &url.URL{RawPath: strings.TrimSuffix(strings.Join(segments, "/"), "{$}")}
	u.Path, _ = url.PathUnescape(u.RawPath) // each segment can be unescaped
	return &http.Request{Method: method, URL: u, Host: host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}

// An answer is a response without its body.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}
