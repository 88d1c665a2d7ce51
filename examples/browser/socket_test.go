package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/browser/chromium"
)

// listen opens a WebSocket and returns its first message.
const listen = `
	const socket = new WebSocket(args[0])
	const line = await new Promise((resolve) => {
		socket.onmessage = (event) => resolve(event.data)
		socket.onerror = () => resolve('refused')
	})
	socket.close()
	const item = document.createElement('p')
	item.textContent = line
	document.body.append(item)
	return line`

func TestSocket(t *testing.T) {
	// with puts the WebSocket beside the notes, so that the login works.
	with := func(socket http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", Notes())
		mux.Handle("/socket", socket)
		return mux
	}
	for _, c := range []struct {
		name  string
		build func(shop string) http.Handler
		evil  string
	}{
		{"allowed", func(shop string) http.Handler { return with(must(Socket(Policy(shop)))) }, "refused"},
		{"control", func(shop string) http.Handler {
			return with(must(API(Policy(shop), must(Protected(Policy(shop), greet())))))
		}, "hello ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.build)
			address := strings.Replace(w.api.Origin, "https:", "wss:", 1) + "/socket"
			own := w.shop.Another()
			own.Open(w.notesURL)
			for name, p := range map[string]struct {
				tab  *chromium.Tab
				want string
			}{
				"own": {own, "hello ann"}, "listed": {w.shop, "hello ann"}, "foreign": {w.evil, c.evil},
			} {
				if got := chromium.Run[string](p.tab, listen, address); got != p.want {
					t.Errorf("%s: %q, want %q", name, got, p.want)
				}
			}
			refused := 0
			for _, e := range w.log.take("/socket") {
				if e.status == http.StatusForbidden {
					refused++
				}
			}
			if want := map[string]int{"refused": 1}[c.evil]; refused != want {
				t.Errorf("%d handshakes were answered with 403, want %d", refused, want)
			}
		})
	}
}
