// Records sends requests to one service on four routers, and prints what the record of each says:
// the pattern of the route, which the adapters of package routers note.
//
//	go -C examples/routers run ./records
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"text/tabwriter"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
)

func main() {
	if err := show(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// hello reads its parameter as a handler of ServeMux does. Each adapter sets it.
func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintln(w, "hello", r.PathValue("name")) // the client may be gone
}

func onGorilla() http.Handler {
	router := mux.NewRouter()
	router.Use(routers.Gorilla)
	router.HandleFunc("/hello/{name}", hello).Methods("GET")
	return router
}

func onHTTPRouter() http.Handler {
	router := httprouter.New()
	router.GET(routers.HTTPRouter("/hello/:name", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) { hello(w, r) }))
	return router
}

func onGin() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(routers.Gin)
	router.GET("/hello/:name", func(c *gin.Context) { hello(c.Writer, c.Request) })
	return router
}

func onEcho() http.Handler {
	router := echo.New()
	router.Use(routers.Echo)
	router.GET("/hello/:name", echo.WrapHandler(http.HandlerFunc(hello)))
	return router
}

func show(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "ROUTER\tREQUEST\tSTATUS\tROUTE"); err != nil {
		return err
	}
	for _, on := range []struct {
		name   string
		router http.Handler
	}{{"gorilla/mux", onGorilla()}, {"httprouter", onHTTPRouter()}, {"gin", onGin()}, {"echo", onEcho()}} {
		for _, path := range []string{"/hello/ann", "/nowhere"} {
			errs, err := httperr.New(httperr.Config{Sink: audit.Func(func(_ context.Context, r audit.Record) error {
				_, err := fmt.Fprintf(table, "%s\t%s %s\t%d\t%s\n", on.name, r.Method, path, r.Status, r.Route)
				return err
			})})
			if err != nil {
				return err
			}
			errs.Handler(on.router).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		}
	}
	return table.Flush()
}
