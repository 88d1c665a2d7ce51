package validate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/go-sallyport/sallyport/validate"
)

type Address struct {
	City string `json:"city" validate:"required,max=80"`
}

type PutPerson struct {
	ID   string  `path:"id" validate:"uuid"`
	Home Address `json:"home"`
}

// The descriptions of two Schemas are parts of one OpenAPI document.
func ExampleSchema_Components() {
	put, err := validate.New[PutPerson](validate.Config{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	move, _ := validate.New[Address](validate.Config{})

	schemas, _ := put.Components("PutPerson")
	more, _ := move.Components("Address")
	maps.Copy(schemas, more)

	operation, _ := json.Marshal(map[string]any{
		"parameters":  put.Parameters(),
		"requestBody": map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/PutPerson"}}}},
	})
	fmt.Println(slices.Sorted(maps.Keys(schemas)))
	fmt.Println(string(schemas["PutPerson"]))
	fmt.Println(string(operation))
	// Output:
	// [Address PutPerson PutPerson.Address]
	// {"additionalProperties":false,"properties":{"home":{"$ref":"#/components/schemas/PutPerson.Address"}},"required":["home"],"title":"PutPerson","type":"object"}
	// {"parameters":[{"name":"id","in":"path","required":true,"schema":{"format":"uuid","maxLength":65536,"type":"string"}}],"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PutPerson"}}}}}
}
