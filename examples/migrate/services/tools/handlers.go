package tools

import (
	"context"
	"encoding/json"
	"net/http"
	"path"

	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// byTag writes the faults as the front end has its texts: {"fields":{"Name":"required"}}.
type byTag struct{}

// tags are the tags of the validator for codes of package validate.
var tags = map[string]string{"required": "required", "min": "gte", "max": "lte", "max_length": "max", "min_length": "required"}

// members are the names of the fields for the names of members.
var members = map[string]string{"name": "Name", "days": "Days", "limit": "Limit", "offset": "Offset"}

// ContentType is the type of JSON.
func (byTag) ContentType() string { return "application/json" }

// Append appends the refusal.
func (byTag) Append(b []byte, r httperr.Refusal) []byte {
	body := struct {
		Error  string            `json:"error,omitempty"`
		Fields map[string]string `json:"fields,omitempty"`
		ID     string            `json:"correlation_id"`
	}{Fields: map[string]string{}, ID: r.CorrelationID}
	for _, f := range r.Faults {
		name, tag := f.Name, f.Code
		if f.Pointer != nil {
			name = path.Base(*f.Pointer)
		}
		if members[name] != "" {
			name = members[name]
		}
		if tags[f.Code] != "" {
			tag = tags[f.Code]
		}
		body.Fields[name] = tag
	}
	if len(body.Fields) == 0 {
		body.Error = r.Code
	}
	text, err := json.Marshal(body)
	if err != nil {
		return b
	}
	return append(b, text...)
}

// List is GET /tools.
type List struct {
	Offset int `query:"offset" default:"0" empty:"absent" validate:"gte=0"`
	Limit  int `query:"limit" default:"20" empty:"absent" validate:"gte=1,lte=100"`
}

// Add is POST /tools. "required" of the validator refuses "", so there is min=1 beside it.
type Add struct {
	Name string `json:"name" validate:"required,min=1,max=40"`
	Days int    `json:"days" validate:"required,gte=1,lte=30"`
}

// Change is PUT /tools/{id}: a member that is absent keeps the stored value.
type Change struct {
	Name *string `json:"name" validate:"omitempty,min=1,max=40"`
	Days *int    `json:"days" validate:"omitempty,gte=1,lte=30"`
}

// Created is a tool with the status 201.
type Created Tool

// StatusCode is 201.
func (*Created) StatusCode() int { return http.StatusCreated }

func (a *after) list(_ context.Context, in *List) (*[]Tool, error) {
	tools := a.store.list(in.Offset, in.Limit)
	return &tools, nil
}

func (a *after) add(ctx context.Context, in *Add) (*Created, error) {
	owner, _, err := object.Own(ctx)
	if err != nil {
		return nil, err
	}
	tool := Created(a.store.add(Tool{Owner: owner.Subject, Name: in.Name, Days: in.Days}))
	return &tool, nil
}

func (a *after) change(ctx context.Context, in *Change) (*Tool, error) {
	tool, _ := a.tools.From(ctx)
	if in.Name != nil {
		tool.Name = *in.Name
	}
	if in.Days != nil {
		tool.Days = *in.Days
	}
	a.store.put(tool)
	return &tool, nil
}
