package routers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
)

// page: gin
func onGin(l *layers) http.Handler {
	e := gin.New() // not gin.Default: its Recovery answers a panic before httperr does
	e.HandleMethodNotAllowed = true
	e.NoRoute(gin.WrapH(notFound))
	e.NoMethod(gin.WrapH(notAllowed)) // gin has set Allow
	e.Use(routers.Gin)
	e.GET("/notes/:id", gin.WrapH(l.getNote))
	e.POST("/notes", routers.GinLayer(l.auth.Handler), gin.WrapH(l.addNote))
	e.GET("/boom", func(c *gin.Context) { panicking(c.Writer, c.Request) })
	return l.outer(e)
}

// page: end

// page: echo
func onEcho(l *layers) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		switch h := new(echo.HTTPError); {
		case errors.As(err, &h) && h.Code == http.StatusNotFound:
			err = httperr.ErrNotFound
		case errors.As(err, &h) && h.Code == http.StatusMethodNotAllowed:
			err = httperr.ErrMethodNotAllowed // echo has set Allow
		}
		httperr.Write(c.Response(), c.Request(), err)
	}
	e.Use(routers.Echo)
	e.GET("/notes/:id", echo.WrapHandler(l.getNote))
	e.POST("/notes", echo.WrapHandler(l.addNote), echo.WrapMiddleware(l.auth.Handler))
	e.GET("/boom", func(c echo.Context) error { panicking(c.Response(), c.Request()); return nil })
	return l.outer(e)
}

// page: end
