// Package routers has adapters for routers that keep the pattern of a route to
// themselves: gorilla/mux, httprouter, gin and echo. Behind them the record of a
// request says route=/users/{id} and not route=unmatched. The parameters of the path
// become values of Request.PathValue, which packages validate and object read. Copy the
// adapter that you need; it is a module of its own, so that no router is a dependency of
// the library. This prints the records of requests behind each of them:
//
//	go -C examples/routers run ./records
//
// In all cases the outermost layer goes around the whole router:
//
//	http.ListenAndServe(addr, errs.Handler(router))
//
// Then it sees the status of every response, also of a refusal in a middleware of
// the router. The README of the library lists the other layers, which go between.
package routers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Gorilla is a middleware for Use of a mux.Router.
func Gorilla(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pattern, _ := mux.CurrentRoute(r).GetPathTemplate() // no error in a middleware: a path has matched
		httperr.NoteRoute(r.Context(), pattern)
		for name, value := range mux.Vars(r) {
			r.SetPathValue(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

// GorillaNotAllowed is a MethodNotAllowedHandler for router: 405 with the methods in Allow
// (RFC 9110, section 15.5.6), which gorilla/mux leaves out.
func GorillaNotAllowed(router *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			try, match := r.Clone(r.Context()), mux.RouteMatch{}
			try.Method = method
			if router.Match(try, &match) && match.MatchErr == nil {
				allow = append(allow, method)
			}
		}
		httperr.Write(w, r, httperr.ErrMethodNotAllowed.WithHeader("Allow", strings.Join(allow, ", ")))
	})
}

// HTTPRouter returns the arguments of the methods GET, POST and so on of an
// httprouter.Router, which does not tell its handles the path that matched:
//
//	router.GET(routers.HTTPRouter("/users/:id", user))
func HTTPRouter(path string, next httprouter.Handle) (string, httprouter.Handle) {
	return path, func(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
		httperr.NoteRoute(r.Context(), path)
		for _, param := range p {
			r.SetPathValue(param.Key, param.Value)
		}
		next(w, r, p)
	}
}

// Gin is a middleware for Use of a gin.Engine.
func Gin(c *gin.Context) {
	httperr.NoteRoute(c.Request.Context(), c.FullPath())
	for _, param := range c.Params {
		c.Request.SetPathValue(param.Key, param.Value)
	}
}

// Echo is a middleware for Use of an echo.Echo. Under Use, the path is that of the
// matched route.
func Echo(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		httperr.NoteRoute(c.Request().Context(), c.Path())
		for _, name := range c.ParamNames() {
			c.Request().SetPathValue(name, c.Param(name))
		}
		return next(c)
	}
}

// GinLayer adapts a layer of the library, such as the Handler of a ratelimit.Limiter,
// for one route or group of a gin.Engine. The layer does not see the response of the
// route, so use it without ratelimit.Config.RefundIf. For echo there is
// echo.WrapMiddleware, and the other two take a layer as it is.
func GinLayer(layer func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		layer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed, c.Request = true, r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
