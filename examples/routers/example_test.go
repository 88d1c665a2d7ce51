package routers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
)

// serve serves a request for a user and one for nothing, and prints the records.
func serve(router http.Handler) {
	errs, err := httperr.New(httperr.Config{Sink: audit.Func(func(_ context.Context, r audit.Record) error {
		fmt.Printf("%d route=%s path=%s\n", r.Status, r.Route, r.Path)
		return nil
	})})
	if err != nil {
		panic(err)
	}
	h := errs.Handler(router)
	for _, target := range []string{"/users/7", "/user/7"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
}

func ExampleGorilla() {
	router := mux.NewRouter()
	router.Use(routers.Gorilla)
	router.HandleFunc("/users/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, mux.Vars(r)["id"]) })
	serve(router)
	// Output:
	// 200 route=/users/{id} path=
	// 404 route=unmatched path=/user/*
}

func ExampleHTTPRouter() {
	router := httprouter.New()
	router.GET(routers.HTTPRouter("/users/:id", func(w http.ResponseWriter, _ *http.Request, p httprouter.Params) {
		fmt.Fprint(w, p.ByName("id"))
	}))
	serve(router)
	// Output:
	// 200 route=/users/:id path=
	// 404 route=unmatched path=/user/*
}

func ExampleGin() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(routers.Gin)
	router.GET("/users/:id", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"id": c.Param("id")}) })
	serve(router)
	// Output:
	// 200 route=/users/:id path=
	// 404 route=unmatched path=/user/*
}

func ExampleEcho() {
	router := echo.New()
	router.Use(routers.Echo)
	router.GET("/users/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	serve(router)
	// Output:
	// 200 route=/users/:id path=
	// 404 route=unmatched path=/user/*
}
