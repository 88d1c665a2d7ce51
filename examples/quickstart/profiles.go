package main

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// Profile is the response to GET /v1/users/{id}. Each caller sees the name, the user itself
// and admins see the email, and only admins see the roles.
type Profile struct {
	ID    string   `json:"id" view:"public"`
	Name  string   `json:"name" view:"public"`
	Email string   `json:"email" view:"self,admin"`
	Roles []string `json:"roles" view:"admin"`
}

// UpdateProfile is PATCH /v1/users/{id}. An absent member does not change. Package view refuses
// a member that the caller may not set.
type UpdateProfile struct {
	Name  validate.Optional[string]   `json:"name" mod:"trim" validate:"min=1,max=100" write:"self,admin"`
	Roles validate.Optional[[]string] `json:"roles" validate:"max=5,dive,oneof=admin" write:"admin"`
}

// profiles shows users to each other.
type profiles struct {
	users *users
	guard *object.Guard[user, string]
	view  *view.View[Profile]
	input *view.Input[UpdateProfile]
}

func newProfiles(u *users) *profiles {
	admins := view.Config{Views: map[string]authz.Requirement{"admin": authz.AnyRole("admin")}}
	return &profiles{
		users: u,
		guard: must(object.New(object.Config[user, string]{
			Name:         "profile",
			Load:         u.bySubject,
			Owner:        func(u user) object.Owner { return object.Owner{Issuer: issuer, Subject: u.subject} },
			SingleTenant: true,
			OrRole:       []string{"admin"},
			OthersRead:   true,
		})),
		view:  must(view.New[Profile](admins)),
		input: must(view.NewInput[UpdateProfile](admins)),
	}
}

func (p *profiles) routes(l limits) []routes.Route {
	const each = "each caller may look up a name; the guard and the views decide about the rest"
	limit := []routes.Limit{l.data}
	return []routes.Route{
		{Pattern: "GET /v1/users/{id}", AnyCaller: each, Object: p.guard, Limits: limit,
			Handler: p.view.Handler(validate.Handler(p.get))},
		{Pattern: "PATCH /v1/users/{id}", AnyCaller: each, Object: p.guard, Limits: limit,
			Handler: p.input.Handler(p.view.Handler(validate.Handler(p.update)))},
	}
}

func (p *profiles) get(ctx context.Context, _ *struct{}) (*Profile, error) {
	u, ok := p.guard.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal // the route lacks the guard
	}
	return profileOf(u), nil
}

func (p *profiles) update(ctx context.Context, in *UpdateProfile) (*Profile, error) {
	u, ok := p.guard.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal
	}
	if in.Name.Null || in.Roles.Null {
		return nil, errNull
	}
	u, ok = p.users.update(u.email, in)
	if !ok {
		return nil, httperr.ErrNotFound
	}
	return profileOf(u), nil
}

var errNull = &httperr.Error{Status: http.StatusUnprocessableEntity, Code: "member_null", Message: "A user has a name and a list of roles."}

func profileOf(u user) *Profile {
	return &Profile{ID: u.subject, Name: u.name, Email: u.email, Roles: append([]string{}, u.roles...)}
}
