package routers_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// engines are the same service on each router: /users/{id} answers, /once/{id} is
// limited to one request inside the router, and /boom panics.
func engines(once func(http.Handler) http.Handler) map[string]http.Handler {
	user := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "user "+r.PathValue("id")) })
	boom := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })

	gorilla := mux.NewRouter()
	gorilla.Use(routers.Gorilla)
	gorilla.Handle("/users/{id}", user).Methods("GET")
	gorilla.Handle("/once/{id}", once(user))
	gorilla.Handle("/boom", boom)

	router := httprouter.New()
	handle := func(path string, h http.Handler) {
		router.GET(routers.HTTPRouter(path, func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) { h.ServeHTTP(w, r) }))
	}
	handle("/users/:id", user)
	handle("/once/:id", once(user))
	handle("/boom", boom)

	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.Use(routers.Gin)
	engine.GET("/users/:id", gin.WrapH(user))
	engine.GET("/once/:id", routers.GinLayer(once), gin.WrapH(user))
	engine.GET("/boom", gin.WrapH(boom))

	e := echo.New()
	e.Use(routers.Echo)
	e.GET("/users/:id", echo.WrapHandler(user))
	e.GET("/once/:id", echo.WrapHandler(user), echo.WrapMiddleware(once))
	e.GET("/boom", echo.WrapHandler(boom))

	return map[string]http.Handler{"gorilla": gorilla, "httprouter": router, "gin": engine, "echo": e}
}

// The records have the pattern, and the status that the client saw: also of a
// refusal inside the router.
func TestRecords(t *testing.T) {
	limiter, err := ratelimit.New(ratelimit.Config{
		Name: "once", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.By(func(r *http.Request) (string, bool) { return r.UserAgent(), true }),
	})
	if err != nil {
		t.Fatal(err)
	}
	pattern := map[string]string{"gorilla": "{id}", "httprouter": ":id", "gin": ":id", "echo": ":id"}
	for name, engine := range engines(limiter.Handler) {
		t.Run(name, func(t *testing.T) {
			var got audit.Record
			done := make(chan struct{}, 1)
			errs, err := httperr.New(httperr.Config{
				Logger: slog.New(slog.DiscardHandler),
				Sink:   audit.Func(func(_ context.Context, r audit.Record) error { got = r; done <- struct{}{}; return nil }),
			})
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(errs.Handler(engine))
			defer srv.Close()
			for _, tc := range []struct {
				method, path string
				status       int
				route, code  string
			}{
				{"GET", "/users/7", 200, "/users/" + pattern[name], ""},
				{"GET", "/once/7", 200, "/once/" + pattern[name], ""},
				{"GET", "/once/8", 429, "/once/" + pattern[name], "rate_limited"},
				{"GET", "/boom", 500, "/boom", "internal_error"},
				{"GET", "/nowhere", 404, "unmatched", ""},
			} {
				req, err := http.NewRequest(tc.method, srv.URL+tc.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("User-Agent", name)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				<-done
				if body, _ := io.ReadAll(res.Body); tc.status == 200 && string(body) != "user 7" {
					t.Errorf("%s: %q, want the value of the path", tc.path, body)
				} else {
					res.Body = io.NopCloser(bytes.NewReader(body))
				}
				if res.StatusCode != tc.status || got.Status != tc.status || got.Route != tc.route || got.Code != tc.code {
					t.Errorf("%s %s: %d, record %d %s %q; want %d %s %q", tc.method, tc.path, res.StatusCode, got.Status, got.Route, got.Code, tc.status, tc.route, tc.code)
				}
				if tc.code != "" {
					mwtest.Refused(t, res, tc.status, tc.code)
				}
				if tc.route == "unmatched" && got.Path != tc.path || tc.route != "unmatched" && got.Path != "" {
					t.Errorf("%s: path %q", tc.path, got.Path)
				}
				res.Body.Close()
			}
		})
	}
}

// A 405 of gorilla/mux says which methods there are.
func TestGorillaNotAllowed(t *testing.T) {
	router := mux.NewRouter()
	router.MethodNotAllowedHandler = routers.GorillaNotAllowed(router)
	ok := func(http.ResponseWriter, *http.Request) {}
	router.HandleFunc("/users", ok).Methods("GET", "POST")
	router.HandleFunc("/users/{id}", ok).Methods("PUT")
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequest("DELETE", "/users", nil))
	if allow := w.Header().Get("Allow"); allow != "GET, POST" {
		t.Errorf("Allow: %q", allow)
	}
	mwtest.Refused(t, w.Result(), 405, "method_not_allowed")
}

// gin's Stream calls CloseNotify on the writer, and flushes each part.
func TestGinStream(t *testing.T) {
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	for _, http2 := range []bool{false, true} {
		next := make(chan int, 1)
		engine := gin.New()
		engine.GET("/events", func(c *gin.Context) {
			c.Stream(func(io.Writer) bool {
				n, ok := <-next
				if ok {
					c.SSEvent("tick", n)
				}
				return ok
			})
		})
		srv := httptest.NewUnstartedServer(errs.Handler(engine))
		srv.EnableHTTP2 = http2
		srv.StartTLS()
		next <- 0
		res, err := srv.Client().Get(srv.URL + "/events")
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(res.Body)
		for n := range 3 {
			if n > 0 {
				next <- n
			}
			for lines.Scan() && lines.Text() != fmt.Sprintf("data:%d", n) {
			}
			if lines.Text() != fmt.Sprintf("data:%d", n) {
				t.Errorf("HTTP/%d: part %d does not arrive before the next: %q", res.ProtoMajor, n, lines.Text())
			}
		}
		close(next)
		res.Body.Close()
		srv.Close()
	}
}
