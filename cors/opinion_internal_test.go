package cors

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The second opinion must find each of these defects.
func TestSecondOpinionFindsDefects(t *testing.T) {
	cfg := Config{Origins: []string{"https://app.example", "https://*.example.org:*", "https://*.example.net"}, Credentials: true,
		Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, ExposeHeaders: []string{"X-B"}}
	for name, spoil := range map[string]func(*policy){
		"":                           func(*policy) {},
		"a foreign origin is listed": func(p *policy) { p.origins.exact["https://foreign.invalid"] = struct{}{} },
		"null is listed":             func(p *policy) { p.origins.exact["null"] = struct{}{} },
		"an origin is missing":       func(p *policy) { delete(p.origins.exact, "https://app.example") },
		"a pattern is missing":       func(p *policy) { clear(p.origins.patterns) },
		"a suffix is missing":        func(p *policy) { p.origins.suffixes = nil },
		"a foreign method":           func(p *policy) { p.methods["FOREIGN"] = struct{}{} },
		"a method is missing":        func(p *policy) { delete(p.methods, "PUT") },
		"a foreign header":           func(p *policy) { p.anyHeader = true },
		"a header is missing":        func(p *policy) { clear(p.headers) },
		"no credentials":             func(p *policy) { p.granted.Credentials = false },
		"another exposed header":     func(p *policy) { p.granted.Expose = "*" },
		"another max-age":            func(p *policy) { p.maxAge = "1" },
		"each origin":                func(p *policy) { p.granted.Origin = "*" },
	} {
		p := new(policy)
		if err := p.compile(&cfg); err != nil {
			t.Fatal(err)
		}
		spoil(p)
		f := httperr.ConfigFaults{Package: "cors"}
		p.compareWithRS(&cfg, &f)
		if found := f.Len() > 0; found != (name != "") {
			t.Errorf("%q: found %v", name, f.Err())
		}
	}
}

// New sends a probe of each origin, and compares none of them with each listed origin: a service
// with thousands of origins calls Update while it runs.
func TestSecondOpinionComparesPatternsOnly(t *testing.T) {
	set := newSlowOrigins([]string{"https://a.example", "https://*.b.example", "http://localhost:*", "https://[2001:db8::1]"})
	if len(set.patterns) != 2 {
		t.Errorf("patterns %q", set.patterns)
	}
	for origin, want := range map[string]bool{
		"https://a.example": true, "https://x.b.example": true, "http://localhost:3000": true, "http://localhost": true,
		"https://[2001:db8::1]": true, "https://b.example": false, "http://a.example": false, "https://a.example:1": false,
	} {
		if set.covers(origin) != want {
			t.Errorf("%s: %v", origin, !want)
		}
	}
}

// For random requests too, this package and rs/cors answer alike, but for the differences on
// purpose.
func FuzzAgainstRS(f *testing.F) {
	for _, origin := range []string{"https://app.example", "https://a.example.org:8443", "https://evil.test", "null", ""} {
		f.Add(origin, "PUT", "x-a", true)
		f.Add(origin, "GET", "", false)
		f.Add(origin, "PUT", "\t\t", true)
		f.Add(origin, "PUT", ", x-a ,\tx-b,", true)
	}
	cfg := Config{Origins: []string{"https://app.example", "https://*.example.org:*", "http://localhost:3000"}, Credentials: true,
		Methods: []string{"PUT", "PATCH"}, RequestHeaders: []string{"X-A", "X-B"}, ExposeHeaders: []string{"X-C"}, MaxAge: 60e9}
	p := new(policy)
	if err := p.compile(&cfg); err != nil {
		f.Fatal(err)
	}
	second := newRS(&cfg)
	f.Fuzz(func(t *testing.T, origin, method, headers string, preflight bool) {
		r := probes(&cfg)[0]
		r.Header.Set("Origin", origin)
		if preflight {
			r.Method = "OPTIONS"
			r.Header.Set(requestMethod, method)
			if headers != "" {
				r.Header[requestHeaders] = []string{headers}
			}
		}
		ours := p.answerTo(r)
		// rs/cors takes fewer of the blanks and empty elements that a gateway may put into a list.
		if preflight && headers != "" {
			r.Header[requestHeaders] = []string{withoutBlanks(headers)}
		}
		theirs := answerOfRS(second, r)
		if granted, ok := ours["Access-Control-Allow-Headers"]; ok {
			ours["Access-Control-Allow-Headers"] = withoutBlanks(granted)
			if ours["Access-Control-Allow-Headers"] == "" {
				delete(ours, "Access-Control-Allow-Headers")
			}
		}
		if len(ours) == 0 {
			// We are stricter: about the form of an origin, and of a list of headers.
			if len(theirs) > 0 && covered(&cfg, origin) && slices.Contains(append(sentMethods(&cfg), "GET", "HEAD", "POST"), method) && plainNames(headers) {
				t.Errorf("%q %q %q: refused, and rs/cors grants %v", origin, method, headers, theirs)
			}
			return
		}
		for name, value := range ours {
			if theirs[name] != value {
				t.Errorf("%q %q %q: %s is %q, and from rs/cors %q", origin, method, headers, name, value, theirs[name])
			}
		}
		if len(ours) != len(theirs) {
			t.Errorf("%q %q %q: %v, and from rs/cors %v", origin, method, headers, ours, theirs)
		}
	})
}

// covered reports whether a browser sends origin and cfg lists it.
func covered(cfg *Config, origin string) bool {
	_, ok := parseOrigin(origin)
	set := newSlowOrigins(cfg.Origins)
	return ok && set.covers(origin)
}

// withoutBlanks returns a list of names without blanks and empty elements.
func withoutBlanks(list string) string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.Trim(name, " \t"); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// plainNames reports whether a browser sends this list of names.
func plainNames(list string) bool {
	names := strings.Split(list, ",")
	return list == "" || slices.IsSorted(names) && strings.Trim(list, "abcdefghijklmnopqrstuvwxyz-,") == "" && len(slices.Compact(names)) == len(names)
}
