package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/examples/browser/chromium"
	"github.com/go-sallyport/sallyport/headers"
)

var (
	include = options{"credentials": "include"}
	plain   = options{"credentials": "omit"}
)

func TestFetch(t *testing.T) {
	w := newWorld(t, listed)
	for _, c := range []struct {
		name    string
		tab     *chromium.Tab
		options options
		want    string
	}{
		{"listed", w.shop, plain, "200 GET of no user"},
		{"listed with cookies", w.shop, include, "200 GET of ann"},
		{"foreign", w.evil, plain, "blocked"},
		{"foreign with cookies", w.evil, include, "blocked"},
	} {
		if got := read(c.tab, w.notesURL, c.options); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if sent := w.log.take("/notes"); len(sent) != 4 || sent[3].cookie != "user=ann" {
		t.Errorf("the requests that were sent: %+v", sent)
	}
	t.Run("control", func(t *testing.T) {
		w := newWorld(t, careless)
		if got := read(w.evil, w.notesURL, include); got != "200 GET of ann" {
			t.Errorf("without the layer the foreign page reads %q", got)
		}
	})
}

func TestFetchWithoutCredentials(t *testing.T) {
	public := func(string) http.Handler { return must(API(cors.Config{AllowAnyOrigin: true}, Notes())) }
	w := newWorld(t, public)
	if got := read(w.evil, w.notesURL, plain); got != "200 GET of no user" {
		t.Errorf("without cookies: %q", got)
	}
	// The control is TestFetch: with Credentials the page reads the same address.
	if got := read(w.evil, w.notesURL, include); got != "blocked" {
		t.Errorf("with cookies: %q", got)
	}
}

func TestPreflight(t *testing.T) {
	jsonBody := options{"Content-Type": "application/json"}
	cases := []struct {
		name   string
		evil   bool
		sends  options
		want   string // in the script
		seen   string // by the server
		status int    // of the preflight
	}{
		{"granted", false, options{"method": "PUT", "headers": jsonBody, "body": "{}"}, "200 PUT of no user", "OPTIONS PUT", 204},
		{"method", false, options{"method": "DELETE"}, "blocked", "OPTIONS", 403},
		{"header", false, options{"headers": options{"X-Other": "1"}}, "blocked", "OPTIONS", 403},
		{"origin", true, options{"method": "PUT"}, "blocked", "OPTIONS", 403},
		{"none for a plain form", false, options{"method": "POST", "body": "a"}, "200 POST of no user", "POST", 0},
	}
	w, control := newWorld(t, listed), newWorld(t, careless)
	tab := func(w *world, evil bool) *chromium.Tab {
		if evil {
			return w.evil
		}
		return w.shop
	}
	for _, c := range cases {
		c.sends["credentials"] = "omit"
		got := read(tab(w, c.evil), w.notesURL, c.sends)
		sent := w.log.take("/notes")
		if got != c.want || methods(sent) != c.seen {
			t.Errorf("%s: the script got %q, want %q; the server saw %s, want %s", c.name, got, c.want, methods(sent), c.seen)
		}
		if c.status != 0 && (len(sent) == 0 || sent[0].status != c.status || sent[0].size != 0) {
			t.Errorf("%s: the preflight was answered with %+v, want status %d and no body", c.name, sent, c.status)
		}
		// The control: without the layer the request is sent, and read.
		if got := read(tab(control, c.evil), control.notesURL, c.sends); !strings.HasPrefix(got, "200 ") {
			t.Errorf("%s: without the layer the script got %q", c.name, got)
		}
		control.log.take("/notes")
	}
}

// A grant is remembered for Config.MaxAge. With -1 it never is.
func TestPreflightIsRemembered(t *testing.T) {
	for want, age := range map[string]time.Duration{"OPTIONS PUT PUT": time.Hour, "OPTIONS PUT OPTIONS PUT": -1} {
		w := newWorld(t, func(shop string) http.Handler {
			policy := Policy(shop)
			policy.MaxAge = age
			return must(API(policy, Notes()))
		})
		for range 2 {
			if got := read(w.shop, w.notesURL, options{"method": "PUT", "credentials": "include"}); got != "200 PUT of ann" {
				t.Errorf("the script got %q", got)
			}
		}
		if got := methods(w.log.take("/notes")); got != want {
			t.Errorf("MaxAge %v: the server saw %s, want %s", age, got, want)
		}
	}
}

func TestRouteOfItsOwn(t *testing.T) {
	w := newWorld(t, func(shop string) http.Handler {
		policy := Policy(shop)
		policy.Routes = map[string]cors.Config{"/pixel.svg": {AllowAnyOrigin: true}}
		return must(API(policy, Notes()))
	})
	if got := read(w.evil, w.api.Origin+"/pixel.svg", plain); !strings.HasPrefix(got, "200 <svg") {
		t.Errorf("the foreign page gets %q from the open route", got)
	}
	if got := read(w.evil, w.notesURL, plain); got != "blocked" { // the control: another route
		t.Errorf("the foreign page gets %q from the other routes", got)
	}
}

// The answer of the library to a panic is for the listed page too, with the correlation ID.
func TestRefusalIsReadable(t *testing.T) {
	w := newWorld(t, listed)
	if got := read(w.shop, w.api.Origin+"/panic", include); !strings.HasPrefix(got, `500 {"code":"internal_error"`) {
		t.Errorf("the listed page reads %q", got)
	}
	if got := read(w.evil, w.api.Origin+"/panic", include); got != "blocked" {
		t.Errorf("the foreign page reads %q", got)
	}
}

// Two origins of one site share the cache of the browser. An answer for the first one, kept without
// Vary: Origin, would be refused to the second.
func TestSharedCache(t *testing.T) {
	for _, c := range []struct {
		name   string
		build  func(cors.Config) http.Handler
		second string
		sent   string
	}{
		{"settled", func(p cors.Config) http.Handler { return must(API(p, Notes())) }, "200 cached", "GET GET"},
		{"control", func(p cors.Config) http.Handler { return must(cors.New(p)).Handler(Notes()) }, "blocked", "GET"},
		{"one answer for every origin", func(cors.Config) http.Handler {
			return must(API(cors.Config{AllowAnyOrigin: true}, Notes()))
		}, "200 cached", "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			shop, www, api, log := b.Site("shop.test"), b.Site("www.shop.test"), b.Site("api.test"), new(journal)
			shop.Serve(Page())
			www.Serve(Page())
			api.Serve(log.around(c.build(Policy(shop.Origin, www.Origin))))
			first := b.Tab()
			first.Open(shop.Origin + "/")
			second := first.Another()
			second.Open(www.Origin + "/")
			if got := read(first, api.Origin+"/cached", plain); got != "200 cached" {
				t.Errorf("the first page gets %q", got)
			}
			if got := read(second, api.Origin+"/cached", plain); got != c.second {
				t.Errorf("the second page gets %q, want %q", got, c.second)
			}
			if got := methods(log.take("/cached")); got != c.sent {
				t.Errorf("the server saw %s, want %s", got, c.sent)
			}
		})
	}
}

// readable tells which headers of the library a script may read.
const readable = `
	const response = await fetch(args[0], {credentials: 'include'})
	const names = ['X-Correlation-ID', 'RateLimit', 'RateLimit-Policy', 'X-Frame-Options']
	return note(names.filter((name) => response.headers.has(name)).join(' '))`

func TestOwnHeadersAreExposed(t *testing.T) {
	w := newWorld(t, listed)
	if got := chromium.Run[string](w.shop, readable, w.notesURL); got != "X-Correlation-ID RateLimit RateLimit-Policy" {
		t.Errorf("the script reads %q", got)
	}
	t.Run("control", func(t *testing.T) {
		w := newWorld(t, func(shop string) http.Handler {
			policy := Policy(shop)
			policy.ExposeOwn = false
			return must(API(policy, Notes()))
		})
		if got := chromium.Run[string](w.shop, readable, w.notesURL); got != "" {
			t.Errorf("without ExposeOwn the script reads %q", got)
		}
	})
}

// Cross-Origin-Resource-Policy: same-origin, the default, stops loads without CORS and no others.
func TestResourcePolicy(t *testing.T) {
	w := newWorld(t, listed)
	pixel := w.api.Origin + "/pixel.svg"
	if got := read(w.shop, pixel, include); !strings.HasPrefix(got, "200 <svg") {
		t.Errorf("the listed page fetches %q", got)
	}
	for name, tab := range map[string]*chromium.Tab{"listed": w.shop, "foreign": w.evil} {
		if got := chromium.Run[string](tab, `return image(args[0])`, pixel); got != "blocked" {
			t.Errorf("%s: the image is %s", name, got)
		}
		opaque := chromium.Run[string](tab, `return fetch(args[0], {mode: 'no-cors'}).then((r) => r.type, () => 'blocked')`, pixel)
		if opaque != "blocked" {
			t.Errorf("%s: fetch in mode no-cors gives %s", name, opaque)
		}
	}
	t.Run("control", func(t *testing.T) {
		cfg := headers.API()
		cfg.CrossOriginResourcePolicy = "cross-origin"
		w := newWorld(t, func(string) http.Handler { return must(headers.New(cfg)).Handler(Notes()) })
		if got := chromium.Run[string](w.evil, `return image(args[0])`, w.api.Origin+"/pixel.svg"); got != "shown, width 7" {
			t.Errorf("with the policy cross-origin the image is %s", got)
		}
	})
}

// post sends a form from the page, as a click would, and waits for the answer in a frame.
const post = `
	const frame = document.createElement('iframe')
	frame.name = 'answer'
	document.body.append(frame)
	const form = document.createElement('form')
	form.method = 'POST'
	form.action = args[0]
	form.target = 'answer'
	document.body.append(form)
	const loaded = new Promise((resolve) => { frame.onload = resolve })
	form.submit()
	await loaded
	return note('sent')`

func TestForgedForm(t *testing.T) {
	protected := func(shop string) http.Handler { return must(Protected(Policy(shop), Notes())) }
	for _, c := range []struct {
		name  string
		build func(string) http.Handler
		evil  int
	}{
		{"protected", protected, 403},
		{"control", func(string) http.Handler { return Notes() }, 200},
		{"CORS alone is no protection", listed, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.build)
			for tab, want := range map[*chromium.Tab]int{w.shop: 200, w.evil: c.evil} {
				chromium.Run[string](tab, post, w.notesURL)
				if sent := w.log.take("/notes"); len(sent) != 1 || sent[0].status != want || sent[0].cookie != "user=ann" {
					t.Errorf("%+v, want status %d", sent, want)
				}
			}
		})
	}
}
