package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/browser/chromium"
	"github.com/go-sallyport/sallyport/headers"
)

// ran returns the names of the scripts of a page that ran.
func ran(tab *chromium.Tab) string {
	title := chromium.Run[string](tab, `document.body.append(document.title); return document.title`)
	names := strings.Fields(strings.TrimPrefix(title, "ran:"))
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestNonce(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"site", must(Site()), "child own"},
		{"control", Pages(), "child file guessed handler inline own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site := b.Site("shop.test")
			site.Serve(c.handler)
			tab := b.Tab()
			tab.Open(site.Origin + "/page")
			if got := ran(tab); got != c.want {
				t.Errorf("ran: %s; want %s", got, c.want)
			}
		})
	}
}

// A new nonce in a 304 would replace the nonce of the stored page, and its scripts have the old one.
func TestNotModified(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"site", must(Site()), "child own"},
		{"control", must(headers.New(headers.Browser())).Handler(Pages()), ""}, // without httperr
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site, log := b.Site("shop.test"), new(journal)
			site.Serve(log.around(c.handler))
			tab := b.Tab()
			tab.Open(site.Origin + "/stored")
			if got := ran(tab); got != "child own" {
				t.Fatalf("first visit: %q ran", got)
			}
			tab.Open(site.Origin + "/page")
			tab.Open(site.Origin + "/stored")
			if got := ran(tab); got != c.want {
				t.Errorf("the stored page: %q ran, want %q", got, c.want)
			}
			if sent := log.take("/stored"); len(sent) != 2 || sent[1].status != http.StatusNotModified {
				t.Errorf("%+v, want a 200 and a 304", sent)
			}
		})
	}
}

// frame loads an address into a frame, and waits until it has loaded or was refused.
const frame = `
	const frame = document.createElement('iframe')
	document.body.append(frame)
	const loaded = new Promise((resolve) => { frame.onload = resolve })
	frame.src = args[0]
	await loaded
	return note('the frame has loaded')`

func TestFrame(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"site", must(Site()), ""},
		{"control", Pages(), "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site, evil, log := b.Site("shop.test"), b.Site("evil.test"), new(journal)
			site.Serve(log.around(c.handler))
			evil.Serve(Page())
			tab := b.Tab()
			tab.Open(evil.Origin + "/")
			chromium.Run[string](tab, frame, site.Origin+"/page")
			// The frame has loaded after its image. A page that is not shown loads no image.
			if got := methods(log.take("/seen.svg")); methods(log.take("/page")) != "GET" || got != c.want {
				t.Errorf("the page in the frame loads its image with %q, want %q", got, c.want)
			}
		})
	}
}

func TestOpener(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"site", must(Site()), "severed"},
		{"control", Pages(), "connected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site, evil := b.Site("shop.test"), b.Site("evil.test")
			site.Serve(c.handler)
			evil.Serve(Page())
			tab := b.Tab()
			tab.Open(evil.Origin + "/")
			if got := chromium.Run[string](tab.Popup(site.Origin+"/page"), opener); got != c.want {
				t.Errorf("the popup is %s, want %s", got, c.want)
			}
		})
	}
}

// powerful are features that give access to a device, money or an identity, as Chromium names them.
var powerful = []string{
	"camera", "digital-credentials-create", "digital-credentials-get", "display-capture", "geolocation", "hid",
	"identity-credentials-get", "local-network", "loopback-network", "microphone", "midi", "otp-credentials", "payment",
	"serial", "usb",
}

func TestPermissions(t *testing.T) {
	const allowed = `
		const known = document.featurePolicy.features()
		const found = args[0].filter((name) => known.includes(name) && document.featurePolicy.allowsFeature(name))
		document.body.append('allowed: ' + found.join(' '))
		return found.length`
	for _, c := range []struct {
		name    string
		handler http.Handler
		none    bool
	}{
		{"site", must(Site()), true},
		{"control", Pages(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site := b.Site("shop.test")
			site.Serve(c.handler)
			tab := b.Tab()
			tab.Open(site.Origin + "/page")
			if n := chromium.Run[int](tab, allowed, powerful); (n == 0) != c.none {
				t.Errorf("%d features are allowed", n)
			}
		})
	}
}

// misread are the messages of Chromium about headers that it cannot read. Unknown features do not
// count: each platform has features of its own.
func misread(tab *chromium.Tab) []string {
	chromium.Run[string](tab, `return document.title`) // the messages of the page came before this answer
	return slices.DeleteFunc(tab.Console(), func(line string) bool {
		return strings.Contains(line, "Unrecognized feature:") || strings.Contains(line, "The action has been blocked")
	})
}

func TestHeadersAreUnderstood(t *testing.T) {
	faulty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-source 'self'")
		w.Header().Set("Permissions-Policy", "camera 'none'")
		Pages().ServeHTTP(w, r)
	})
	for _, c := range []struct {
		name    string
		handler http.Handler
		faults  int
	}{
		{"site", must(Site()), 0},
		{"API", must(headers.New(headers.API())).Handler(Pages()), 0},
		{"control", faulty, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chromium.Start(t)
			site := b.Site("shop.test")
			site.Serve(c.handler)
			tab := b.Tab()
			tab.Open(site.Origin + "/page")
			if got := misread(tab); len(got) != c.faults {
				t.Errorf("%d messages, want %d: %q", len(got), c.faults, got)
			}
		})
	}
}
