package headers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// Settle implements carrier.HeaderPolicy. Each header of v gets one line: a value that the
// handler has set stays, and a line that the handler, or a service behind a proxy, has added
// goes. For a policy of CSP, an added line stays, because a browser obeys all policies. An
// added Cache-Control stays too unless the first says no-store, because a cache obeys the
// strictest directive: a layer of sessions adds no-cache="Set-Cookie". A header that was lost
// against the will of the handler comes back. If a proxy has cleared the whole header, the lines
// in it count as added.
func (v *variant) Settle(h http.Header, p carrier.Pending) {
	for i := range v.fixed {
		settleField(h, v.fixed[i].name, v.fixed[i].value, p)
	}
	if len(v.templates) == 0 {
		return
	}
	for i := range v.templates {
		t := &v.templates[i]
		switch {
		case p.Status == http.StatusNotModified:
			// A new nonce in a 304 would replace that of the stored page (RFC 9111, section
			// 3.2), whose scripts would then not run.
			h[t.name] = slices.DeleteFunc(slices.Clone(h[t.name]), func(line string) bool { return strings.Contains(line, p.Text) })
			if len(h[t.name]) == 0 {
				delete(h, t.name)
			}
		case (p.Cleared || p.Lost && len(h[t.name]) == 0) && !ownedInside(t.name, p.Inner):
			h[t.name] = slices.Concat([]string{strings.Join(t.pieces, p.Text)}, h[t.name])
		}
	}
}

// settleField settles one header whose value is the same for all responses.
func settleField(h http.Header, name, value string, p carrier.Pending) {
	if p.Cleared && !ownedInside(name, p.Inner) {
		h[name] = slices.Concat([]string{value}, h[name])
	}
	switch lines := h[name]; {
	case len(lines) > 1 && !addable(name, lines[0]):
		h[name] = lines[:1:1]
	case len(lines) == 0 && p.Lost && !ownedInside(name, p.Inner):
		h[name] = []string{value}
	}
}

// addable reports whether a second line of the header can only tighten the first one.
func addable(name, first string) bool {
	return strings.HasPrefix(name, "Content-Security-Policy") || name == "Cache-Control" && !keepsNothing(first)
}

// ownedInside reports whether a Middleware inside of this one sends the header, or switches
// it off. Then the header that was lost is not the one of this Middleware.
func ownedInside(name string, inner []carrier.Promise) bool {
	for i := range inner {
		if v, ok := inner[i].Policy.(*variant); ok && v.owns(name) {
			return true
		}
	}
	return false
}

// owns reports whether v sends the header, or switches it off.
func (v *variant) owns(name string) bool {
	return slices.Contains(v.removed, name) ||
		slices.ContainsFunc(v.fixed, func(h header) bool { return h.name == name }) ||
		slices.ContainsFunc(v.templates, func(t template) bool { return t.name == name })
}

// Enforce keeps the promises of package headers, and of package cors, where no httperr.Middleware
// is around them: the header of each response of next is settled just before it is sent.
// Inside of an httperr.Middleware, which does this itself, it only runs next. Put it outside
// of the layers of this library. Enforce panics if next is nil.
func Enforce(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("headers: Enforce of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, c := carrier.Ensure(r)
		defer carrier.Restore(r, c)
		if rec.Facts().Outer != nil {
			next.ServeHTTP(w, c)
			return
		}
		status, w := statuswriter.WrapBefore(w, func(status int, informed bool) { rec.Settle(w.Header(), status, informed) })
		next.ServeHTTP(w, c)
		status.Finish()
	})
}
