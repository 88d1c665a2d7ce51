package validate_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/go-sallyport/sallyport/validate"
)

type CreateNote struct {
	Title string   `json:"title" validate:"required,min=1,max=80"`
	Stars int      `json:"stars" validate:"required,max=5"` // 0 is a value, absence is not
	Tags  []string `json:"tags" validate:"max=10,unique,dive,alphanum"`
}

type Note struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

// StatusCode makes the answer 201 instead of 200.
func (*Note) StatusCode() int { return http.StatusCreated }

func Example() {
	mux := http.NewServeMux()
	mux.Handle("POST /notes", validate.Handler(func(ctx context.Context, in *CreateNote) (*Note, error) {
		return &Note{ID: 1, Title: in.Title}, nil
	}))

	id := regexp.MustCompile(`"correlation_id":"[^"]*"`)
	for _, body := range []string{
		`{"title":"Hi","stars":0}`,
		`{"title":"","owner":"me","tags":["a","-"]}`,
	} {
		r := httptest.NewRequest("POST", "/notes", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.ReplaceAll(id.ReplaceAllString(w.Body.String(), `"correlation_id":"…"`), "},", "},\n "))
	}
	// Output:
	// 201 {"id":1,"title":"Hi"}
	//
	// 400 {"code":"validation_failed","message":"The request is not valid.","correlation_id":"…","errors":[{"pointer":"/title","code":"min_length","message":"must have at least 1 character","params":{"min":1}},
	//  {"pointer":"","code":"unknown_member","message":"has a member that is not known"},
	//  {"pointer":"/tags/1","code":"pattern","message":"must have letters and digits only"},
	//  {"pointer":"/stars","code":"required","message":"is required"}]}
}
