package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A parser that knows nothing of this package reads the headers. They must equal the
// configuration and the decision.
func FuzzHeaders(f *testing.F) {
	f.Add("", "", 100, int64(time.Minute), 3)
	f.Add("login", "gold", 17, int64(time.Second), 20)
	f.Add("a!#$%&'*+-.^_`~z", "", 1, int64(1500*time.Millisecond), 2)
	f.Add("x", "y", 100_000_000, int64(30*24*time.Hour), 1)
	f.Fuzz(func(t *testing.T, name, tier string, quota int, window int64, hits int) {
		limits := []ratelimit.Limit{{Quota: quota, Window: time.Duration(window)}}
		var decided ratelimit.Decision
		cfg := ratelimit.Config{
			Name: name, Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1,
			Observe: func(_ *http.Request, d ratelimit.Decision) { decided = d },
		}
		if tier != "" {
			cfg.Tiers, cfg.Tier = map[string][]ratelimit.Limit{tier: limits}, func(*http.Request) string { return tier }
		}
		l, err := ratelimit.New(cfg)
		if err != nil {
			return
		}
		h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for range min(uint(hits), 30) + 1 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			policy, err := parseList(w.Header().Get("RateLimit-Policy"))
			if err != nil || len(policy) != 1 {
				t.Fatalf("RateLimit-Policy: %q: %v", w.Header().Get("RateLimit-Policy"), err)
			}
			state, err := parseList(w.Header().Get("RateLimit"))
			if err != nil || len(state) != 1 {
				t.Fatalf("RateLimit: %q: %v", w.Header().Get("RateLimit"), err)
			}
			p, s := policy[0], state[0]
			// The stated window is the first whole second in which every request has left the
			// counters, unless that is more than 1.02 times the window.
			counts := limits[0].Window
			if quota > 128 {
				counts = 65 * ceilTo((counts+63)/64, time.Microsecond)
			}
			want := ceilTo(counts, time.Second)
			seconds, told := p.params["w"]
			wrongWindow := told != (want <= limits[0].Window/100*102+limits[0].Window%100*102/100) ||
				told && seconds != int64(want/time.Second)
			if p.name != decided.Name || p.params["q"] != int64(quota) || wrongWindow || len(p.params) > 2 {
				t.Fatalf("%v of %v: %+v", p, limits[0], decided)
			}
			left := s.params["t"]
			if s.name != p.name || s.params["r"] != int64(decided.Remaining) || len(s.params) != 2 || !ceils(left, decided.Reset) {
				t.Fatalf("%v of %+v", s, decided)
			}
			after, err := strconv.ParseInt(w.Header().Get("Retry-After"), 10, 64)
			switch {
			case decided.Allowed && err == nil, !decided.Allowed && (err != nil || after < 1 || after < left || !ceils(after, decided.RetryAfter)):
				t.Fatalf("Retry-After %q with %v of %+v", w.Header().Get("Retry-After"), s, decided)
			case decided.Allowed != (w.Code == 200):
				t.Fatalf("%d of %+v", w.Code, decided)
			}
		}
	})
}

// ceilTo returns d, rounded up to a multiple of unit.
func ceilTo(d, unit time.Duration) time.Duration { return (d + unit - 1) / unit * unit }

// ceils reports whether n is d in seconds, rounded up.
func ceils(n int64, d time.Duration) bool {
	return time.Duration(n)*time.Second >= d && time.Duration(n-1)*time.Second < d
}

// An item is a member of a List (RFC 9651, section 3.1): a String with
// parameters that are Integers, which is all that the draft of the RateLimit
// fields lets a limiter of requests write.
type item struct {
	name   string
	params map[string]int64
}

// parseList reads s by the algorithms of RFC 9651, section 4.2, and refuses what
// they would accept but nobody should write: empty lists, and spaces that are not
// the one behind a comma.
func parseList(s string) (list []item, err error) {
	for {
		var it item
		if it, s, err = parseItem(s); err != nil {
			return nil, err
		}
		list = append(list, it)
		if s == "" {
			return list, nil
		}
		rest, ok := strings.CutPrefix(s, ", ")
		if !ok {
			return nil, fmt.Errorf("%q behind a member", s)
		}
		s = rest
	}
}

func parseItem(s string) (it item, rest string, err error) {
	it.params = map[string]int64{}
	if it.name, s, err = parseString(s); err != nil {
		return it, "", err
	}
	for strings.HasPrefix(s, ";") {
		var key string
		if key, s, err = parseKey(s[1:]); err != nil {
			return it, "", err
		}
		if _, twice := it.params[key]; twice || !strings.HasPrefix(s, "=") {
			return it, "", fmt.Errorf("parameter %q twice, or without a value", key)
		}
		if it.params[key], s, err = parseInteger(s[1:]); err != nil {
			return it, "", err
		}
	}
	return it, s, nil
}

func parseString(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", fmt.Errorf("no String: %q", s)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", "", fmt.Errorf("escape in %q", s)
			}
			b.WriteByte(s[i])
		case c < 0x20 || c > 0x7e:
			return "", "", fmt.Errorf("byte %#x in a String", c)
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("String without an end: %q", s)
}

func parseKey(s string) (key, rest string, err error) {
	n := 0
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] == '*' || n > 0 && (s[n] >= '0' && s[n] <= '9' || strings.IndexByte("_-.", s[n]) >= 0)) {
		n++
	}
	if n == 0 {
		return "", "", fmt.Errorf("no key: %q", s)
	}
	return s[:n], s[n:], nil
}

func parseInteger(s string) (value int64, rest string, err error) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		value = value*10 + int64(s[n]-'0')
		if n++; n > 15 {
			return 0, "", fmt.Errorf("more than 15 digits: %q", s)
		}
	}
	if n == 0 {
		return 0, "", fmt.Errorf("no Integer: %q", s)
	}
	return value, s[n:], nil
}
