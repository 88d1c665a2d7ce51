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

// parsePolicies reads the policies of a header as browsers do (CSP Level 3, section 2.2.2):
// a comma ends a policy, a semicolon ends a directive, and a second directive with the same
// name is skipped. It shares no code with the package.
func parsePolicies(lines []string) (policies []map[string][]string) {
	for text := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		policy := map[string][]string{}
		for part := range strings.SplitSeq(text, ";") {
			words := strings.FieldsFunc(part, func(r rune) bool { return strings.ContainsRune("\t\n\f\r ", r) })
			if len(words) == 0 || strings.ContainsFunc(part, func(r rune) bool { return r > 0x7e }) {
				continue
			}
			if name := strings.ToLower(words[0]); policy[name] == nil {
				policy[name] = append([]string{}, words[1:]...)
			}
		}
		if len(policy) > 0 {
			policies = append(policies, policy)
		}
	}
	return policies
}

var camel = regexp.MustCompile(`URI|[A-Z][a-z]*`)

// directiveName derives the name of a directive from the name of its field. The
// package has a table instead, so this is an independent reference.
func directiveName(fieldName string) string {
	return strings.ToLower(strings.Join(camel.FindAllString(fieldName, -1), "-"))
}

// randomPolicy sets every field of a CSP to random sources, and returns the directives that
// a browser must find.
func randomPolicy(rnd *rand.Rand) (c headers.CSP, want map[string][]string) {
	some := func(pool ...string) []string {
		rnd.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		return slices.Clone(pool[:rnd.IntN(len(pool)+1)])
	}
	want = map[string][]string{}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).Type() != reflect.TypeFor[[]string]() {
			continue
		}
		var sources []string
		isScript := strings.HasPrefix(name, "Script") || name == "DefaultSrc"
		switch name {
		case "Sandbox":
			sources = some("allow-forms", "allow-scripts")
		case "TrustedTypes":
			sources = append([]string{"*"}, some("dompurify", "'allow-duplicates'")...)
		case "ReportURI":
			sources = append([]string{"/csp?x=%20y%s"}, some("https://r.example/")...)
		default:
			sources = some("'self'", "https://a.example", "*.b.example:8443", "data:", "http://c.example/p/")
			c.InsecureAllowHTTP = c.InsecureAllowHTTP || slices.Contains(sources, "http://c.example/p/")
		}
		switch {
		case isScript:
			sources = append(sources, some("'nonce'", emptyHash, "'unsafe-eval'", "'report-sample'", "'inline-speculation-rules'")...)
			c.DangerouslyAllowEval = c.DangerouslyAllowEval || slices.Contains(sources, "'unsafe-eval'")
		case strings.HasPrefix(name, "Style"):
			sources = append(sources, some("'nonce'", "'unsafe-inline'")...)
		}
		if isScript || name == "ObjectSrc" || name == "BaseURI" {
			c.DangerouslyAllowBroadSources = c.DangerouslyAllowBroadSources || slices.Contains(sources, "data:")
		}
		if len(sources) == 0 && name != "Sandbox" {
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
	return c, want
}

// checkPolicy reads a sent policy back and compares it with want. It returns the number of
// directives with a nonce.
func checkPolicy(t *testing.T, c headers.CSP, want map[string][]string) (withNonce int) {
	t.Helper()
	var nonce string
	var ok bool
	m := mustNew(t, headers.Config{CSP: c, FrameOptions: headers.Off}) // FrameAncestors may name every site
	h := serveOverTLS(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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
	got := parsePolicies(h.Values(specCSP))
	if len(got) != 1 || !maps.EqualFunc(got[0], want, slices.Equal) {
		t.Fatalf("got %v\nwant %v", got, want)
	}
	return withNonce
}

// The policy must contain the sources of each field under the name of that field and nowhere
// else: a browser that does not find a directive uses default-src without any warning.
func TestPolicyAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	withNonce := 0
	for range 500 {
		c, want := randomPolicy(rnd)
		if len(want) < 22 {
			t.Fatalf("only %d directives were found in CSP", len(want))
		}
		withNonce += checkPolicy(t, c, want)
	}
	if withNonce < 500 {
		t.Errorf("%d directives with a nonce were tried", withNonce)
	}
}

// FuzzPolicy does the same for the policies of each seed, and puts a source of the fuzzer
// into one of the directives if New accepts it there.
func FuzzPolicy(f *testing.F) {
	for i, s := range []string{"a.example", "https://a.example/%2C;b", "'unsafe-inline'", "*.github.io", "wss://a.example:99999", "a b", "é"} {
		f.Add(uint64(i), s)
	}
	f.Fuzz(func(t *testing.T, seed uint64, source string) {
		c, want := randomPolicy(rand.New(rand.NewPCG(seed, 7)))
		with := c
		with.ImgSrc = []string{source}
		if _, err := headers.New(headers.Config{CSP: with, FrameOptions: headers.Off}); err == nil {
			c, want["img-src"] = with, []string{source}
		}
		checkPolicy(t, c, want)
	})
}

// The reader sees the faults that it is there for.
func TestParsePolicies(t *testing.T) {
	for text, want := range map[string][]int{ // the number of directives of each policy
		"default-src 'none'; img-src a":               {2},
		"default-src 'none'; img-src a, script-src *": {2, 1},
		"img-src a; IMG-SRC b":                        {1},
		"img-src é":                                   nil,
	} {
		var got []int
		for _, p := range parsePolicies([]string{text}) {
			got = append(got, len(p))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %d directives, want %d", text, got, want)
		}
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

// A record has room for twenty values. A layer that needs more values
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
