package flow_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
)

func TestFind(t *testing.T) {
	now := time.Now()
	keys := newKeys(t, 1)
	f, other := sample(now), sample(now)
	name, value, _ := keys.Seal(f)
	for what, c := range map[string]struct {
		cookies     []string
		state       string
		found, sent bool
	}{
		"good":                    {[]string{"a", "b", name, value}, f.State(), true, true},
		"no cookie":               {nil, f.State(), false, false},
		"no state":                {[]string{name, value}, "", false, false},
		"the ID alone":            {[]string{name, value}, f.ID, false, false},
		"another secret":          {[]string{name, value}, f.ID + other.Secret, false, true},
		"another login":           {[]string{name, value}, other.State(), false, false},
		"the secret cut off":      {[]string{name, value}, f.State()[:40], false, true},
		"twice":                   {[]string{name, value, name, value}, f.State(), false, true},
		"a cookie that was made":  {[]string{name, "AAAA"}, f.State(), false, true},
		"a state with a line end": {[]string{name, value}, "\r\n" + f.State(), false, false},
	} {
		got, sent := keys.Find(requestWith(c.cookies...), c.state, now)
		if (got != nil) != c.found || sent != c.sent {
			t.Errorf("%s: found %v, sent %v", what, got != nil, sent)
		}
	}
}

func TestStale(t *testing.T) {
	now := time.Now()
	id := func(age time.Duration) string { return flow.Prefix + flow.New(now.Add(-age)).ID }
	old, older, young, ended := id(8*time.Minute), id(9*time.Minute), id(time.Second), id(11*time.Minute)
	all := []string{young, "x", older, "x", ended, "x", old, "x", flow.Prefix + "garbage", "x", "__Host-other", "x", "__Host-oauth", "x"}
	for keep, want := range map[int][]string{
		3: {ended, flow.Prefix + "garbage"},
		1: {older, old, ended, flow.Prefix + "garbage"},
		0: {older, old, young, ended, flow.Prefix + "garbage"},
	} {
		if got := flow.Stale(requestWith(all...), keep, now); !slices.Equal(got, want) {
			t.Errorf("keep %d: %q, want %q", keep, got, want)
		}
	}
	var many []string
	for range 200 {
		many = append(many, id(time.Minute), "x")
	}
	if got := flow.Stale(requestWith(many...), 4, now); len(got) != 50 {
		t.Errorf("%d cookies are removed at once", len(got))
	}
}

func TestSet(t *testing.T) {
	for want, crossSite := range map[string]bool{"Lax": false, "None": true} {
		w := httptest.NewRecorder()
		flow.Set(w, flow.Prefix+"a", "v", crossSite)
		flow.Set(w, flow.Prefix+"b", "", crossSite)
		got := w.Header()["Set-Cookie"]
		for i, first := range []string{"__Host-oauth-flow-a=v; Path=/; Max-Age=600", "__Host-oauth-flow-b=; Path=/; Max-Age=0"} {
			if full := first + "; HttpOnly; Secure; SameSite=" + want; got[i] != full {
				t.Errorf("%q, want %q", got[i], full)
			}
		}
	}
}

// FuzzStale: the cookies that are left are at most keep, and none that is left is older than
// one that goes.
func FuzzStale(f *testing.F) {
	f.Add("0,100,700,-90,5", 2)
	f.Fuzz(func(t *testing.T, ages string, keep int) {
		if keep < 0 || keep > 10 || len(ages) > 200 {
			return
		}
		now := time.Now()
		var pairs, names []string
		for _, text := range strings.Split(ages, ",") {
			var seconds int
			name := flow.Prefix + text
			if _, err := fmt.Sscanf(text, "%d", &seconds); err == nil && -100000 < seconds && seconds < 100000 {
				name = flow.Prefix + flow.New(now.Add(-time.Duration(seconds)*time.Second)).ID
			}
			pairs, names = append(pairs, name, "x"), append(names, name)
		}
		r := requestWith(pairs...)
		stale := flow.Stale(r, keep, now)
		left := 0
		var oldest string
		for _, c := range r.Cookies() {
			if strings.HasPrefix(c.Name, flow.Prefix) && !slices.Contains(stale, c.Name) {
				left++
				if oldest == "" || c.Name < oldest {
					oldest = c.Name
				}
			}
		}
		if left > keep && len(stale) < 50 {
			t.Fatalf("%d of %q are left, keep %d", left, names, keep)
		}
	})
}
