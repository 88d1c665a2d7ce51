// Gin is a service on gin behind two layers. The README shows it.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func service() http.Handler {
	errs := must(httperr.New(httperr.Config{})) // correlation ID, recovery, one record per request
	hdr := must(headers.New(headers.API()))     // CSP, HSTS, nosniff and the rest
	gin.SetMode(gin.ReleaseMode)
	router := gin.New() // not gin.Default: its Recovery answers a panic before httperr does
	router.NoRoute(func(c *gin.Context) { httperr.Write(c.Writer, c.Request, httperr.ErrNotFound) })
	router.Use(func(c *gin.Context) { httperr.NoteRoute(c.Request.Context(), c.FullPath()) }) // the record has route=/hello/:name
	router.GET("/hello/:name", func(c *gin.Context) { c.String(http.StatusOK, "hello, %q\n", c.Param("name")) })
	return errs.Handler(hdr.Handler(router)) // around the whole router
}

func main() {
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:8087", PlainHTTP: true}, service()))
}

func must[T any](v T, err error) T { // prints every fault of a Config, each with its fix
	if err != nil {
		log.Fatal(err)
	}
	return v
}
