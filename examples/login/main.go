// Login is a site of server-rendered pages whose users log in at an identity provider.
//
//	go run ./examples/login
//
// The provider is one for tests, in the same process, and it logs Ann in without a question. For
// a provider of your own, set ISSUER, CLIENT_ID and CLIENT_SECRET, and register there
// http://127.0.0.1:8085/login/callback, and / as the page after a logout.
package main

import (
	"cmp"
	"crypto/rand"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-sallyport/sallyport/examples/login/site"
	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

func main() {
	ln := must(net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8085")))
	cfg := site.Config{
		Origin:       "http://" + ln.Addr().String(),
		Issuer:       os.Getenv("ISSUER"),
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		CookieKey:    make([]byte, 32), // a service with several processes has one key for all of them
	}
	_, _ = rand.Read(cfg.CookieKey) // never fails
	if cfg.Issuer == "" {
		provider := oauthtest.New() // runs as long as the site
		provider.Change(func(s *oauthtest.Settings) {
			s.RedirectURIs = []string{cfg.Origin + "/login/callback"}
			s.PostLogoutURIs = []string{cfg.Origin + "/"}
			s.BackChannelURI = cfg.Origin + "/backchannel-logout"
		})
		cfg.Issuer, cfg.ClientID, cfg.ClientSecret = provider.URL, oauthtest.ClientID, oauthtest.ClientSecret
	}
	s := must(site.New(cfg))
	log.Print("open ", cfg.Origin)
	srv := &http.Server{Handler: s.Handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(srv.Serve(ln))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
