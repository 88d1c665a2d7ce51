package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gin-gonic/gin"
	"github.com/go-playground/validator/v10"
	"github.com/labstack/echo/v4"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// page: gin
type ginTask struct {
	Title string   `json:"title" binding:"required,max=20"`
	Done  bool     `json:"done"`
	Tags  []string `json:"tags" binding:"max=3,dive,min=1"`
}

func ginBefore() http.Handler {
	e := gin.New()
	e.POST("/tasks", func(c *gin.Context) {
		var in ginTask
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(http.StatusUnprocessableEntity, gin.H{"error": err.Error()})
			return
		}
		c.JSON(http.StatusOK, in)
	})
	return e
}

// page: end

// page: echo
type echoTask struct {
	Title string   `json:"title" validate:"required,max=20"`
	Done  bool     `json:"done"`
	Tags  []string `json:"tags" validate:"max=3,dive,min=1"`
}

type echoValidator struct{ v *validator.Validate }

func (v echoValidator) Validate(i any) error { return v.v.Struct(i) }

func echoBefore() http.Handler {
	e := echo.New()
	e.Validator = echoValidator{validator.New()}
	e.POST("/tasks", func(c echo.Context) error {
		var in echoTask
		if err := c.Bind(&in); err != nil {
			return err
		}
		if err := c.Validate(&in); err != nil {
			return echo.NewHTTPError(http.StatusUnprocessableEntity, err.Error())
		}
		return c.JSON(http.StatusOK, in)
	})
	return e
}

// page: end

// page: huma
type humaTask struct {
	Title string   `json:"title" minLength:"1" maxLength:"20"`
	Done  bool     `json:"done,omitempty"`
	Tags  []string `json:"tags,omitempty" maxItems:"3"`
}

func humaBefore() http.Handler {
	mux := http.NewServeMux()
	huma.Post(humago.New(mux, huma.DefaultConfig("tasks", "1")), "/tasks",
		func(_ context.Context, in *struct{ Body humaTask }) (*struct{ Body humaTask }, error) {
			return &struct{ Body humaTask }{in.Body}, nil
		})
	return mux
}

// page: end

// page: after
type task struct {
	Title string   `json:"title" validate:"required,min=1,max=20"` // required lets "" pass
	Done  bool     `json:"done"`
	Tags  []string `json:"tags" validate:"max=3,dive,min=1"`
}

// service has the options that all schemas of the service share.
var service = validate.Defaults{Status: http.StatusUnprocessableEntity, OtherQuery: []string{"utm_source", "_"}}

func tasksAfter() (*validate.Schema[task], http.Handler, error) {
	s, err := validate.New[task](validate.Config{Defaults: service})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /tasks", validate.Handle(s, func(_ context.Context, in *task) (*task, error) { return in, nil }))
	return s, httperr.WrapMux(mux), nil
}

// page: end

// page: ignore
func ignoring(names ...string) (http.Handler, error) {
	s, err := validate.New[task](validate.Config{Defaults: service, IgnoreUnknown: names})
	if err != nil {
		return nil, err
	}
	return validate.Handle(s, func(_ context.Context, in *task) (*task, error) { return in, nil }), nil
}

// page: end

// page: shadow
// shadow runs before the old handler and reports each request that the schema would refuse.
func shadow[T any](s *validate.Schema[T], report func(string), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			try := r.Clone(r.Context())
			try.Body = io.NopCloser(bytes.NewReader(body))
			if _, err := s.Decode(nil, try); err != nil {
				report(err.Error())
			}
		}
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
		next.ServeHTTP(w, r)
	})
}

// page: end

// page: list
// Page is embedded in the requests for lists.
type Page struct {
	Offset int `query:"offset" default:"0" validate:"min=0"`
	Limit  int `query:"limit" default:"20" empty:"absent" validate:"min=1,max=100"` // "limit=" too
}

type listTasks struct {
	Page
	Folders []int  `query:"folder_id[]" style:"brackets" validate:"max=10"` // as axios, jQuery and PHP send it
	Sort    string `query:"sort" default:"title" validate:"oneof=title done"`
}

// page: end

// page: patch
type patchTask struct {
	Title *string                   `json:"title" validate:"omitempty,min=1,max=20"` // absent: unchanged
	Room  validate.Optional[string] `json:"room" validate:"max=20"`                  // null: removed
}

// page: end

// page: upload
type upload struct {
	Title   string        `form:"title" validate:"required,min=1"`
	Picture validate.File `form:"picture" accept:"image/png image/jpeg" validate:"required"`
}

// page: end

// show answers with one line about a value.
func show[T any](describe func(*T) string) (http.Handler, error) {
	s, err := validate.New[T](validate.Config{Defaults: service})
	if err != nil {
		return nil, err
	}
	return s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, _ := validate.From[T](r)
		_, _ = io.WriteString(w, strings.TrimSpace(describe(&in)))
	})), nil
}
