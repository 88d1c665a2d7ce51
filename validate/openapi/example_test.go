package openapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

type GetNote struct {
	ID string `path:"id" validate:"max=20"`
}

type Note struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Tags  []string `json:"tags,omitempty"`
}

func getNote(_ context.Context, in *GetNote) (*Note, error) {
	return &Note{ID: in.ID, Title: "Milk"}, nil
}

// The rows of routes.Mux implement Route; here they are written by hand.
func ExampleDocument() {
	rows := []row{{pattern: "GET /notes/{id}", handler: validate.Handler(getNote), scopes: []string{"notes:read"}, refusals: []int{403, 404, 429}}}
	document, err := openapi.Document(openapi.Info{
		Title:   "Notes",
		Version: "1.4.0",
		Schemes: []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key")},
	}, rows)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var parsed struct {
		Paths map[string]map[string]struct {
			OperationID string          `json:"operationId"`
			Security    json.RawMessage `json:"security"`
			Parameters  json.RawMessage `json:"parameters"`
			Responses   map[string]any  `json:"responses"`
		} `json:"paths"`
		Components struct{ Schemas map[string]json.RawMessage }
	}
	_ = json.Unmarshal(document, &parsed)
	get := parsed.Paths["/notes/{id}"]["get"]
	fmt.Println(get.OperationID)
	fmt.Println(string(get.Security))
	fmt.Println(string(get.Parameters))
	fmt.Println(string(parsed.Components.Schemas["Note"]))
	// Output:
	// getNotesById
	// [{"token":["notes:read"]},{"key":["notes:read"]}]
	// [{"in":"path","name":"id","required":true,"schema":{"maxLength":20,"type":"string"}}]
	// {"properties":{"id":{"type":"string"},"tags":{"items":{"type":"string"},"type":"array"},"title":{"type":"string"}},"required":["id","title"],"type":"object"}
}

// A fault of the Info or of a route has a fix. All faults are reported at once.
func ExampleDocument_faults() {
	_, err := openapi.Document(openapi.Info{Title: "Notes"}, []row{
		{pattern: "GET /notes/{note}", handler: validate.Handler(getNote)},
	})
	fmt.Println(err)
	// Output:
	// openapi: Version: is empty; give the version of the document, such as "1.0.0"
	// openapi: routes[GET /notes/{note}]: "id": is a parameter of the path for the handler, and not in the pattern; write {id} in the pattern, or correct the tag path of the field
	// openapi: routes[GET /notes/{note}]: requires a caller, and no Scheme says how to authenticate; add one to Info.Schemes, such as Bearer
}
