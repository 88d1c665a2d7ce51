// MCP is a server of the Model Context Protocol, without streams, behind jwtauth and with the metadata of RFC 9728.
// It prints the requests of a client: go run ./examples/mcp
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/resource"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

const addr, issuer, self = "127.0.0.1:8083", "https://issuer.example", "http://" + addr + "/mcp" // self is the aud of tokens

func service(keys jwks.Source) http.Handler {
	meta := must(resource.New(resource.Config{Resource: self, AuthorizationServers: []string{issuer}, Scopes: []string{"notes:read"}}))
	jwt := must(jwtauth.New(jwtauth.Config{Issuer: issuer, Audience: []string{self}, Keys: keys}))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{jwt}, ResourceMetadata: meta.URL()}))
	read := must(authz.New(authz.Config{Require: authz.Scopes("notes:read")}))
	origin := http.NewCrossOriginProtection() // the protocol demands a check of Origin
	origin.SetDenyHandler(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return authz.ErrForbidden }))

	mux := http.NewServeMux()
	mux.Handle(meta.Path(), meta)
	mux.Handle("POST /mcp", origin.Handler(auth.Handler(read.Handler(httperr.HandlerFunc(rpc)))))
	return must(httperr.New(httperr.Config{})).Handler(httperr.WrapMux(mux))
}

type object = map[string]any

// rpc answers one message of JSON-RPC 2.0.
func rpc(w http.ResponseWriter, r *http.Request) error {
	var m struct {
		ID     json.RawMessage
		Method string
		Params struct{ Name string }
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&m)
	if err == nil && len(m.ID) == 0 { // a notification, such as notifications/initialized
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	answer := object{"jsonrpc": "2.0", "id": m.ID}
	p, _ := authn.FromContext(r.Context())
	switch {
	case err != nil:
		answer["error"] = object{"code": -32700, "message": "Parse error"}
	case m.Method == "initialize":
		answer["result"] = object{"protocolVersion": "2025-06-18", "capabilities": object{"tools": object{}},
			"serverInfo": object{"name": "notes", "version": "1"}}
	case m.Method == "ping":
		answer["result"] = object{}
	case m.Method == "tools/list":
		answer["result"] = object{"tools": []any{object{"name": "whoami", "inputSchema": object{"type": "object"}}}}
	case m.Method == "tools/call" && m.Params.Name == "whoami":
		answer["result"] = object{"content": []any{object{"type": "text", "text": p.Subject}}}
	default:
		answer["error"] = object{"code": -32601, "message": "Method not found"}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(answer)
}

func main() {
	keys := demo(os.Stdout) // in a real service: jwks.Discover(issuer)
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: addr, PlainHTTP: true}, service(keys)))
}
