package headers_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// parsePolicy parses a policy as browsers do (CSP Level 3, section 2.2.1): a
// second directive with the same name is skipped.
func parsePolicy(text string) map[string][]string {
	policy := map[string][]string{}
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if name := strings.ToLower(words[0]); policy[name] == nil {
			policy[name] = append([]string{}, words[1:]...)
		}
	}
	return policy
}

var camel = regexp.MustCompile(`URI|[A-Z][a-z]*`)

// directiveName derives the name of a directive from the name of its field. The
// package has a table instead, so this is an independent reference.
func directiveName(fieldName string) string {
	return strings.ToLower(strings.Join(camel.FindAllString(fieldName, -1), "-"))
}

// Every field is set to random sources. The policy must contain them under the
// name of that field and nowhere else: a browser that does not find a directive
// uses default-src without any warning.
func TestPolicyAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	some := func(pool ...string) []string {
		rnd.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		return slices.Clone(pool[:rnd.IntN(len(pool)+1)])
	}
	withNonce := 0
	for range 500 {
		c := headers.CSP{
			DangerouslyAllowInline: true, DangerouslyAllowEval: true, DangerouslyAllowBroadSources: true, InsecureAllowHTTP: true,
		}
		want := map[string][]string{}
		v := reflect.ValueOf(&c).Elem()
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).Type() != reflect.TypeFor[[]string]() || name == "Sandbox" || name == "TrustedTypes" || name == "ReportURI" {
				continue
			}
			sources := some("'self'", "https://a.example", "*.b.example:8443", "data:", "http://c.example/p/")
			switch {
			case strings.HasPrefix(name, "Script") || name == "DefaultSrc":
				sources = append(sources, some("'nonce'", emptyHash, "'unsafe-eval'", "'report-sample'")...)
			case strings.HasPrefix(name, "Style"):
				sources = append(sources, some("'nonce'", "'unsafe-inline'")...)
			}
			if len(sources) == 0 {
				sources = []string{"'none'"}
			}
			v.Field(i).Set(reflect.ValueOf(sources))
			want[directiveName(name)] = slices.Clone(sources)
		}
		c.UpgradeInsecureRequests, c.RequireTrustedTypes = rnd.IntN(2) == 0, rnd.IntN(2) == 0
		if c.UpgradeInsecureRequests {
			want["upgrade-insecure-requests"] = []string{}
		}
		if c.RequireTrustedTypes {
			want["require-trusted-types-for"] = []string{"'script'"}
		}
		if len(want) < 19 {
			t.Fatalf("only %d directives were found in CSP", len(want))
		}

		var nonce string
		var ok bool
		h := serveOverTLS(mustNew(t, headers.Config{CSP: c}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			nonce, ok = headers.Nonce(r.Context())
		})))
		for _, sources := range want {
			if i := slices.Index(sources, "'nonce'"); i >= 0 {
				sources[i] = "'nonce-" + nonce + "'"
				withNonce++
				if !ok || nonce == "" {
					t.Fatal("a policy with a nonce and a context without")
				}
			}
		}
		if got := parsePolicy(h.Get(specCSP)); !maps.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	}
	if withNonce < 500 {
		t.Errorf("%d directives with a nonce were tried", withNonce)
	}
}

// Header values taken from one array must have the same effect as Header.Set.
func TestHeadersAgainstReference(t *testing.T) {
	for name, cfg := range map[string]headers.Config{"API": headers.API(), "Browser": headers.Browser()} {
		m := mustNew(t, cfg)
		fast, slow := serveOverTLS(m.Handler(noop)), http.Header{}
		w := httptest.NewRecorder()
		m.Handler(noop).ServeHTTP(w, httptest.NewRequest("GET", "https://host.example/", nil))
		for k, v := range w.Header() {
			for _, value := range v {
				slow.Add(strings.ToLower(k), value) // Add makes the name canonical
			}
		}
		if len(fast) != len(slow) || len(fast) != map[string]int{"API": len(api), "Browser": len(browser)}[name] {
			t.Errorf("%s: %d headers, want %d", name, len(fast), len(slow))
		}
		for k, v := range slow {
			if k == "Content-Security-Policy" {
				continue // has a new nonce for each request
			}
			if !slices.Equal(fast[k], v) {
				t.Errorf("%s: %s: %q, want %q: the name is not in canonical form", name, k, fast[k], v)
			}
		}
	}
}

// A record has room for fourteen values. A layer that needs more values
// allocates them, and these must not be shared either.
func TestExhaustedRecord(t *testing.T) {
	m := mustNew(t, headers.API())
	h := m.Handler(m.Handler(m.Handler(m.Handler(noop))))
	w := httptest.NewRecorder()
	_, r := carrier.Ensure(httptest.NewRequest("GET", "https://host.example/", nil))
	for range 3 {
		h.ServeHTTP(w, r)
	}
	if got := w.Header(); len(got) != len(api) {
		t.Errorf("got %v", got)
	}
	for name, want := range api {
		if v := w.Header().Values(name); len(v) != 1 || v[0] != want || cap(v) != 1 {
			t.Errorf("%s: %q with room for %d", name, v, cap(v))
		}
	}
}
