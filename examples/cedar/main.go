// Cedar lets the policies of cedar-go decide about requests. It is a module of its own, so
// that cedar-go is no dependency of the library. Copy the adapter, decider.go, into your
// service.
//
//	go -C examples/cedar run .
//
// The program prints curl commands. Its log has one record for each request: the rule
// decide(notes:share) names the action, and the reason names the policies.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

func main() {
	var stored apikey.MemoryStore
	keys := must(apikey.New(apikey.Config{Store: &stored, Prefix: "notes", Env: "demo", Issuer: issuer}))
	issue := func(r apikey.Record) string {
		r.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		r.ExpiresAt = time.Now().Add(24 * time.Hour)
		key, record, err := keys.Generate(r)
		if err == nil {
			err = stored.Put(context.Background(), record)
		}
		return must(key, err)
	}
	ann := issue(apikey.Record{Subject: "ann", Tenant: "acme", Scopes: []string{"notes:read"}})
	sue := issue(apikey.Record{Subject: "sue", Roles: []string{"support"}})

	listener, err := net.Listen("tcp", "127.0.0.1:8091")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf(`curl -i http://%[1]s/notes/1 -H 'X-API-Key: %[2]s'                 # 200, read-in-tenant
curl -i http://%[1]s/notes/1 -H 'X-API-Key: %[3]s'                 # 200, read-for-support
curl -i http://%[1]s/notes/1/share -X POST -H 'X-API-Key: %[2]s'   # 204, share-own
curl -i http://%[1]s/notes/2/share -X POST -H 'X-API-Key: %[2]s'   # 403, never-share-frozen
curl -i http://%[1]s/notes/1/share -X POST -H 'X-API-Key: %[3]s'   # 403, no policy permits it
`, listener.Addr(), ann, sue)
	service := newService(slog.New(slog.NewTextHandler(os.Stderr, nil)), keys, demoNotes)
	srv := &http.Server{Handler: service, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(srv.Serve(listener))
}

const issuer = "https://notes.example"

var demoNotes = store{
	"1": {issuer: issuer, subject: "ann", tenant: "acme", text: "plain"},
	"2": {issuer: issuer, subject: "ann", tenant: "acme", text: "frozen", frozen: true},
}
