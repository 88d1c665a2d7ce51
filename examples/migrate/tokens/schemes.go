package tokens

import (
	"net/http"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// page: scheme
// tokenScheme goes around the authentication. Clients that send "Authorization: Token …" pass
// as those that send "Bearer …".
func tokenScheme(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fields := r.Header.Values("Authorization")
		if len(fields) == 1 && len(fields[0]) > 6 && strings.EqualFold(fields[0][:6], "Token ") {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+fields[0][6:])
		}
		next.ServeHTTP(w, r)
	})
}

// page: end

// page: websocket-before
func chatBefore(verify func(token string) bool) http.Handler {
	upgrader := websocket.Upgrader{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !verify(r.URL.Query().Get("token")) { // new WebSocket(url + "?token=" + token)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err == nil {
			_ = conn.WriteMessage(websocket.TextMessage, []byte("hello"))
			_ = conn.Close()
		}
	})
}

// page: end

// page: websocket-after
func chatAfter(keys jwks.Source) (http.Handler, error) {
	v, err := jwtauth.New(jwtauth.Config{
		Issuer: issuer, Audience: []string{audience}, Keys: keys,
		Sources: jwtauth.Sources{Subprotocol: "access_token"}, // new WebSocket(url, ["chat", "access_token", token])
	})
	if err != nil {
		return nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{v}})
	if err != nil {
		return nil, err
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{"chat"}}
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		conn, err := upgrader.Upgrade(w, r, nil)
		if err == nil {
			_ = conn.WriteMessage(websocket.TextMessage, []byte("hello "+p.Subject))
			_ = conn.Close()
		}
	})), nil
}

// page: end
