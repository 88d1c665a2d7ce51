package browser

import (
	"fmt"
	"net/http"

	"golang.org/x/net/websocket"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Socket returns a WebSocket that greets the user of the cookie, for pages of this origin and of the
// origins of the policy. Neither CORS nor http.CrossOriginProtection stops a handshake of
// another page, so the handler asks Allows.
func Socket(policy cors.Config) (http.Handler, error) {
	outer, err := httperr.New(httperr.Config{})
	if err != nil {
		return nil, err
	}
	xo, err := cors.New(policy)
	if err != nil {
		return nil, err
	}
	return outer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !xo.Allows(r) {
			httperr.Write(w, r, cors.ErrOrigin)
			return
		}
		greet().ServeHTTP(w, r)
	})), nil
}

// greet accepts every handshake.
func greet() http.Handler {
	return websocket.Server{Handler: func(ws *websocket.Conn) {
		user := "no user"
		if c, err := ws.Request().Cookie("user"); err == nil {
			user = c.Value
		}
		_, _ = fmt.Fprintf(ws, "hello %s", user) // an error is the end of the connection
	}}
}
