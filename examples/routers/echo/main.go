// Echo is a service on echo behind two layers. The README shows it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

func service() http.Handler {
	errs := must(httperr.New(httperr.Config{})) // correlation ID, recovery, one record per request
	hdr := must(headers.New(headers.API()))     // CSP, HSTS, nosniff and the rest
	router := echo.New()
	router.HTTPErrorHandler = func(err error, c echo.Context) {
		switch {
		case errors.Is(err, echo.ErrNotFound):
			err = httperr.ErrNotFound
		case errors.Is(err, echo.ErrMethodNotAllowed):
			err = httperr.ErrMethodNotAllowed // echo has set Allow
		}
		httperr.Write(c.Response(), c.Request(), err)
	}
	router.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			httperr.NoteRoute(c.Request().Context(), c.Path()) // the record has route=/hello/:name
			return next(c)
		}
	})
	router.GET("/hello/:name", func(c echo.Context) error {
		return c.String(http.StatusOK, fmt.Sprintf("hello, %q\n", c.Param("name")))
	})
	return errs.Handler(hdr.Handler(router)) // around the whole router
}

func main() {
	log.Fatal(tlsconf.Serve(context.Background(), tlsconf.ServerConfig{Addr: "127.0.0.1:8088", PlainHTTP: true}, service()))
}

func must[T any](v T, err error) T { // prints every fault of a Config, each with its fix
	if err != nil {
		log.Fatal(err)
	}
	return v
}
