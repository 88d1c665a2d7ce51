package cors

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	rscors "github.com/rs/cors"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// compareWithRS sends probes through p and through an rs/cors of the same meaning, and adds a
// fault for the first one that the two answer differently. So a defect of this package stops
// the service when it starts, and not when a browser finds it. The two differ on purpose in
// four things, which the probes leave out: rs/cors answers a denied preflight with 204, sends "*"
// only to requests with an Origin and lets them vary, filters actual requests by their method,
// and lets "*" in RequestHeaders stand for Authorization too.
func (p *policy) compareWithRS(cfg *Config, f *httperr.ConfigFaults) {
	second := newRS(cfg)
	for _, r := range probes(cfg) {
		ours, theirs := p.answerTo(r), answerOfRS(second, r)
		if !maps.Equal(ours, theirs) {
			f.Add("Config", nil,
				fmt.Sprintf("%s from %q gets %v, and from rs/cors %v", r.Method, r.Header.Get("Origin"), ours, theirs),
				"report this as a defect of package cors; until it is mended, leave out the value")
			return
		}
	}
}

// newRS returns an rs/cors with the meaning of cfg. It decides about an origin with net/url.
func newRS(cfg *Config) *rscors.Cors {
	options := rscors.Options{
		AllowedMethods:   append([]string{http.MethodGet, http.MethodHead, http.MethodPost}, sentMethods(cfg)...),
		AllowedHeaders:   cfg.RequestHeaders,
		ExposedHeaders:   cfg.ExposeHeaders,
		AllowCredentials: cfg.Credentials,
		MaxAge:           max(int(cfg.MaxAge/time.Second), -1),
	}
	if cfg.MaxAge < 0 {
		options.MaxAge = -1
	}
	if cfg.AllowAnyOrigin {
		options.AllowedOrigins = []string{"*"}
	} else {
		set := newSlowOrigins(cfg.Origins)
		options.AllowOriginFunc = set.covers
	}
	return rscors.New(options)
}

// sentMethods returns Config.Methods in the form in which browsers send them.
func sentMethods(cfg *Config) []string {
	methods := slices.Clone(cfg.Methods)
	for i, method := range methods {
		if upper := strings.ToUpper(method); normalised(upper) {
			methods[i] = upper
		}
	}
	return methods
}

// slowOrigins decides about origins by net/url. Only patterns are compared one by one, because
// New sends a probe of each origin.
type slowOrigins struct {
	exact    map[string]struct{}
	patterns []string
}

func newSlowOrigins(list []string) (set slowOrigins) {
	set.exact = make(map[string]struct{})
	for _, s := range list {
		if strings.Contains(s, "*") {
			set.patterns = append(set.patterns, s)
		} else {
			set.exact[s] = struct{}{}
		}
	}
	return set
}

func (set *slowOrigins) covers(origin string) bool {
	if _, ok := set.exact[origin]; ok {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && origin == u.Scheme+"://"+u.Host &&
		slices.ContainsFunc(set.patterns, func(pattern string) bool { return coversSlowly(pattern, u) })
}

// coversSlowly reports whether a pattern of Origins covers the origin u.
func coversSlowly(pattern string, u *url.URL) bool {
	scheme, host, _ := strings.Cut(pattern, "://")
	bare := u.Host
	if wanted, anyPort := strings.CutSuffix(host, ":*"); anyPort {
		host, bare = wanted, strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	if domain, ok := strings.CutPrefix(host, "*."); ok {
		return u.Scheme == scheme && strings.HasSuffix(bare, "."+domain)
	}
	return u.Scheme == scheme && bare == host
}

// probes returns requests of each origin and of a foreign one, with each method and each header
// and a foreign one, and without an Origin.
func probes(cfg *Config) []*http.Request {
	origins := []string{"null", "https://foreign.invalid"}
	if !cfg.AllowAnyOrigin {
		origins = append(origins, "")
	}
	for _, pattern := range cfg.Origins {
		origins = append(origins, instanceOf(pattern))
	}
	var all []*http.Request
	add := func(origin, method, headers string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: make(http.Header)}
		if method != "" {
			r.Method = http.MethodOptions
			r.Header.Set(requestMethod, method)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if headers != "" {
			r.Header.Set(requestHeaders, headers)
		}
		all = append(all, r)
	}
	for _, origin := range origins {
		add(origin, "", "")
		if origin != "" {
			add(origin, http.MethodGet, "")
		}
	}
	last := "https://foreign.invalid"
	if len(cfg.Origins) > 0 {
		last = origins[len(origins)-1]
	}
	for _, method := range append([]string{http.MethodPost, "FOREIGN"}, sentMethods(cfg)...) {
		add(last, method, "")
	}
	for _, name := range append([]string{"x-foreign-header"}, cfg.RequestHeaders...) {
		if name != "*" {
			add(last, http.MethodGet, strings.ToLower(name))
		}
	}
	return all
}

// instanceOf returns an origin that the pattern covers.
func instanceOf(pattern string) string {
	return strings.TrimSuffix(strings.Replace(pattern, "://*.", "://a.", 1), ":*")
}

// answerTo returns the response fields of CORS in the answer of p. The functions of the Config
// do not run.
func (p *policy) answerTo(r *http.Request) map[string]string {
	c := collector{}
	switch d, err := p.check(r); {
	case err != nil:
	case d.Preflight:
		p.answerPreflight(c, r, nil, nil)
	case d.Granted:
		p.granted.Set(http.Header(c), nil, r.Header.Get("Origin"))
	}
	return c.fields()
}

func answerOfRS(second *rscors.Cors, r *http.Request) map[string]string {
	c := collector{}
	second.HandlerFunc(c, r)
	return c.fields()
}

// collector is a http.ResponseWriter that keeps only the header.
type collector http.Header

func (c collector) Header() http.Header         { return http.Header(c) }
func (c collector) Write(p []byte) (int, error) { return len(p), nil }
func (c collector) WriteHeader(int)             {}

func (c collector) fields() map[string]string {
	fields := make(map[string]string)
	for name, lines := range c {
		if strings.HasPrefix(name, "Access-Control-") {
			fields[name] = strings.Join(lines, ",")
		}
	}
	return fields
}
