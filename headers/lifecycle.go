package headers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrGone is the refusal of a request that comes after the sunset.
var ErrGone = &httperr.Error{
	Status: http.StatusGone, Code: "gone",
	Message: "The resource was retired and is no longer available. Use a newer version of the API.",
}

// LifecycleConfig says when a resource is deprecated and when it goes away. At
// least one of the two times must be set, so the zero LifecycleConfig is
// refused. Fractions of a second are dropped.
type LifecycleConfig struct {
	_ [0]func()

	// Deprecated is the time when the resource was or will be deprecated. It is
	// sent as Deprecation (RFC 9745). Zero sends no Deprecation.
	Deprecated time.Time

	// Sunset is the time when the resource is expected to stop answering. It
	// is sent as Sunset (RFC 8594). Zero sends no Sunset. A Sunset before
	// Deprecated is refused (RFC 9745, section 4).
	Sunset time.Time

	// DeprecationLink, SunsetLink and SuccessorLink are sent as Link with the
	// relations deprecation (RFC 9745, section 3), sunset (RFC 8594, section 6)
	// and successor-version (RFC 5829). Each is an http or https URL or an
	// absolute path, in ASCII. An empty string sends no Link.
	DeprecationLink string
	SunsetLink      string
	SuccessorLink   string

	// Gone refuses every request from Sunset on with ErrGone. By default only
	// the headers are added.
	Gone bool

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. Handler has already set the headers.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off. It can count
	// the clients that still use a deprecated resource.
	Observe func(*http.Request, Decision)
}

// Decision is the decision of a Lifecycle on one request.
type Decision struct {
	Err error // ErrGone; nil if the request passes
}

// Lifecycle announces the end of a resource. It is safe for concurrent use.
// The zero Lifecycle is not usable; make one with NewLifecycle.
type Lifecycle struct {
	fixed   []header
	links   string
	gone    time.Time // zero: never
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)

	deprecated, sunset time.Time
}

// NewLifecycle compiles cfg. It returns all faults of cfg at once, joined, each
// a *httperr.ConfigError.
func NewLifecycle(cfg LifecycleConfig) (*Lifecycle, error) {
	f := newFaults()
	l := &Lifecycle{deny: cfg.Deny, observe: cfg.Observe}
	if l.deny == nil {
		l.deny = httperr.Write
	}
	if cfg.Deprecated.IsZero() && cfg.Sunset.IsZero() {
		f.Add("LifecycleConfig", nil, "neither Deprecated nor Sunset is set", "set the time that is known")
	}
	if t := f.compileTime("LifecycleConfig.Deprecated", cfg.Deprecated); !t.IsZero() {
		l.deprecated = t
		l.fixed = append(l.fixed, header{"Deprecation", "@" + strconv.FormatInt(t.Unix(), 10)})
	}
	if t := f.compileTime("LifecycleConfig.Sunset", cfg.Sunset); !t.IsZero() {
		l.sunset = t
		// An HTTP-date ends in GMT. The draft of Deprecation, and programs
		// that copied from it, end the date in UTC.
		l.fixed = append(l.fixed, header{"Sunset", t.Format(http.TimeFormat)})
		if t.Before(cfg.Deprecated.Truncate(time.Second)) {
			f.Add("LifecycleConfig.Sunset", t.Format(time.RFC3339), "earlier than Deprecated", "set it to the same time or a later one")
		}
		if cfg.Gone {
			l.gone = t
		}
	} else if cfg.Gone {
		f.Add("LifecycleConfig.Gone", nil, "there is no time from which on it is gone", "set Sunset")
	}

	var links []string
	for _, link := range []struct{ field, target, rel string }{
		{"DeprecationLink", cfg.DeprecationLink, "deprecation"},
		{"SunsetLink", cfg.SunsetLink, "sunset"},
		{"SuccessorLink", cfg.SuccessorLink, "successor-version"},
	} {
		if link.target == "" {
			continue
		}
		if !validLinkTarget(link.target) {
			f.Add("LifecycleConfig."+link.field, link.target,
				"neither an http or https URL nor an absolute path, in ASCII",
				"write https://host.example/path or /path, percent-encoded")
		}
		links = append(links, "<"+link.target+`>; rel="`+link.rel+`"`)
	}
	l.links = strings.Join(links, ", ")
	if err := f.Err(); err != nil {
		return nil, err
	}
	return l, nil
}

// compileTime returns t in UTC and whole seconds, as the headers express it.
// They cover the years 1970 (a date of RFC 9651, section 3.3.7) to 9999 (four
// digits in an HTTP-date).
func (f *faults) compileTime(field string, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	t = t.UTC().Truncate(time.Second)
	if t.Unix() < 0 || t.Year() > 9999 {
		f.Add(field, t.Format(time.RFC3339), "outside of the years that the header can express", "set a time between 1970 and 9999")
	}
	return t
}

// validLinkTarget reports whether s can stand between < and > of a Link.
func validLinkTarget(s string) bool {
	const reserved = ":/?#[]@!$&'()*+,;=-._~%"
	if strings.Trim(s, alphanumeric+reserved) != "" {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil {
		return false
	}
	if u.Scheme == "" {
		return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// Check returns ErrGone if LifecycleConfig.Gone is set and the time of the
// sunset has come, otherwise nil.
func (l *Lifecycle) Check(r *http.Request) error {
	if !l.gone.IsZero() && !time.Now().Before(l.gone) {
		return ErrGone
	}
	return nil
}

// Handler sets the headers and then runs next, or Deny if the resource is gone.
// So errors carry the headers too. Handler keeps every Link that an outer layer
// has set. An inner handler must therefore Add a Link of its own and not Set
// it. Scripts in browsers see the headers only if Access-Control-Expose-Headers
// names them. Handler panics if next is nil.
func (l *Lifecycle) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("headers: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.set(w.Header(), carrier.From(r.Context()))
		err := l.Check(r)
		if l.observe != nil {
			l.observe(r, Decision{Err: err})
		}
		if err != nil {
			l.deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (l *Lifecycle) set(h http.Header, rec *carrier.Record) {
	n := len(l.fixed)
	if l.links == "" {
		setFixed(h, l.fixed, rec.Values(n))
		return
	}
	values := rec.Values(n + 1)
	setFixed(h, l.fixed, values)
	values[n] = l.links
	// Copy the slice of the outer layer instead of appending to it: another
	// response may use its spare capacity.
	if before := h["Link"]; len(before) > 0 {
		h["Link"] = slices.Concat(before, values[n:n+1])
	} else {
		h["Link"] = values[n : n+1 : n+1]
	}
}

// Dates returns LifecycleConfig.Deprecated and Sunset in UTC and whole seconds, for an
// inventory of routes. A time that is not set is zero.
func (l *Lifecycle) Dates() (deprecated, sunset time.Time) { return l.deprecated, l.sunset }
