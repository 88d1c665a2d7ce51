package routers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

// bareRouters are the routers without this library, each with POST /notes.
func bareRouters() map[string]http.Handler {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	serveMux := http.NewServeMux()
	serveMux.Handle("POST /notes", ok)
	chiRouter := chi.NewRouter()
	chiRouter.Method("POST", "/notes", ok)
	gorilla := mux.NewRouter()
	gorilla.Handle("/notes", ok).Methods("POST")
	router := httprouter.New()
	router.Handler("POST", "/notes", ok)
	engine := gin.New()
	engine.POST("/notes", gin.WrapH(ok))
	e := echo.New()
	e.POST("/notes", echo.WrapHandler(ok))
	return map[string]http.Handler{"ServeMux": serveMux, "chi": chiRouter, "gorilla/mux": gorilla, "httprouter": router, "gin": engine, "echo": e}
}

// bare is the table of the answers of the routers alone, with httperr around them, and as on the
// page.
func bare(t *testing.T) string {
	l, err := newLayers(authntest.NewIssuer(t, issuer, audience), audit.Func(func(context.Context, audit.Record) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	errs, err := httperr.New(httperr.Config{Sink: audit.Func(func(context.Context, audit.Record) error { return nil })})
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]http.Handler{"ServeMux": onServeMux(l), "chi": onChi(l), "gorilla/mux": onGorilla(l),
		"httprouter": onHTTPRouter(l), "gin": onGin(l), "echo": onEcho(l)}
	routers := bareRouters()
	var rows [][]string
	for _, name := range []string{"ServeMux", "chi", "gorilla/mux", "httprouter", "gin", "echo"} {
		for _, r := range []string{"GET /nowhere", "DELETE /notes"} {
			rows = append(rows, []string{name, "`" + r + "`", show(routers[name], r), show(errs.Handler(routers[name]), r), show(ours[name], r)})
		}
	}
	return page.Table([]string{"router", "request", "alone", "`httperr` around it", "as on this page"}, rows...)
}

// show returns the status, Allow, the beginning of the body, and whether there is a correlation
// ID.
func show(h http.Handler, request string) string {
	method, path, _ := strings.Cut(request, " ")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	res := w.Result()
	s := res.Status[:3]
	if allow := res.Header.Get("Allow"); allow != "" {
		s += " Allow: " + allow
	}
	if body := strings.TrimSpace(w.Body.String()); body != "" {
		body, _, _ = strings.Cut(body, `,"correlation_id"`)
		s += " `" + body + "`"
	}
	if res.Header.Get("X-Correlation-ID") != "" {
		s += ", with an ID"
	}
	return s
}
