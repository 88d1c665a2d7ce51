package services

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/validate"
)

const anID = "7b0cb0a5-4f52-4c41-9a8e-3d0f4b1d2c5f"

// 1: the fields of huma's Body are those of an embedded struct here.
func TestHumaCreate(t *testing.T) {
	type before struct {
		Body struct {
			Name       string `json:"name" minLength:"1" maxLength:"48" doc:"Name of the board"`
			Visibility string `json:"visibility" enum:"private,public" default:"private"`
		}
	}
	moved[before](t,
		`validate: before.Body: "struct {`,
		`validate: before.Body.Name: "minLength:\"1\"": `, `validate: before.Body.Name: "maxLength:\"48\"": `,
		`validate: before.Body.Visibility: "enum:\"private,public\"": `)
	type Board struct {
		Name       string `json:"name" validate:"required,min=1,max=48" doc:"Name of the board"`
		Visibility string `json:"visibility" validate:"oneof=private public" default:"private"`
	}
	type after struct{ Board }
	admits[after](t, "POST /boards", validate.Config{Status: http.StatusUnprocessableEntity},
		request{body: `{"name":"a"}`},
		request{body: `{"name":"","visibility":"nonsense"}`, want: "/name min_length,/visibility enum"},
		request{body: `{"Body":{"name":"a"}}`, want: " unknown_member,/name required"})
}

// 2: path and header parameters have the same tags, and their rules another spelling.
func TestHumaGet(t *testing.T) {
	type before struct {
		ID    string `path:"id" format:"uuid" doc:"ID of the item" example:"7b0cb0a5-4f52-4c41-9a8e-3d0f4b1d2c5f"`
		Match string `header:"If-None-Match" maxLength:"80"`
	}
	moved[before](t, `validate: before.ID: "format:\"uuid\"": `, `validate: before.Match: "maxLength:\"80\"": `)
	type after struct {
		ID    uuid.UUID `path:"id" doc:"ID of the item" example:"7b0cb0a5-4f52-4c41-9a8e-3d0f4b1d2c5f"`
		Match string    `header:"If-None-Match" validate:"max=80"`
	}
	admits[after](t, "GET /items/{id}", validate.Config{},
		request{target: "/items/" + anID},
		request{target: "/items/" + anID, header: [2]string{"If-None-Match", `"v1"`}},
		request{target: "/items/..%2F..%2Fetc", want: "path id format_uuid"})
}

// 3: pages, with a list that huma reads between commas.
func TestHumaList(t *testing.T) {
	type before struct {
		Limit  int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
		Cursor string   `query:"cursor" required:"false"`
		States []string `query:"states"`
	}
	moved[before](t, `validate: before.Limit: "minimum:\"1\"": `, `validate: before.Limit: "maximum:\"100\"": `,
		`validate: before.States: does not say how the list is sent; tag it style:"repeat" for a=1&a=2, style:"comma" for a=1,2`)
	type after struct {
		Limit  int      `query:"limit" validate:"min=1,max=100" default:"20"`
		Cursor string   `query:"cursor"`
		States []string `query:"states" style:"comma" validate:"dive,oneof=open closed"`
	}
	admits[after](t, "GET /tickets", validate.Config{},
		request{}, request{target: "/tickets?limit=5&states=open,closed&cursor=x"},
		request{target: "/tickets?limit=500&states=open,lost", want: "query limit max,query states enum"},
		request{target: "/tickets?states=open&states=closed", want: "query states duplicate"})
}

// 4: explode is a part of the name in huma.
func TestHumaExplode(t *testing.T) {
	type before struct {
		Tags []string `query:"tags,explode"`
	}
	moved[before](t, `validate: before.Tags: "tags,explode": is not the name of a parameter`, `validate: before.Tags: does not say how the list is sent`)
	type after struct {
		Tags []string `query:"tags" style:"repeat" validate:"max=3,dive,min=1"`
	}
	admits[after](t, "GET /notes", validate.Config{},
		request{target: "/notes?tags=a&tags=b"}, request{target: "/notes?tags=", want: "query tags min_length"})
}

type humaTransfer struct {
	From   string `json:"from" validate:"required,uuid"`
	To     string `json:"to" validate:"required,uuid,nefield=From"`
	Amount int64  `json:"amount" validate:"required,min=1"`
}

// Resolve has the name and the result of huma's method.
func (h *humaTransfer) Resolve(ctx any, path any) []error { return nil }

type transfer humaTransfer

func (h *transfer) Validate(context.Context) error {
	if h.Amount > 1000 {
		return validate.Fault("/amount", "over_limit", "is over the limit of the account")
	}
	return nil
}

// 5: a resolver is a Validate method here.
func TestHumaResolver(t *testing.T) {
	moved[humaTransfer](t, `validate: humaTransfer: "humaTransfer": has a method Resolve that another library calls to check a request, and nothing here does; `+
		`add a method Validate(context.Context) error`)
	const to = "0190163d-8694-739b-aea5-966c26f8ad90"
	admits[transfer](t, "POST /transfers", validate.Config{},
		request{body: `{"from":"` + anID + `","to":"` + to + `","amount":5}`},
		request{body: `{"from":"` + anID + `","to":"` + anID + `","amount":5}`, want: "/to compare"},
		request{body: `{"from":"` + anID + `","to":"x","amount":0}`, want: "/to format_uuid,/amount min"},
		request{body: `{"from":"` + anID + `","to":"` + to + `","amount":5000}`, want: "/amount over_limit"})
}

// 6: a body that is an array.
func TestHumaArray(t *testing.T) {
	type reading struct {
		At    time.Time `json:"at" validate:"required"`
		Value float64   `json:"value" validate:"required"`
	}
	type before struct {
		Sensor string    `path:"sensor"`
		Body   []reading `minItems:"1" maxItems:"500"`
	}
	moved[before](t, `validate: before.Body: "[]services.reading": is how another library says which field is the body: here it would be the member Body of the body; `+
		`embed its struct, make a list a validate.List`, `validate: before.Body: "minItems:\"1\"": `, `validate: before.Body: "maxItems:\"500\"": `)
	type after struct {
		Sensor   string                 `path:"sensor"`
		Readings validate.List[reading] `validate:"min=1,max=500,dive,required"`
	}
	admits[after](t, "POST /sensors/{sensor}/readings", validate.Config{},
		request{body: `[{"at":"2026-01-02T03:04:05Z","value":0}]`}, request{body: `[]`, want: " min_items"},
		request{body: `[{"at":"2026-01-02T03:04:05+24:00","value":"1"}]`, want: "/0/at format_date_time,/0/value type"},
		request{body: `{"at":"2026-01-02T03:04:05Z","value":0}`, want: " type"})
}

// 7: a patch tells null from absent.
func TestHumaPatch(t *testing.T) {
	type before struct {
		ID   int64  `path:"id" minimum:"1"`
		Name string `json:"name,omitempty" minLength:"1" nullable:"true"`
	}
	moved[before](t, `validate: before.ID: "minimum:\"1\"": `, `validate: before.Name: "minLength:\"1\"": `)
	type after struct {
		ID   int64                     `path:"id" validate:"min=1"`
		Name validate.Optional[string] `json:"name" validate:"min=1"`
		Done *bool                     `json:"done"`
	}
	admits[after](t, "PATCH /todos/{id}", validate.Config{},
		request{target: "/todos/7", body: `{"name":null,"done":false}`}, request{target: "/todos/7", body: `{}`},
		request{target: "/todos/0", body: `{"name":""}`, want: "path id min,/name min_length"})
}

// 8: a raw body of a webhook is read without a schema, and a typed one may have more members.
func TestHumaWebhook(t *testing.T) {
	type before struct {
		Signature string `header:"X-Signature" required:"true"`
		RawBody   []byte
	}
	moved[before](t, `validate: before.Signature: "required:\"true\"": `, `validate: before.RawBody: "[]uint8": is how another library says which field is the body`)
	type after struct {
		Signature string `header:"X-Signature" validate:"required,hexadecimal"`
		Kind      string `json:"kind" validate:"required"`
		Data      struct {
			ID string `json:"id" validate:"required"`
		} `json:"data"`
	}
	signed := [2]string{"X-Signature", "00ff"}
	admits[after](t, "POST /hooks", validate.Config{IgnoreUnknown: []string{"*"}},
		request{body: `{"kind":"paid","api_version":2,"data":{"id":"a","new":[1]}}`, header: signed},
		request{body: `{"kind":"paid","data":{"id":"a"},"data":{"id":"b"}}`, header: signed, want: "/data duplicate_member"},
		request{body: `{"kind":"paid","Kind":"failed","data":{"id":"a"}}`, header: signed, want: " unknown_member"},
		request{body: `{"kind":"paid","data":{"id":"a"}}`, want: "header X-Signature required"})
}

// 9: a map of free values, and a pattern.
func TestHumaSettings(t *testing.T) {
	type before struct {
		Slug     string         `json:"slug" pattern:"^[a-z-]+$"`
		Settings map[string]any `json:"settings"`
	}
	moved[before](t, `validate: before.Slug: "pattern:\"^[a-z-]+$\"": `, `validate: before.Settings[]: "interface {}": accepts any JSON; give it a type, or tag the field free:"true"`)
	type after struct {
		Slug     string         `json:"slug" validate:"required,slug"`
		Settings map[string]any `json:"settings" free:"true" validate:"max=50"`
	}
	admits[after](t, "PUT /settings", validate.Config{Patterns: map[string]string{"slug": "[a-z-]+"}},
		request{body: `{"slug":"a-b","settings":{"theme":{"dark":true}}}`}, request{body: `{"slug":"A"}`, want: "/slug pattern"})
}

// 10: a struct of parameters that several inputs embed, accepted as it is.
func TestHumaEmbedded(t *testing.T) {
	type Paging struct {
		Page int `query:"page" default:"1" validate:"min=1"`
		Size int `query:"page[size]" style:"brackets" default:"25" validate:"min=1,max=50"`
	}
	type input struct {
		Paging
		Team string `path:"team"`
		Sort string `query:"sort" default:"name" validate:"oneof=name -name"`
	}
	admits[input](t, "GET /teams/{team}/members", validate.Config{Defaults: validate.Defaults{OtherQuery: []string{"utm_source"}}},
		request{target: "/teams/a/members?page=2&page[size]=10&sort=-name&utm_source=x"},
		request{target: "/teams/a/members?page=0&page[size]=51&sort=id", want: "query page min,query page[size] max,query sort enum"},
		request{target: "/teams/a/members?size=5", want: "query  unknown_parameter"})
}
