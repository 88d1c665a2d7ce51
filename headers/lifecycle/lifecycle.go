package lifecycle

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

// Config says when a resource is deprecated and when it goes away. At
// least one of the two times must be set, so the zero Config is
// refused. Fractions of a second are dropped.
type Config struct {
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

// Decision is the decision of a Middleware on one request.
type Decision struct {
	Err error // ErrGone; nil if the request passes
}

// Middleware announces the end of a resource. It is safe for concurrent use.
// The zero Middleware is not usable; make one with New.
type Middleware struct {
	fixed   []header
	links   string
	gone    time.Time // zero: never
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)

	deprecated, sunset time.Time
}

type header struct{ name, value string }

// New compiles cfg. It returns all faults of cfg at once, joined, each
// a *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := &httperr.ConfigFaults{Package: "lifecycle"}
	m := &Middleware{deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	if cfg.Deprecated.IsZero() && cfg.Sunset.IsZero() {
		f.Add("Deprecated", nil, "neither Deprecated nor Sunset is set", "set the time that is known")
	}
	if t := compileTime(f, "Deprecated", cfg.Deprecated); !t.IsZero() {
		m.deprecated = t
		m.fixed = append(m.fixed, header{"Deprecation", "@" + strconv.FormatInt(t.Unix(), 10)})
	}
	if t := compileTime(f, "Sunset", cfg.Sunset); !t.IsZero() {
		m.sunset = t
		// An HTTP-date ends in GMT. The draft of Deprecation, and programs
		// that copied from it, end the date in UTC.
		m.fixed = append(m.fixed, header{"Sunset", t.Format(http.TimeFormat)})
		if t.Before(cfg.Deprecated.Truncate(time.Second)) {
			f.Add("Sunset", t.Format(time.RFC3339), "earlier than Deprecated", "set it to the same time or a later one")
		}
		if cfg.Gone {
			m.gone = t
		}
	} else if cfg.Gone {
		f.Add("Gone", nil, "there is no time from which on it is gone", "set Sunset")
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
			f.Add(link.field, link.target,
				"neither an http or https URL nor an absolute path, in ASCII",
				"write https://host.example/path or /path, percent-encoded")
		}
		links = append(links, "<"+link.target+`>; rel="`+link.rel+`"`)
	}
	m.links = strings.Join(links, ", ")
	if err := f.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// compileTime returns t in UTC and whole seconds, as the headers express it.
// They cover the years 1970 (a date of RFC 9651, section 3.3.7) to 9999 (four
// digits in an HTTP-date).
func compileTime(f *httperr.ConfigFaults, field string, t time.Time) time.Time {
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
	const allowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" +
		":/?#[]@!$&'()*+,;=-._~%"
	if strings.Trim(s, allowed) != "" {
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

// Check returns ErrGone if Gone is set and the time of the
// sunset has come, otherwise nil.
func (m *Middleware) Check(r *http.Request) error {
	if !m.gone.IsZero() && !time.Now().Before(m.gone) {
		return ErrGone
	}
	return nil
}

// Handler sets the headers and then runs next, or Deny if the resource is gone.
// So errors carry the headers too. Handler keeps every Link that an outer layer
// has set. An inner handler must therefore Add a Link of its own and not Set
// it. Scripts in browsers see the headers only if Access-Control-Expose-Headers
// names them. Handler panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("lifecycle: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.set(w.Header(), carrier.From(r.Context()))
		err := m.Check(r)
		if m.observe != nil {
			m.observe(r, Decision{Err: err})
		}
		if err != nil {
			m.deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (m *Middleware) set(h http.Header, rec *carrier.Record) {
	n := len(m.fixed)
	if m.links != "" {
		n++
	}
	values := rec.Values(n)
	for i, f := range m.fixed {
		values[i] = f.value
		h[f.name] = values[i : i+1 : i+1]
	}
	if m.links == "" {
		return
	}
	link := values[len(m.fixed):]
	link[0] = m.links
	// Copy the slice of the outer layer instead of appending to it: another
	// response may use its spare capacity.
	if before := h["Link"]; len(before) > 0 {
		h["Link"] = slices.Concat(before, link)
	} else {
		h["Link"] = link
	}
}

// Dates returns Config.Deprecated and Config.Sunset in UTC and whole seconds, for an
// inventory of routes. A time that is not set is zero.
func (m *Middleware) Dates() (deprecated, sunset time.Time) { return m.deprecated, m.sunset }
