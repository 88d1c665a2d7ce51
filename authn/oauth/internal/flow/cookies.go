package flow

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/source"
)

// maxRemoved is the most cookies that one response removes. A browser has Max of them, unless
// many logins began at once.
const maxRemoved = 50

// Find returns the Flow of a state, and whether its cookie came with r. f is nil if the cookie
// does not open, or belongs to another state.
func (k Keys) Find(r *http.Request, state string, now time.Time) (f *Flow, sent bool) {
	id, secret, ok := SplitState(state)
	if !ok {
		return nil, false
	}
	value, count := source.Cookie(r.Header, Prefix+id)
	if count != 1 {
		return nil, count > 0
	}
	f, ok = k.Open(Prefix+id, value, now)
	if !ok || !equal(f.Secret, secret) {
		return nil, true
	}
	return f, true
}

// Stale returns the names of the cookies of r that must go, so that keep of them are left: the
// ones that are no longer good, and the oldest.
func Stale(r *http.Request, keep int, now time.Time) (names []string) {
	var live []string
	for _, c := range r.Cookies() {
		id, ok := idOf(c.Name)
		switch {
		case !ok:
		case alive(id, now):
			live = append(live, c.Name)
		default:
			names = append(names, c.Name)
		}
	}
	// The names begin with the time of the start, so their order is the order of the starts.
	slices.SortFunc(live, strings.Compare)
	live = slices.Compact(live)
	names = append(live[:max(0, len(live)-keep)], names...)
	return names[:min(len(names), maxRemoved)]
}

// Set sets the cookie. An empty value removes it. crossSite lets a browser send the cookie
// with a POST from the page of another site (SameSite=None); otherwise it comes only with a
// navigation by GET (Lax).
func Set(w http.ResponseWriter, name, value string, crossSite bool) {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(Life / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if crossSite {
		c.SameSite = http.SameSiteNoneMode
	}
	if value == "" {
		c.MaxAge = -1 // Max-Age=0
	}
	http.SetCookie(w, &c)
}
