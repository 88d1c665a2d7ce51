package validate_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/validate"
)

type Greeting struct {
	Name string `json:"name" validate:"required,min=1"`
}

type Reply struct {
	Text string `json:"text"`
}

func greet(_ context.Context, in *Greeting) (*Reply, error) {
	return &Reply{Text: "Hello, " + in.Name + "!"}, nil
}

// ask sends a Greeting to h and prints the answer.
func ask(h http.Handler) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"name":"Ada"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
}

// The function takes the value and returns the answer.
func ExampleHandler() {
	ask(validate.Handler(greet))
	// Output: 200 {"text":"Hello, Ada!"}
}

// Handle is Handler with a Config.
func ExampleHandle() {
	schema, err := validate.New[Greeting](validate.Config{MaxBody: 10})
	if err != nil {
		panic(err)
	}
	h := validate.Handle(schema, greet)
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"name":"Ada"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output: 413
}

// The check stands in front of a handler that writes its own answer.
func ExampleMiddleware() {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, _ := validate.From[Greeting](r)
		_, _ = io.WriteString(w, "Hello, "+in.Name+"!")
	})
	ask(validate.Middleware[Greeting]()(h)) // r.With(validate.Middleware[Greeting]()) in chi
	// Output: 200 Hello, Ada!
}

// Schema.Middleware is Middleware with a Config.
func ExampleSchema_Middleware() {
	schema, err := validate.New[Greeting](validate.Config{Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, "no greeting", http.StatusUnprocessableEntity)
	}, MaxBody: 10})
	if err != nil {
		panic(err)
	}
	ask(schema.Middleware(http.NotFoundHandler()))
	// Output: 422 no greeting
}
