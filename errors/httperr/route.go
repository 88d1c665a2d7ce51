package httperr

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// NoteRoute stores the pattern that a router matched in the record of the request
// with the context ctx. Call it in a middleware of a router that keeps its pattern
// to itself, such as gorilla/mux, httprouter, gin and echo; examples/routers has an
// adapter for each of these. For gin:
//
//	engine.Use(func(c *gin.Context) { httperr.NoteRoute(c.Request.Context(), c.FullPath()) })
//
// The pattern must not hold values of the request: records, metrics and alerts
// are kept for each pattern. An empty pattern, and a call outside the chain, do
// nothing. The last call counts. Inside a ServeMux with [WrapMux], the pattern of
// the mux is put in front of pattern, if that does not begin with it.
func NoteRoute(ctx context.Context, pattern string) {
	if rec := carrier.From(ctx); rec != nil && pattern != "" {
		rec.Update(func(f *carrier.Facts) { f.Route = pattern })
	}
}

// unmatched is the route of a request without a pattern.
const unmatched = "unmatched"

// route returns the pattern of the router without its method, or unmatched. noted
// is the pattern that WrapMux or NoteRoute stored, if any.
func (m *Middleware) route(r *http.Request, noted string) string {
	pattern := noted
	if pattern == "" && m.cfg.Route != nil {
		pattern = m.cfg.Route(r)
	}
	if pattern == "" && hasPattern(r) {
		pattern = r.Pattern
	}
	if pattern = pathOf(pattern); pattern == "" {
		return unmatched
	}
	return pattern
}

const (
	maxPath    = 128 // bytes of the path of an unmatched request in the log
	maxSegment = 24  // bytes of a segment that is shown
)

// maskedPath returns the beginning of a path for the log. A segment that may be an
// identifier or a secret is replaced by "*"; see audit.Record.
func maskedPath(path string) string {
	cut := len(path) > maxPath
	path = path[:min(len(path), maxPath)]
	var b strings.Builder
	shown, start := 0, 0 // path[:shown] is in b, and start is the start of the segment
	for start <= len(path) {
		end := len(path)
		if i := strings.IndexByte(path[start:], '/'); i >= 0 {
			end = start + i
		}
		if !isPlainSegment(path[start:end]) || cut && end == len(path) && start < end {
			b.WriteString(path[shown:start])
			b.WriteByte('*')
			shown = end
		}
		start = end + 1
	}
	if b.Len() == 0 {
		return path
	}
	b.WriteString(path[shown:])
	return b.String()
}

// isPlainSegment reports whether a segment of a path is a word of a program, such
// as users, robots.txt or v1: at most 24 letters, dots, hyphens and underscores, or
// a version.
func isPlainSegment(s string) bool {
	if v, ok := strings.CutPrefix(s, "v"); ok && v != "" && len(v) <= 2 && consistsOf(v, digits) {
		return true
	}
	return len(s) <= maxSegment && consistsOf(s, lowerLetters+upperLetters+".-_")
}
