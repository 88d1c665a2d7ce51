package browser

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/examples/browser/chromium"
)

// TestMain switches the records off: thousands of lines hide a failure.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A journal keeps the requests that reached a server, with the status and the size of each answer.
type journal struct {
	mu   sync.Mutex
	seen []exchange
}

type exchange struct {
	method, path, cookie string
	status, size         int
}

func (j *journal) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &counter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(c, r)
		j.mu.Lock()
		defer j.mu.Unlock()
		j.seen = append(j.seen, exchange{r.Method, r.URL.Path, r.Header.Get("Cookie"), c.status, c.size})
	})
}

// take returns the exchanges of the path since the last take.
func (j *journal) take(path string) []exchange {
	j.mu.Lock()
	defer j.mu.Unlock()
	var taken []exchange
	j.seen = slices.DeleteFunc(j.seen, func(e exchange) bool {
		if e.path == path {
			taken = append(taken, e)
		}
		return e.path == path
	})
	return taken
}

// methods lists the methods of the exchanges: a request that was never sent is not among them.
func methods(all []exchange) string {
	var names []string
	for _, e := range all {
		names = append(names, e.method)
	}
	return strings.Join(names, " ")
}

type counter struct {
	http.ResponseWriter
	status, size int
}

func (c *counter) WriteHeader(status int) {
	if status >= http.StatusOK {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.size += n
	return n, err
}

// Flush makes counter a full writer: httperr passes Hijack on only beside it.
func (c *counter) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

// Hijack is for WebSockets.
func (c *counter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c.status = http.StatusSwitchingProtocols
	return http.NewResponseController(c.ResponseWriter).Hijack()
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// world is the page of a shop, whose origin the API lists, the page of an attacker, and the API.
type world struct {
	b          *chromium.Browser
	shop, evil *chromium.Tab // at their pages, with the cookie of ann for the API
	api        *chromium.Site
	notesURL   string
	log        *journal
}

// newWorld serves build(the origin of the shop) as the API.
func newWorld(t *testing.T, build func(shop string) http.Handler) *world {
	t.Helper()
	b := chromium.Start(t)
	shop, evil, api := b.Site("shop.test"), b.Site("evil.test"), b.Site("api.test")
	w := &world{b: b, api: api, notesURL: api.Origin + "/notes", log: new(journal)}
	shop.Serve(Page())
	evil.Serve(Page())
	api.Serve(w.log.around(build(shop.Origin)))
	w.shop, w.evil = b.Tab(), b.Tab()
	for _, tab := range []*chromium.Tab{w.shop, w.evil} {
		tab.Open(api.Origin + "/login")
	}
	w.shop.Open(shop.Origin + "/")
	w.evil.Open(evil.Origin + "/")
	return w
}

// listed is the API for newWorld that lists the shop alone.
func listed(shop string) http.Handler { return must(API(Policy(shop), Notes())) }

// careless is the API for newWorld that answers every origin: the control.
func careless(string) http.Handler { return open(Notes()) }

// open grants each request of each origin.
func open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
			h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		}
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
		}
	})
}

// read runs the function read of the page.
func read(tab *chromium.Tab, address string, options map[string]any) string {
	return chromium.Run[string](tab, `return read(args[0], args[1])`, address, options)
}

type options = map[string]any
